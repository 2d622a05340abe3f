package event

import "testing"

func TestSplunkCounts(t *testing.T) {
	tab := splunk()
	events, platforms := 0, map[string]int{}
	for name, d := range tab.sources {
		events += len(d.Events)
		platforms[d.Platform]++
		for _, e := range d.Events {
			if e.Provider == "" || e.ID == "" {
				t.Errorf("%s: incomplete event %+v", name, e)
			}
		}
	}
	if len(tab.sources) != 238 || events != 204 || len(tab.logs) != 14 {
		t.Errorf("got %d data sources, %d events, %d logs", len(tab.sources), events, len(tab.logs))
	}
	for platform, want := range map[string]int{"windows": 108, "linux": 9, "aws": 55, "azure": 20, "m365": 21, "google_workspace": 5, "": 16} {
		if platforms[platform] != want {
			t.Errorf("%d data sources of %q, want %d", platforms[platform], platform, want)
		}
	}
}

func TestForDataSource(t *testing.T) {
	tests := []struct{ name, platform, want string }{
		{"Sysmon EventID 1", "windows", "Sysmon 1"},
		{"sysmon eventid 29", "windows", "Sysmon 29"},
		{"Sysmon for Linux EventID 1", "linux", "Linux-Sysmon 1"},
		{"Sysmon for Linux EventID 3", "linux", "Linux-Sysmon 3"},
		{"Windows Event Log Security 4688", "windows", "Security-Auditing 4688"},
		{"Windows Event Log Security 5059", "windows", "Security-Auditing 5059"},
		{"Windows Security 4698", "windows", "Security-Auditing 4698"},
		{"Windows Event Log Security 1102", "windows", "Eventlog 1102"},
		{"Windows Event Log System 4720", "windows", "Security-Auditing 4720"},
		{"Windows Event Log System 104", "windows", "Eventlog 104"},
		{"Windows Event Log System 7045", "windows", "Service-Control-Manager 7045"},
		{"Windows Event Log System 7034", "windows", "Service-Control-Manager 7034"}, // not in the table
		{"Windows Event Log Defender 1121", "windows", "Windows-Defender 1121"},
		{"Windows Event Log Defender 1116", "windows", "Windows-Defender 1116"}, // not in the table
		{"Powershell Script Block Logging 4104", "windows", "PowerShell 4104"},
		{"NTLM Operational 8004,8005,8006", "windows", "NTLM 8004, NTLM 8005, NTLM 8006"},
		{"NTLM Operational 8001,8003", "not known", ""}, // the list is the name
		{"Windows Active Directory Admon", "windows", ""},
		{"CrowdStrike ProcessRollup2", "", "crowdstrike.fdr ProcessRollup2"},
		{"AWS CloudTrail PutKeyPolicy", "aws", "aws.cloudtrail PutKeyPolicy"},
		{"AWS CloudTrail NoSuchCall", "aws", "aws.cloudtrail NoSuchCall"},
		{"AWS CloudTrail", "aws", ""},
		{"O365 Update user.", "m365", "o365.audit Update user."},
		{"O365 Universal Audit Log", "m365", ""},
		{"Azure Active Directory Sign-in activity", "azure", "azure.signinlogs Sign-in activity"},
		{"Google Workspace login_failure", "google_workspace", "google_workspace.login login_failure"},
		{"Linux Auditd Service Stop", "linux", "auditd SERVICE_STOP"},
		{"Kubernetes Audit", "kubernetes", ""},
		{"Palo Alto Network Threat", "", ""},
		{"My own source", "not known", ""},
		{"", "not known", ""},
	}
	for _, tt := range tests {
		d, ok := ForDataSource(tt.name)
		if !ok {
			d.Platform = "not known"
		}
		if got := ids(d.Events); got != tt.want || d.Platform != tt.platform {
			t.Errorf("%s: got %q on %q, want %q on %q", tt.name, got, d.Platform, tt.want, tt.platform)
		}
	}
}
