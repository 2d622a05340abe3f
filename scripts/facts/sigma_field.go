package main

// addedSigmaFields are rows for names that the corpus has and the fact table
// lacks, most of them of rules that SigmaHQ itself keeps as unsupported: such
// a name is what it says, unless the same fact has a name already. Name,
// canonical name, context, transform, relation.
var addedSigmaFields = [][5]string{
	// Windows. The names with an underscore are those of Splunk's add-on.
	{"Source_Network_Address", "IpAddress", "product=windows", "none", "exact"},
	{"Logon_Type", "LogonType", "product=windows", "number", "exact"},
	{"FileName", "TargetFilename", "category=file_event", "none", "similar"},
	{"FileMagicBytes", "", "category=file_event", "none", "exact"},
	{"ParentOfParentImage", "", "category=process_creation", "none", "exact"},
	{"ParentIntegrityLevel", "", "category=process_creation", "none", "exact"},
	{"ImageName", "", "service=security-mitigations", "none", "exact"},
	{"StartType", "", "service=system", "none", "exact"},
	{"Address", "", "service=terminalservices-localsessionmanager", "none", "exact"},
	{"category", "", "service=sysmon", "none", "exact"},

	// Linux.
	{"cwd", "CurrentDirectory", "service=auditd", "none", "exact"},
	{"cmdline", "CommandLine", "service=auditd", "none", "similar"},
	{"pam_message", "", "service=auth", "none", "exact"},
	{"pam_rhost", "", "service=auth", "none", "exact"},
	{"pam_user", "", "service=auth", "none", "exact"},

	// The network.
	{"destination.port", "dst_port", "service=netflow", "none", "exact"},
	{"query_etld_plus_one", "", "category=dns", "none", "exact"},
	{"query_length", "", "category=dns", "none", "exact"},
	{"parent_domain", "", "category=dns", "none", "exact"},
	{"answer", "QueryResults", "product=dns", "none", "exact"},
	{"ttl", "", "product=dns", "none", "exact"},
	{"http.method", "cs-method", "product=zeek", "none", "exact"},
	{"http.bodyMagic", "", "product=zeek", "none", "exact"},
	{"mime_types", "", "product=zeek", "none", "exact"},
	{"filetype", "", "product=zeek", "none", "exact"},

	// Clouds, and log sources without a product.
	{"status", "", "service=cloudtrail", "none", "exact"},
	{"Payload", "", "service=threat_management", "none", "exact"},
	{"IPaddress", "SigninIp", "service=signinlogs", "none", "exact"},
	{"Count", "", "service=signinlogs", "none", "exact"},
	{"Date", "", "service=signinlogs", "none", "exact"},
	{"DeviceInfo", "", "service=signinlogs", "none", "exact"},
	{"action", "EventOutcome", "category=authentication", "success, failure", "exact"},
}
