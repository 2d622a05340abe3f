package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
)

// dataset is what the name of one of Elastic's data streams says about the
// events in it.
type dataset struct {
	name     string // "aws.cloudtrail"; "" where only the module is known
	module   string // the integration's, as event.module has it
	platform string // in Sigma's words for products; "" for any
	provider string // of Windows' events, in full
	category string // event.category of all its events
}

// Platforms that are operating systems, in the order in which they are listed.
const (
	windows = "windows"
	linux   = "linux"
	macos   = "macos"
)

func isOS(platform string) bool {
	return platform == windows || platform == linux || platform == macos
}

// Providers in the words of the events themselves, as the field table has them.
const (
	fullSecurity   = "Microsoft-Windows-Security-Auditing"
	fullSysmon     = "Microsoft-Windows-Sysmon"
	fullPowerShell = "Microsoft-Windows-PowerShell"
)

// modulePlatforms are the platforms of integrations whose data has only one.
// Microsoft 365 and Google Workspace are what Sigma calls them.
var modulePlatforms = map[string]string{
	"auditd": linux, "auditd_manager": linux, "aws": "aws", "aws_bedrock": "aws", "aws_bedrock_agentcore": "aws",
	"azure": "azure", "azure_openai": "azure", "cloud_defend": linux, "entityanalytics_entra_id": "azure", "gcp": "gcp",
	"github": "github", "google_workspace": "google_workspace", "jamf_protect": macos, "kubernetes": "kubernetes",
	"microsoft_exchange_online_message_trace": "m365", "o365": "m365", "okta": "okta", "sysmon_linux": linux,
}

// hostModules are the integrations whose events are those of an operating
// system, or of a sensor on one. A packet capture or a cloud service has
// events of the category "network" or "iam" as well.
var hostModules = []string{
	"auditd", "cloud_defend", "crowdstrike", "endgame", "endpoint", "jamf_protect", "m365_defender",
	"sentinel_one_cloud_funnel", "sysmon", "sysmon_linux", "system", "windows",
}

// onHost reports whether ctx leaves room for events of an operating system.
func onHost(ctx field.Context) bool {
	module := sole(ctx, keyModule)
	return module == "" || slices.Contains(hostModules, module)
}

// moduleNames are the modules whose name in event.module is not the first
// word of the data set.
var moduleNames = map[string]string{"auditd_manager": "auditd"}

// soleDatasets are the integrations that rules name without saying which of
// their data sets they mean, because there is only one.
var soleDatasets = map[string]string{"okta": "okta.system"}

// namedDataset returns what is known about a data set by its name.
func namedDataset(name string) dataset {
	name = strings.ToLower(name)
	module, rest, dotted := strings.Cut(name, ".")
	d := dataset{name: name, module: module, platform: modulePlatforms[module]}
	if !dotted {
		d.name = soleDatasets[module]
	}
	if other := moduleNames[module]; other != "" {
		d.module = other
	}
	switch name {
	case "system.security":
		d.platform, d.provider = windows, fullSecurity
	case "system.system", "system.application":
		d.platform = windows
	case "system.auth", "system.syslog":
		d.platform = linux
	case "windows.sysmon_operational", "windows.sysmon":
		d.platform, d.provider = windows, fullSysmon
	case "windows.powershell_operational":
		d.platform, d.provider = windows, fullPowerShell
	case "windows.powershell":
		d.platform, d.provider = windows, "PowerShell"
	case "windows.forwarded":
		d.platform = windows
	}
	if kind, ok := strings.CutPrefix(rest, "events."); ok && module == "endpoint" {
		switch kind {
		case "process", "file", "registry", "network", "library", "api":
			d.category = kind
		}
	}
	return d
}

// shippers are index patterns that hold the data of many integrations: they
// say which program sent the events, at most for which platform.
var shippers = map[string]string{
	"apm": "", "auditbeat": "", "endgame": "", "filebeat": "", "logs": "", "metrics": "", "packetbeat": "", "traces": "",
	"winlogbeat": windows, "windows": windows, "windows.forwarded": windows, "system": "", "endpoint": "", "endpoint.events": "",
}

// sensors are the index patterns of programs that see for themselves what
// happens on a host: their events are in no data set of another integration.
var sensors = []string{"endgame", "endpoint", "endpoint.events"}

// indexed is what the index patterns of a rule say together.
type indexed struct {
	datasets  []dataset // those that are named, each once
	platforms []string
	sources   []event.Source // of Windows' events
	anywhere  bool           // Windows' events of any source, too
	sensor    bool           // what a sensor reports, beside the data sets
}

// readIndex reads index patterns.
func readIndex(patterns []string) indexed {
	var x indexed
	any := false // data of any platform
	seen := make(map[dataset]bool, len(patterns))
	for _, pattern := range patterns {
		if strings.HasPrefix(pattern, "-") || strings.HasPrefix(pattern, ".") {
			continue // left out; or alerts, which are about other events
		}
		name := indexName(pattern)
		platform, general := shippers[name]
		x.sensor = x.sensor || slices.Contains(sensors, name)
		any = any || general && platform == "" && name != "endgame" && name != "system"
		if !general {
			d := namedDataset(name)
			if name == "windows.powershell" && strings.HasSuffix(pattern, "powershell*") {
				// Both channels; rules ask for what the operational one has.
				d = namedDataset("windows.powershell_operational")
			}
			if seen[d] {
				continue
			}
			seen[d] = true
			x.datasets = append(x.datasets, d)
			platform = d.platform
			x.addSource(d)
		}
		x.anywhere = x.anywhere || general && platform == windows
		if platform != "" && !slices.Contains(x.platforms, platform) {
			x.platforms = append(x.platforms, platform)
		}
	}
	if any {
		// Winlogbeat beside the other shippers is not a rule for Windows.
		x.platforms = slices.DeleteFunc(x.platforms, isOS)
	}
	return x
}

// indexName cuts an index pattern to the name of the data set or of the
// shipper: "remote:logs-aws.cloudtrail-*" is "aws.cloudtrail".
func indexName(pattern string) string {
	if _, rest, ok := strings.Cut(pattern, ":"); ok {
		pattern = rest
	}
	name := strings.ToLower(pattern)
	for _, prefix := range []string{"logs-", "metrics-", "traces-"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && !strings.HasPrefix(rest, "*") {
			name = rest
			break
		}
	}
	name, _, _ = strings.Cut(name, "-")
	return strings.TrimRight(name, ".*")
}

// addSource adds the channel that a data set of Windows' events is read from.
func (x *indexed) addSource(d dataset) {
	var s event.Source
	switch d.name {
	case "system.security":
		s = event.Source{Channel: "Security", Provider: "Security-Auditing"}
	case "system.system":
		s = event.Source{Channel: "System"}
	case "system.application":
		s = event.Source{Channel: "Application"}
	case "windows.sysmon_operational":
		s = event.Source{Channel: "Microsoft-Windows-Sysmon/Operational", Provider: "Sysmon"}
	case "windows.powershell_operational":
		s = event.Source{Channel: "Microsoft-Windows-PowerShell/Operational", Provider: "PowerShell"}
	case "windows.powershell":
		s = event.Source{Channel: "Windows PowerShell", Provider: "PowerShell"}
	default:
		return
	}
	x.sources = append(x.sources, s)
}

// reads reports whether a rule on the indexes may read an event of Windows.
// One that names no log of Windows reads what a sensor reports instead, which
// stands for the event that is nearest to it.
func (x *indexed) reads(e event.Event) bool {
	return x.anywhere || len(x.sources) == 0 || slices.ContainsFunc(x.sources, func(s event.Source) bool {
		return e.Provider == s.Provider || e.Channel != "" && strings.EqualFold(e.Channel, s.Channel)
	})
}

// facts returns what holds for every event of the indexes: all that is known
// of the data set where they name one, the module where they name several of it.
func (x *indexed) facts() field.Context {
	if len(x.datasets) == 0 {
		return nil
	}
	common := x.datasets[0]
	for _, d := range x.datasets[1:] {
		common = shared(common, d)
	}
	if x.sensor && common.module != "endpoint" {
		return nil
	}
	return common.facts(nil)
}

// shared returns what two data sets have in common.
func shared(a, b dataset) dataset {
	same := func(a, b string) string {
		if a == b {
			return a
		}
		return ""
	}
	return dataset{
		name: same(a.name, b.name), module: same(a.module, b.module), platform: same(a.platform, b.platform),
		provider: same(a.provider, b.provider), category: same(a.category, b.category),
	}
}

// facts appends what d says to ctx.
func (d dataset) facts(ctx field.Context) field.Context {
	for _, f := range []field.Fact{
		{Key: keyDataset, Value: d.name},
		{Key: keyModule, Value: d.module},
		{Key: keyPlatform, Value: d.platform},
		{Key: keyWriter, Value: d.provider},
		{Key: keyCategory, Value: d.category},
	} {
		if f.Value != "" {
			ctx = append(ctx, f)
		}
	}
	return ctx
}

// Keys of the contexts in the field table for Elastic.
const (
	keyCategory = "category"
	keyCode     = "code"
	keyDataset  = "dataset"
	keyModule   = "module"
	keyPlatform = "platform"
	keyWriter   = "provider"
)
