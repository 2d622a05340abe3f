package main

import (
	"slices"
	"strings"
)

// splunkFiles makes the table of Splunk's data sources: a row for each event of
// one, or one without an event, for what its name says about the platform.
func splunkFiles(facts string) ([]file, error) {
	t, err := readTable(facts, "splunk_events.tsv")
	if err != nil {
		return nil, err
	}
	rows, err := t.pick("data_source", "platform", "provider", "event_id_or_operation", "channel")
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, row := range rows {
		if strings.Contains(row[0], " AND ") {
			continue // rparse takes combinations apart
		}
		out = append(out, splunkRow(row))
	}
	slices.SortStableFunc(out, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return []file{{"pkg/event/data/splunk.tsv", format(slices.CompactFunc(out, slices.Equal))}}, nil
}

// splunkLog is a log whose data sources are called by its name and that of an
// operation.
type splunkLog struct {
	prefix, platform, provider string
}

// splunkLogs are the logs without event ids. Platforms and providers are
// called as for the other vendors: Sigma's products, Elastic's data sets.
var splunkLogs = []splunkLog{
	{"AWS CloudTrail", "aws", "aws.cloudtrail"},
	{"Azure Active Directory", "azure", "azure.auditlogs"},
	{"Azure Audit", "azure", "azure.activitylogs"},
	{"CrowdStrike", "", "crowdstrike.fdr"},
	{"G Suite", "google_workspace", ""}, // the rest is the name of a service
	{"Google Workspace login", "google_workspace", "google_workspace.login"},
	{"Google Workspace", "google_workspace", ""},
	{"GitHub", "github", ""},
	{"Kubernetes", "kubernetes", ""},
	{"Linux Auditd", "linux", "auditd"},
	{"O365 Universal Audit Log", "m365", ""},
	{"O365", "m365", "o365.audit"},
	{"Office 365", "m365", ""},
	{"Okta", "okta", ""},
}

func splunkRow(row []string) []string {
	name, platform, provider, id, channel := row[0], row[1], shortProvider(row[2]), row[3], row[4]
	if platform != "windows" && provider != "Linux-Sysmon" {
		i := slices.IndexFunc(splunkLogs, func(l splunkLog) bool { return strings.HasPrefix(name, l.prefix) })
		switch {
		case i >= 0:
			platform, provider = splunkLogs[i].platform, splunkLogs[i].provider
		case platform == "other" || platform == "crowdstrike" || platform == "google":
			platform = ""
		}
		switch provider {
		case "":
			id = ""
		case "auditd": // the type of the record, as the record has it
			id = strings.ToUpper(strings.ReplaceAll(id, " ", "_"))
		case "azure.auditlogs":
			if id == "Sign-in activity" {
				provider = "azure.signinlogs"
			}
		}
	}
	if provider == "" || id == "" {
		return []string{name, platform}
	}
	out := []string{name, platform, provider, id}
	if channel != "" {
		out = append(out, channel)
	}
	return out
}
