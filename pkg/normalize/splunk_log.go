package normalize

import (
	"strings"
	"sync"

	"github.com/rulepipe/rulepipe/pkg/event"
)

// splunkLog is a log that Splunk's searches read: what the values of source,
// sourcetype, eventtype and Channel, and the macros that stand for them, say.
type splunkLog struct {
	macro    string // by which the field table knows the log
	platform string // "" for any
	source   event.Source
	alike    []string // macros of logs that hold the same events
	provider string   // in which the log's operations are events, see actionLogs
	names    []string // values of source, sourcetype or eventtype; with "*" their beginning
}

// splunkLogs are the logs that the macros of security_content name. Windows'
// channels have no names here: sources and source types say them, behind
// "XmlWinEventLog:" or "WinEventLog:".
var splunkLogs = []splunkLog{
	{macro: "sysmon", platform: windows, source: event.Source{Channel: "Microsoft-Windows-Sysmon/Operational", Provider: "Sysmon"}},
	{macro: "sysmon", platform: linux, source: event.Source{Channel: linuxSysmon, Provider: "Linux-Sysmon"}, names: []string{"sysmon:linux"}},
	{macro: "wineventlog_security", platform: windows, source: event.Source{Channel: "Security", Provider: "Security-Auditing"}, names: []string{"wineventlog_security"}},
	{macro: "wineventlog_system", platform: windows, source: event.Source{Channel: "System"}, names: []string{"wineventlog_system"}},
	{macro: "wineventlog_application", platform: windows, source: event.Source{Channel: "Application"}, names: []string{"wineventlog_application"}},
	{macro: "powershell", platform: windows, source: event.Source{Channel: "Microsoft-Windows-PowerShell/Operational", Provider: "PowerShell"}},
	{macro: "ntlm_audit", platform: windows, source: event.Source{Channel: "Microsoft-Windows-NTLM/Operational", Provider: "NTLM"}},
	{macro: "ms_defender", platform: windows, source: event.Source{Channel: "Microsoft-Windows-Windows Defender/Operational", Provider: "Windows-Defender"}},
	{macro: "printservice", platform: windows, source: event.Source{Channel: "Microsoft-Windows-PrintService/Admin", Provider: "PrintService"}},
	{macro: "printservice", platform: windows, source: event.Source{Channel: "Microsoft-Windows-PrintService/Operational", Provider: "PrintService"}},
	{macro: "wmi", platform: windows, source: event.Source{Channel: "Microsoft-Windows-WMI-Activity/Operational", Provider: "WMI-Activity"}},
	{macro: "applocker", platform: windows, source: event.Source{Channel: "Microsoft-Windows-AppLocker/EXE and DLL", Provider: "AppLocker"}},
	{macro: "capi2_operational", platform: windows, source: event.Source{Channel: "Microsoft-Windows-CAPI2/Operational", Provider: "CAPI2"}},
	{macro: "certificateservices_lifecycle", platform: windows, source: event.Source{
		Channel: "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational", Provider: "CertificateServicesClient-Lifecycle-System",
	}},
	{macro: "remoteconnectionmanager", platform: windows, source: event.Source{
		Channel: "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", Provider: "TerminalServices-RemoteConnectionManager",
	}},
	{macro: "wineventlog_task_scheduler", platform: windows, source: event.Source{Channel: "Microsoft-Windows-TaskScheduler/Operational", Provider: "TaskScheduler"}},
	{macro: "iis_operational_logs", platform: windows, source: event.Source{Channel: "Microsoft-Windows-IIS-Configuration/Operational", Provider: "IIS-Configuration"}, names: []string{"iis:configuration:operational"}},
	{macro: "iis_get_webglobalmodule", platform: windows, names: []string{"pwsh:installediismodules"}},
	{macro: "bootloader_inventory", platform: windows, names: []string{"pwsh:bootloader"}},
	{macro: "driverinventory", platform: windows, names: []string{"pwsh:driverinventory"}},
	{macro: "subjectinterfacepackage", platform: windows, names: []string{"pwsh:subjectinterfacepackage"}},
	{macro: "msexchange_management", platform: windows, source: event.Source{Channel: "MSExchange Management", Provider: "MSExchange-CmdletLogs"}, names: []string{"msexchange:management"}},
	{macro: "exchange", platform: windows, names: []string{"mswindows:iis"}},
	{macro: "admon", platform: windows, names: []string{"activedirectory"}},

	{macro: "linux_auditd", platform: linux, provider: "auditd", names: []string{"linux:audit", "auditd"}},
	{macro: "linux_hosts", platform: linux, names: []string{"linux_secure", "syslog"}},

	{macro: "cloudtrail", platform: "aws", provider: "aws.cloudtrail", names: []string{"aws:cloudtrail", "aws_cloudtrail"}},
	{macro: "amazon_security_lake", platform: "aws", provider: "aws.cloudtrail", names: []string{"aws:cloudtrail:lake", "aws:asl"}},
	{macro: "aws_cloudwatchlogs_eks", alike: []string{"kube_audit", "cloudtrail"}, platform: "kubernetes", provider: "kubernetes.audit_logs", names: []string{"aws:cloudwatchlogs:eks"}},
	{macro: "cloudwatchlogs_vpcflow", platform: "aws", names: []string{"aws:cloudwatchlogs:vpcflow"}},
	{macro: "aws_s3_accesslogs", platform: "aws", names: []string{"aws:s3:accesslogs"}},
	{macro: "aws_securityhub_finding", platform: "aws", names: []string{"aws:securityhub:finding"}},
	{macro: "o365_management_activity", platform: "m365", provider: "o365.audit", names: []string{"o365:management:activity"}},
	{macro: "o365_graph", platform: "m365", names: []string{"o365:graph:api"}},
	{macro: "azure_monitor_aad", platform: "azure", provider: "azure.auditlogs", names: []string{"azure:monitor:aad"}},
	{macro: "azure_audit", platform: "azure", provider: "azure.activitylogs", names: []string{"mscs:azure:audit"}},
	{macro: "kubernetes_azure", alike: []string{"kube_audit"}, platform: "kubernetes", provider: "kubernetes.audit_logs", names: []string{"mscs:storage:blob:json"}},
	{macro: "kube_audit", platform: "kubernetes", provider: "kubernetes.audit_logs", names: []string{"kubernetes", "kube:audit"}},
	{macro: "kubernetes_metrics", platform: "kubernetes"},
	{macro: "kube_objects_events", platform: "kubernetes", names: []string{"kube:objects:events"}},
	{macro: "kube_container_falco", platform: "kubernetes", names: []string{"kube:container:falco"}},
	{macro: "kubernetes_container_controller", platform: "kubernetes", names: []string{"kube:container:controller"}},
	{macro: "google_gcp_pubsub_message", platform: "gcp", provider: "gcp.audit", names: []string{"google:gcp:pubsub:message"}},
	{macro: "gws_reports_login", platform: "google_workspace", provider: "google_workspace.login", names: []string{"gws:reports:login"}},
	{macro: "gws_reports_admin", platform: "google_workspace", provider: "google_workspace.admin", names: []string{"gws:reports:admin"}},
	{macro: "gsuite_gmail", platform: "google_workspace", names: []string{"gsuite:gmail:bigquery"}},
	{macro: "gsuite_drive", platform: "google_workspace", names: []string{"gsuite:drive:json"}},
	{macro: "gsuite_calendar", platform: "google_workspace", names: []string{"gsuite:calendar:json"}},
	{macro: "okta", platform: "okta", provider: "okta.system", names: []string{"oktaim2:log", "okta_log"}},
	{macro: "github", platform: "github", provider: "github.audit", names: []string{"github:*"}},

	{macro: "cisco_networks", names: []string{"cisco_ios", "cisco:ios"}},
	{macro: "crowdstrike_identities", names: []string{"crowdstrike:identities"}},
	{macro: "crowdstrike_stream", names: []string{"crowdstrike:event:streams:json"}},
	{macro: "nginx_access_logs", names: []string{"nginx:plus:*"}},
	{macro: "osquery_macro", names: []string{"osquery:results"}},
	{macro: "osquery_process", alike: []string{"osquery_macro"}, names: []string{"osquery-process"}},
	{macro: "pingid", names: []string{"pingid"}},
	{macro: "stream_dns", names: []string{"stream:dns"}},
	{macro: "stream_http", names: []string{"stream:http"}},
	{macro: "suricata", names: []string{"suricata"}},
	{macro: "zeek_rpc", names: []string{"zeek:rpc:json"}},
	{macro: "zscaler_proxy", names: []string{"zscalernss-web", "zscaler"}},
}

const linuxSysmon = "Linux-Sysmon/Operational"

// splunkIndex finds logs by what the searches say of them, in lower case.
type splunkIndex struct {
	byMacro, byChannel, byName map[string]*splunkLog
	prefixes                   []*splunkLog
}

var splunkIndexed = sync.OnceValue(func() *splunkIndex {
	x := &splunkIndex{make(map[string]*splunkLog), make(map[string]*splunkLog), make(map[string]*splunkLog), nil}
	for i := range splunkLogs {
		l := &splunkLogs[i]
		if x.byMacro[l.macro] == nil {
			x.byMacro[l.macro] = l
		}
		if l.source.Channel != "" {
			x.byChannel[strings.ToLower(l.source.Channel)] = l
		}
		for _, name := range l.names {
			if strings.HasSuffix(name, "*") {
				x.prefixes = append(x.prefixes, l)
				continue
			}
			x.byName[name] = l
		}
	}
	return x
})

// logNamed returns the log that a value of source, sourcetype or eventtype
// names, nil where it says nothing. The value may be the beginning of one.
func logNamed(value string) *splunkLog {
	value = strings.ToLower(strings.TrimRight(value, "*"))
	for _, prefix := range []string{"xmlwineventlog:", "wineventlog:", "syslog:"} {
		if channel, ok := strings.CutPrefix(value, prefix); ok && channel != "" {
			return logOfChannel(channel)
		}
	}
	x := splunkIndexed()
	if l := x.byName[value]; l != nil {
		return l
	}
	for _, l := range x.prefixes {
		for _, name := range l.names {
			if strings.HasPrefix(value, strings.TrimSuffix(name, "*")) {
				return l
			}
		}
	}
	if value == "xmlwineventlog" || value == "wineventlog" {
		return anyWindowsLog
	}
	return nil
}

// anyWindowsLog is what a source type without a channel says.
var anyWindowsLog = &splunkLog{platform: windows}

// logOfChannel returns the log of a channel of Windows, or of Sysmon on Linux.
func logOfChannel(channel string) *splunkLog {
	channel = strings.ToLower(channel)
	if l := splunkIndexed().byChannel[channel]; l != nil {
		return l
	}
	if strings.HasPrefix(channel, "microsoft-windows-applocker/") {
		return splunkIndexed().byMacro["applocker"]
	}
	return &splunkLog{platform: windows, source: event.Source{Channel: channel}}
}

// models are the data models by the object that the names of their fields
// begin with, in lower case.
var models = map[string]string{
	"alerts":           "Alerts.Alerts",
	"all_certificates": "Certificates.All_Certificates",
	"all_changes":      "Change.All_Changes",
	"all_email":        "Email.All_Email",
	"all_risk":         "Risk.All_Risk",
	"all_traffic":      "Network_Traffic.All_Traffic",
	"authentication":   "Authentication.Authentication",
	"dns":              "Network_Resolution.DNS",
	"filesystem":       "Endpoint.Filesystem",
	"ids_attacks":      "Intrusion_Detection.IDS_Attacks",
	"malware_attacks":  "Malware.Malware_Attacks",
	"ports":            "Endpoint.Ports",
	"processes":        "Endpoint.Processes",
	"registry":         "Endpoint.Registry",
	"services":         "Endpoint.Services",
	"web":              "Web.Web",
}

// modelOf returns the data model that a field's name says, "" for none.
func modelOf(name string) string {
	object, _, ok := strings.Cut(name, ".")
	if !ok {
		return ""
	}
	return models[strings.ToLower(object)]
}

// modelNamed returns the data model, with its object, that a search names: "Web"
// has one object only.
func modelNamed(source string) string {
	for _, model := range models {
		name, _, _ := strings.Cut(model, ".")
		if strings.EqualFold(source, model) || strings.EqualFold(source, name) && name != "Endpoint" {
			return model
		}
	}
	return ""
}

// modelOfBare returns the data model of the endpoint that alone has a field of
// the name. Searches lose the object of a name where they drop it by hand.
func modelOfBare(name string) string {
	switch {
	case strings.HasPrefix(name, "process"), strings.HasPrefix(name, "parent_process"), name == "original_file_name":
		return "Endpoint.Processes"
	case strings.HasPrefix(name, "registry_"):
		return "Endpoint.Registry"
	case name == "file_name", name == "file_path":
		return "Endpoint.Filesystem"
	}
	return ""
}
