package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// fieldVendors are the vendors whose rules rnorm reads. Each has a file of
// its own, so that a stream of one vendor's rules parses one table.
var fieldVendors = []string{"sigma", "ecs", "cim"}

// fieldFiles makes one table per vendor. "none", "exact" and "1" are written
// as nothing: nearly all rows have them.
func fieldFiles(facts string) ([]file, error) {
	t, err := readTable(facts, "fields.tsv")
	if err != nil {
		return nil, err
	}
	rows, err := t.pick("vendor", "vendor_field", "canonical", "context", "value_transform", "relation", "collapse")
	if err != nil {
		return nil, err
	}
	var files []file
	for _, vendor := range fieldVendors {
		var out [][]string
		for _, row := range slices.Concat(rows, addedFields, added("sigma", addedSigmaFields), added("cim", addedSplunkFields)) {
			if row[0] == vendor {
				out = append(out, fieldRow(corrected(row)))
			}
		}
		slices.SortStableFunc(out, bySpecificity)
		files = append(files, file{fmt.Sprintf("pkg/field/data/%s.tsv", vendor), format(out)})
	}
	return files, nil
}

// addedFields are rows that the fact table lacks, with the reason.
var addedFields = [][]string{
	// The security pipeline renames NewProcessName of 4688 to
	// process.executable; the table's row for the provider is about
	// ProcessName, which the events of other categories have.
	{"ecs", "process.executable", "Image", "code=4688", "none", "exact", "1"},
	{"ecs", "process.name", "Image", "code=4688", "basename", "narrower", "1"},
	{"ecs", "process.executable", "Image", "category=process;provider=" + securityAuditing, "none", "exact", "1"},
	{"ecs", "process.name", "Image", "category=process;provider=" + securityAuditing, "basename", "narrower", "1"},
	// process.name is made of whichever field process.executable is.
	{"ecs", "process.name", "ProcessName", "provider=" + securityAuditing, "basename", "narrower", "1"},
	// The path of a script is in file.path, its name in file.name.
	{"ecs", "file.name", "Path", "provider=Microsoft-Windows-PowerShell", "basename", "narrower", "1"},
	// The pipeline makes it of RelativeTargetName.
	{"ecs", "file.name", "RelativeTargetName", "code=5145", "basename", "narrower", "1"},
	{"ecs", "process.name", "Application", "code=5152,5154,5155,5156,5157,5158,5159", "basename", "narrower", "1"},
	// The rules look for system:node: and the like under both names.
	{"ecs", "user.name", "k8sUsername", "dataset=kubernetes.audit_logs", "none", "exact", "1"},
	// The pipelines make it of the operation, as for the logs in the table.
	{"ecs", "event.action", "OperationName", "dataset=azure.signinlogs,azure.identity_protection", "none", "exact", "1"},
	{"ecs", "event.action", "verb", "dataset=kubernetes.audit_logs", "none", "exact", "1"},
	// The table has the list of these, without its members.
	{"ecs", "gcp.audit.service_data.policy_delta.binding_deltas.action", "data.protoPayload.serviceData.policyDelta.bindingDeltas.action", "", "none", "exact", "1"},
	{"ecs", "gcp.audit.service_data.policy_delta.binding_deltas.member", "data.protoPayload.serviceData.policyDelta.bindingDeltas.member", "", "none", "exact", "1"},
	{"ecs", "gcp.audit.service_data.policy_delta.binding_deltas.role", "data.protoPayload.serviceData.policyDelta.bindingDeltas.role", "", "none", "exact", "1"},
}

// added returns rows of one vendor in the form of the fact table. A row
// without a canonical name keeps the vendor's.
func added(vendor string, rows [][5]string) [][]string {
	var out [][]string
	for _, row := range rows {
		out = append(out, []string{vendor, row[0], cmp.Or(row[1], row[0]), row[2], row[3], row[4], "1"})
	}
	return out
}

const securityAuditing = "Microsoft-Windows-Security-Auditing"

var realIDs = []string{"process.real_user.id", "process.real_group.id", "user.Ext.real.id", "group.Ext.real.id"}

// corrected changes rows that say something wrong.
func corrected(row []string) []string {
	row = slices.Clone(row)
	switch {
	case row[0] == "ecs" && strings.HasPrefix(row[1], "dll.pe.") && row[3] == "category=library":
		// All fields of dll.pe are those of a library that was loaded, whatever
		// the category of the event: "process" for Sysmon, "driver" for a driver.
		row[3] = ""
	case strings.HasSuffix(row[1], ".*") && (row[2] == "requestParameters" || row[2] == "responseElements"):
		// Without the name of the member "eq false" says nothing.
		row[2], row[4], row[5] = row[2]+".*", "none", "exact"
	case strings.HasPrefix(row[2], "flattened."):
		// How Elastic stores a member is not a part of its name.
		row[2] = strings.TrimPrefix(row[2], "flattened.")
	case row[0] == "sigma" && row[1] == "SourceName" && row[3] == "service=windefend":
		// The source of a detection ("AMSI"), not who wrote the event.
		row[2], row[5] = "SourceName", "exact"
	case row[0] == "sigma" && row[1] == "ClientApp":
		// The rules look for IMAP and the like.
		row[2] = "ClientAppUsed"
	case row[0] == "sigma" && row[1] == "NetworkLocationDetails":
		// Named networks of the tenant, not countries.
		row[2], row[5] = row[1], "exact"
	case row[0] == "ecs" && row[1] == "message" && row[2] == "Message":
		// Text that Elasticsearch cuts into words: KQL finds a phrase in it.
		row[4] = "analysed text field: case-insensitive, token match"
	case row[0] == "ecs" && row[2] == "a0" && row[1] == "process.args":
		// All arguments, not the first one of the system call.
		row[6] = "0"
	case slices.Contains(realIDs, row[1]):
		// Rules compare the real id with the effective one.
		row[6] = "0"
	case row[0] == "ecs" && row[2] == "Application" && row[3] == "code=5156,5157":
		// All events of the filtering platform on a connection or port have it.
		row[3] = "code=5152,5154,5155,5156,5157,5158,5159"
	case row[0] == "sigma" && row[1] == "userAgent" && row[2] == "c-useragent":
		// The other vendors' rows of the audit log of Kubernetes have its own name.
		row[2] = "k8sUserAgent"
	case row[1] == "google_workspace.drive.file.type":
		row[2] = "gwsDocType" // made of doc_type
	case row[1] == "google_workspace.drive.owner_is_team_drive":
		row[2] = "gwsOwnerIsTeamDrive"
	case row[1] == "o365.audit.LogonType":
		// Who opened an Exchange mailbox: owner, administrator or delegate. The
		// numbers of Windows' LogonType mean something else.
		row[2] = "LogonType365"
	}
	return row
}

// bySpecificity brings the rows of one name together, those with the longest
// context first and those that fold before those for information, so that the
// first row that holds is the one that wins.
func bySpecificity(a, b []string) int {
	return cmp.Or(
		cmp.Compare(strings.ToLower(a[0]), strings.ToLower(b[0])),
		cmp.Compare(conditions(b), conditions(a)),
		cmp.Compare(rank(context(a)), rank(context(b))),
		cmp.Compare(len(context(b)), len(context(a))),
		cmp.Compare(len(a)/6, len(b)/6), // only rows that do not fold have the last cell
	)
}

// rank orders contexts of one length of conditions: an event id says more than
// its provider, whatever the number of letters.
func rank(context string) int {
	key, _, _ := strings.Cut(context, "=")
	i := slices.Index([]string{"code", "id", "provider", "dataset", "module"}, key)
	if i < 0 {
		return 5
	}
	return i
}

func context(row []string) string {
	if len(row) < 3 {
		return ""
	}
	return row[2]
}

func conditions(row []string) int { return strings.Count(context(row), "=") }

func fieldRow(row []string) []string {
	name, canonical := row[1], row[2]
	if canonical == name {
		canonical = ""
	}
	out := []string{
		name, canonical, row[3], strings.TrimPrefix(row[4], "none"),
		strings.TrimPrefix(row[5], "exact"), strings.TrimPrefix(row[6], "1"),
	}
	for len(out) > 1 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}
