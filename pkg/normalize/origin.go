package normalize

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// origin is what a rule's log source says about its fields and events.
type origin struct {
	product   string
	platforms []string
	context   field.Context  // in the words of the field table
	sources   []event.Source // where its events come from
	events    []record.Event // the events that it stands for by itself
	log       actionLog      // where events are told apart by a name

	// of Splunk
	splunk bool
	macro  string // the first of the search, which mostly names its log

	// of Elastic
	elastic       bool
	index         indexed
	tagged        bool   // the rule says which operating systems it is for; of Splunk as well
	categoryField string // that EQL's category stands for, "" event.category
}

// maxOrigins bounds the memory of origins: the public rules have 143, a stream
// made to fill the memory may have any number.
const maxOrigins = 4 << 10

// origin returns the origin of a rule.
func (n *Normalizer) origin(s *record.Subject) *origin {
	if s.Vendor == vendorElastic {
		return n.elasticOrigin(s)
	}
	if s.Vendor == vendorSplunk {
		return n.splunkOrigin(s)
	}
	key := [4]string{s.Vendor}
	if ls := s.Logsource; ls != nil {
		key = [4]string{s.Vendor, ls.Product, ls.Category, ls.Service}
	}
	o, ok := n.origins[key]
	if ok {
		return o
	}
	if len(n.origins) >= maxOrigins {
		clear(n.origins)
	}
	for i := range key {
		key[i] = strings.Clone(key[i]) // the strings of s go with its line
	}
	o = newOrigin(n.walker.tables.Events, key[0], key[1], key[2], key[3])
	n.origins[key] = o
	return o
}

func newOrigin(c *event.Catalog, vendor, product, category, service string) *origin {
	o := &origin{product: product}
	add := func(key, value string) {
		if value != "" {
			o.context = append(o.context, field.Fact{Key: key, Value: value})
		}
	}
	add("product", product)
	add("platform", product)
	add("category", category)
	add("service", service)
	if product != "" {
		// The product in the log source's words ("windows", "aws", "okta"):
		// a rule for any product has no platform.
		o.platforms = []string{strings.ToLower(product)}
	}
	if strings.HasPrefix(strings.ToLower(service), "google_workspace.") {
		o.platforms = []string{"google_workspace"} // which is not Google Cloud
	}
	if vendor != vendorSigma {
		return o
	}
	o.log = actionLogOf(product, service)
	o.sources = c.ForSigma(product, category, service)
	for _, s := range o.sources {
		for _, id := range s.IDs {
			o.events = append(o.events, records(c.Resolve(s, id), viaLogsource)...)
		}
	}
	return o
}

// actionLog is a log whose events have a name instead of a number.
type actionLog struct {
	product, service string
	field            string // canonical field that holds the name
	provider         string // as in the catalog: the data set's name, where Elastic has one
}

// actionLogs are the logs that Sigma rules name events of.
var actionLogs = []actionLog{
	{"aws", "cloudtrail", "eventName", "aws.cloudtrail"},
	{"azure", "auditlogs", "OperationName", "azure.auditlogs"},
	{"azure", "activitylogs", "OperationName", "azure.activitylogs"},
	{"azure", "riskdetection", "RiskEventType", "azure.identity_protection"},
	{"azure", "pim", "RiskEventType", "azure.pim"},
	{"gcp", "gcp.audit", "methodName", "gcp.audit"},
	{"gcp", "google_workspace.admin", "gwsEventName", "google_workspace.admin"},
	{"gcp", "google_workspace.login", "gwsEventName", "google_workspace.login"},
	{"m365", "audit", "Operation365", "o365.audit"},
	{"m365", "exchange", "Operation365", "o365.audit"},
	{"m365", "threat_management", "Operation365", "m365.threat_management"},
	{"m365", "threat_detection", "Operation365", "m365.threat_detection"},
	{"okta", "okta", "oktaEventType", "okta.system"},
	{"onelogin", "onelogin.events", "oneloginEventType", "onelogin.events"},
	{"github", "audit", "githubAction", "github.audit"},
	{"bitbucket", "audit", "auditType.action", "bitbucket.audit"},
	{"kubernetes", "audit", "verb", "kubernetes.audit_logs"},
	{"opencanary", "", "logtype", "opencanary"},
	{"cisco", "duo", "duoEventType", "cisco.duo"},
	{"linux", "auditd", "type", "auditd"},
}

func actionLogOf(product, service string) actionLog {
	for _, l := range actionLogs {
		if strings.EqualFold(l.product, product) && strings.EqualFold(l.service, service) {
			return l
		}
	}
	return actionLog{}
}
