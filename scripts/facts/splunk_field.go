package main

// addedSplunkFields are rows for names that the corpus has and the fact table
// lacks: those of data models, of lists ("a{}.b") and of logs whose other
// names are in the table. Name, canonical name, context, transform, relation.
var addedSplunkFields = [][5]string{
	// Members of a data model that the other objects of it have as well.
	{"DNS.src_category", "AssetCategory", "datamodel=Network_Resolution.DNS", "none", "similar"},
	{"DNS.dest_category", "AssetCategory", "datamodel=Network_Resolution.DNS", "none", "similar"},
	{"DNS.src", "SourceIp", "datamodel=Network_Resolution.DNS", "ip or host name", "similar"},
	{"DNS.dest", "DestinationIp", "datamodel=Network_Resolution.DNS", "ip or host name", "similar"},
	{"DNS.dest_port", "DestinationPort", "datamodel=Network_Resolution.DNS", "number", "exact"},
	{"All_Changes.Instance_Changes.image_id", "CloudImageId", "datamodel=Change.All_Changes", "none", "exact"},
	{"All_Changes.Instance_Changes.instance_type", "CloudInstanceType", "datamodel=Change.All_Changes", "none", "exact"},
	{"All_Changes.src_priority", "AssetPriority", "datamodel=Change.All_Changes", "none", "similar"},
	{"All_Certificates.SSL.ssl_issuer_email_domain", "certificate.issuer.emailDomain", "", "none", "exact"},
	{"All_Sessions.dest_mac", "DestinationMac", "", "none", "exact"},
	{"All_UEBA_Events.UEBA_Anomalies.uba_model", "UbaModel", "", "none", "exact"},
	{"Updates.status", "UpdateStatus", "", "none", "exact"},
	{"Updates.vendor_product", "UpdateVendorProduct", "", "none", "exact"},
	{"Vulnerabilities.cve", "VulnerabilityId", "", "none", "exact"},
	{"app", "AlertApp", "datamodel=Alerts.Alerts;after=drop_dm_object_name", "none", "exact"},
	{"name", "AlertName", "datamodel=Alerts.Alerts;after=drop_dm_object_name", "none", "exact"},

	// Kubernetes as the other clouds send its audit log.
	{"category", "kubernetesLogCategory", "macro=kubernetes_azure", "none", "exact"},
	{"annotations.authorization.k8s.io/reason", "k8sReason", "macro=kube_audit", "none", "exact"},
	{"data.labels.authorization.k8s.io/decision", "k8sDecision", "macro=google_gcp_pubsub_message", "none", "exact"},
	{"data.labels.authorization.k8s.io/reason", "k8sReason", "macro=google_gcp_pubsub_message", "none", "exact"},
	{"requestObject.message", "requestObject.message", "macro=kube_audit", "none", "exact"},
	{"object.message", "object.message", "macro=kube_objects_events", "none", "exact"},
	{"requestObject.metadata.annotations.kubectl.kubernetes.io/last-applied-configuration", "k8sLastAppliedConfiguration", "macro=kube_audit", "none", "exact"},
	{"responseStatus.status", "responseStatus.status", "macro=kube_audit", "none", "exact"},
	{"process.executable.name", "Image", "macro=kubernetes_metrics", "basename", "narrower"},

	// Google's clouds.
	{"data.protoPayload.authorizationInfo{}.permission", "gcpPermission", "macro=google_gcp_pubsub_message", "none", "exact"},
	{"data.protoPayload.authorizationInfo{}.granted", "gcpGranted", "macro=google_gcp_pubsub_message", "boolean", "exact"},
	{"data.protoPayload.requestMetadata.callerSuppliedUserAgent", "gcpUserAgent", "macro=google_gcp_pubsub_message", "none", "exact"},
	{"data.protoPayload.status.message", "gcpStatusMessage", "macro=google_gcp_pubsub_message", "none", "exact"},
	{"data.protoPayload.*", "", "macro=google_gcp_pubsub_message", "none", "exact"},
	{"event.parameters{}.multiValue{}", "gwsParameters.multiValue", "macro=gws_reports_login,gws_reports_admin", "none", "exact"},
	{"event.parameters{}.name", "gwsParameters.name", "macro=gws_reports_login,gws_reports_admin", "none", "exact"},
	{"command", "gwsEventName", "macro=gws_reports_admin", "none", "exact"},
	{"parameters.doc_title", "gwsDocTitle", "macro=gsuite_drive", "none", "exact"},
	{"parameters.doc_type", "gwsDocType", "macro=gsuite_drive", "none", "exact"},
	{"parameters.owner_is_team_drive", "gwsOwnerIsTeamDrive", "macro=gsuite_drive", "boolean", "exact"},
	{"target_user", "gwsTargetUser", "macro=gsuite_drive", "none", "exact"},
	{"name", "gwsEventName", "macro=gsuite_drive", "none", "exact"},
	{"email", "gwsActor", "macro=gsuite_calendar", "none", "exact"},
	{"target_calendar_id", "gwsTargetCalendar", "macro=gsuite_calendar", "none", "exact"},
	{"attachment{}.file_extension_type", "EmailAttachmentExtension", "macro=gsuite_gmail", "none", "exact"},
	{"link_domain{}", "EmailLinkDomain", "macro=gsuite_gmail", "none", "exact"},
	{"num_message_attachments", "EmailAttachmentCount", "macro=gsuite_gmail", "number", "exact"},

	// Microsoft's clouds.
	{"properties.authenticationProtocol", "AuthenticationProtocol", "macro=azure_monitor_aad", "none", "exact"},
	{"properties.operationType", "AuditOperationType", "macro=azure_monitor_aad", "none", "exact"},
	{"initiatedBy.user.userPrincipalName", "InitiatedBy.user.userPrincipalName", "macro=azure_monitor_aad", "none", "exact"},
	{"targetResources{}.type", "TargetResources.type", "macro=azure_monitor_aad", "none", "exact"},
	{"object", "ActivityResource", "macro=azure_audit", "none", "exact"},
	{"Category", "AlertCategory365", "macro=o365_management_activity", "none", "exact"},
	{"ForwardingAddress", "Parameters.ForwardingAddress", "macro=o365_management_activity", "none", "exact"},
	{"ForwardingSmtpAddress", "Parameters.ForwardingSmtpAddress", "macro=o365_management_activity", "none", "exact"},
	{"Role", "Parameters.Role", "macro=o365_management_activity", "none", "exact"},
	{"Item.ParentFolder.MemberRights", "Item.ParentFolder.MemberRights", "macro=o365_management_activity", "none", "exact"},
	{"Item.ParentFolder.MemberUpn", "Item.ParentFolder.MemberUpn", "macro=o365_management_activity", "none", "exact"},
	{"RescanVerdict", "RescanVerdict", "macro=o365_management_activity", "none", "exact"},
	{"Target{}.ID", "Target.ID", "macro=o365_management_activity", "none", "exact"},
	{"UserAuthenticationMethod", "UserAuthenticationMethod", "macro=o365_management_activity", "number", "exact"},
	{"{}.RequiredAppPermissions{}.EntitlementId", "RequiredAppPermissions.EntitlementId", "macro=o365_management_activity,azure_monitor_aad", "none", "exact"},
	{"{}.ResourceAppId", "RequiredResourceAccess.ResourceAppId", "macro=o365_management_activity,azure_monitor_aad", "none", "exact"},

	// AWS.
	{"userIdentity.sessionContext.attributes.mfaAuthenticated", "userIdentity.sessionContext.attributes.mfaAuthenticated", "macro=cloudtrail", "boolean", "exact"},
	{"identity.user.name", "userIdentity.userName", "macro=amazon_security_lake", "none", "exact"},
	{"responseElements.*", "responseElements", "macro=amazon_security_lake", "none", "narrower"},
	{"requestParameters{}.*", "requestParameters", "macro=cloudtrail", "none", "narrower"},
	{"event_name", "eventName", "macro=aws_cloudwatchlogs_eks,cloudtrail", "none", "exact"},
	{"action", "eventName", "macro=aws_cloudwatchlogs_eks", "none", "similar"},
	{"user", "userIdentity.userName", "macro=cloudtrail", "none", "similar"},
	{"severity", "FindingSeverity", "macro=cloudtrail,aws_securityhub_finding", "none", "exact"},
	{"findings{}.Resources{}.Type", "FindingResourceType", "macro=aws_securityhub_finding", "none", "exact"},
	{"Resources{}.Type", "FindingResourceType", "macro=aws_securityhub_finding", "none", "exact"},
	{"action", "FirewallAction", "macro=cloudwatchlogs_vpcflow", "none", "exact"},
	{"bucket_name", "requestParameters", "macro=aws_s3_accesslogs", "none", "narrower"},
	{"http_status", "sc-status", "macro=aws_s3_accesslogs", "number", "exact"},
	{"remote_ip", "sourceIPAddress", "macro=aws_s3_accesslogs", "none", "exact"},

	// GitHub.
	{"alert.id", "githubAlertId", "macro=github", "none", "exact"},
	{"check_suite.*", "", "macro=github", "none", "exact"},
	{"workflow_run.*", "", "macro=github", "none", "exact"},

	// Okta, PingID, CrowdStrike.
	{"src_user_type", "actor.type", "macro=okta", "none", "exact"},
	{"target{}.detailEntry.methodTypeUsed", "target.detailEntry.methodTypeUsed", "macro=okta", "none", "exact"},
	{"result.message", "pingResultMessage", "macro=pingid", "none", "exact"},
	{"resources{}.ipaddress", "pingResourceIp", "macro=pingid", "none", "exact"},
	{"event.UserName", "User", "macro=crowdstrike_stream", "account name without domain", "similar"},
	{"event.SeverityName", "AlertSeverity", "macro=crowdstrike_stream", "none", "exact"},
	{"event.IncidentType", "csIncidentType", "macro=crowdstrike_stream", "number", "exact"},
	{"riskFactors{}.type", "csRiskType", "macro=crowdstrike_identities", "none", "exact"},
	{"riskScoreSeverity", "csRiskSeverity", "macro=crowdstrike_identities", "none", "exact"},

	// Proxies, sensors and devices.
	{"threatclass", "ThreatClassProxy", "macro=zscaler_proxy", "none", "exact"},
	{"threatcategory", "ThreatCategoryProxy", "macro=zscaler_proxy", "none", "exact"},
	{"http_content_type", "cs-content-type", "macro=stream_http", "none", "exact"},
	{"query_type{}", "QueryType", "macro=stream_dns", "none", "exact"},
	{"protocol_stack", "NetworkProtocolStack", "macro=stream_dns", "none", "exact"},
	{"disable_cause", "CiscoDisableCause", "macro=cisco_networks", "none", "exact"},
	{"columns.path", "TargetFilename", "macro=osquery_macro", "none", "similar"},
	{"name", "osqueryName", "macro=osquery_macro", "none", "exact"},
	{"IP", "src_ip", "macro=ivanti_vtm_audit", "none", "exact"},
	{"MODGROUP", "ivantiModGroup", "macro=ivanti_vtm_audit", "none", "exact"},
	{"OPERATION", "ivantiOperation", "macro=ivanti_vtm_audit", "none", "exact"},
	{"loginType", "papercutLoginType", "macro=papercutng", "none", "exact"},
	{"userName", "papercutUserName", "macro=papercutng", "none", "exact"},

	// Windows.
	{"process_name", "ProcessName", "macro=wineventlog_security", "basename", "narrower"},
	{"process_path", "ProcessName", "macro=wineventlog_security", "none", "exact"},
	{"AccountName", "TargetUserName", "macro=wineventlog_security;id=4624,4625", "none", "exact"},
	{"MSADChangedAttributes", "ADAttributes", "macro=wineventlog_security", "none", "exact"},
	{"Hidden", "TaskContent", "macro=wineventlog_security", "Settings/Hidden of the task XML", "narrower"},
	{"versionNumber", "AdmonVersionNumber", "macro=admon", "none", "exact"},
	{"Dll", "SipDll", "macro=subjectinterfacepackage", "none", "exact"},
	{"user_type", "ChangeUserType", "macro=wineventlog_security", "none", "similar"},
}

// splunkFields are the rows of addedSplunkFields as those of the fact table.
func splunkFields() [][]string {
	var out [][]string
	for _, row := range addedSplunkFields {
		canonical := row[1]
		if canonical == "" {
			canonical = row[0]
		}
		out = append(out, []string{"cim", row[0], canonical, row[2], row[3], row[4], "1"})
	}
	return out
}
