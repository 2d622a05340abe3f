package spl

import "strings"

// class says what a command is for this package.
type class uint8

const (
	unknown   class = iota
	searches        // search language behind it
	wheres          // expression language behind it
	filters         // regex
	evals           // makes columns by expressions
	measures        // tstats, mstats, mcatalog
	sources         // generates rows
	aggregate       // replaces all columns
	extends         // adds aggregates to the rows
	renames         //
	extracts        // adds or changes columns
	combines        // has subsearches
	passes          // neither conditions nor columns that matter
)

// classOf knows the commands of Splunk's search reference and of the apps that
// detections use. What is not here could filter, and is opaque; so are pivot and
// delete.
func classOf(name string) class {
	switch name {
	case "metasearch", "search":
		return searches
	case "where":
		return wheres
	case "regex":
		return filters
	case "eval":
		return evals
	case "mcatalog", "mpreview", "msearch", "mstats", "tstats":
		return measures
	case "audit", "datamodel", "dbinspect", "dbxquery", "eventcount", "from", "gentimes", "history", "inputcsv", "inputintelligence",
		"inputlookup", "datamodelsimple", "ldapsearch", "loadjob", "makeresults", "metadata", "rest", "savedsearch", "summary", "typeahead", "walklex":
		return sources
	case "anomalies", "associate", "chart", "contingency", "correlate", "fieldsummary", "geostats", "rare", "sichart", "sirare", "sistats",
		"sitimechart", "sitop", "stats", "timechart", "top", "transpose", "tscollect", "untable", "xyseries":
		return aggregate
	case "eventstats", "streamstats":
		return extends
	case "rename":
		return renames
	case "accum", "addinfo", "addtotals", "af", "analyzefields", "anomalousvalue", "anomalydetection", "apply", "arules", "autoregress",
		"base64", "bin", "bucket", "cluster", "cofilter", "concurrency", "convert", "ctable", "cyberchef", "delta", "discretize", "erex",
		"expandtoken", "extract", "fieldformat", "filldown", "fillnull", "findtypes", "fit", "foreach", "fromjson", "gauge", "geom",
		"iconify", "iplocation", "jellyfisher", "kmeans", "kv", "kvform", "ldapfetch", "ldapfilter", "ldapgroup", "localize", "lookup", "makecontinuous", "makemv", "multikv", "mvcombine",
		"mvexpand", "mvrex", "nomv", "outlier", "predict", "rangemap", "reltime", "replace", "rex", "rtorder", "sample", "score",
		"searchtxn", "selfjoin", "spath", "strcat", "tags", "timewrap", "tojson", "transaction", "trendline", "typelearner", "typer",
		"urldecode", "ut_parse_extended", "ut_shannon", "x11", "xmlkv", "xmlunescape", "xpath":
		return extracts
	case "append", "appendcols", "appendpipe", "join", "map", "multisearch", "set", "union":
		return combines
	case "abstract", "addcoltotals", "bucketdir", "cefout", "collect", "createrss", "dedup", "deletemodel", "diff", "dump", "entitymerge", "fields", "folderize",
		"format", "head", "highlight", "internalinputs", "journal", "listmodels", "localop", "mcollect", "meventcollect", "nokv", "noop",
		"outputcsv", "outputlookup", "outputtelemetry", "outputtext", "overlap", "redistribute", "relevancy", "require", "return",
		"reverse", "run", "script", "scrub", "sendalert", "sendemail", "setfields", "sort", "summaryindex", "table", "tail", "uniq":
		return passes
	}
	return unknown
}

// isStarter reports whether a search may begin with a command although the pipe
// in front of it is missing.
func isStarter(word string) bool {
	switch word {
	case "search", "tstats", "mstats", "inputlookup", "multisearch", "makeresults":
		return true
	}
	return false
}

// isTimeModifier reports whether a name in a search says which time range to
// read: these are no fields.
func isTimeModifier(name string) bool {
	switch strings.ToLower(name) {
	case "earliest", "latest", "_index_earliest", "_index_latest", "timeformat",
		"starttime", "endtime", "starttimeu", "endtimeu", "searchtimespanhours", "searchtimespanminutes", "searchtimespandays", "searchtimespanmonths",
		"startdaysago", "startminutesago", "starthoursago", "startmonthsago", "startsecondsago",
		"enddaysago", "endminutesago", "endhoursago", "endmonthsago", "endsecondsago",
		"daysago", "minutesago", "hoursago", "monthsago", "secondsago":
		return true
	}
	return false
}
