package spl

import (
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// show writes the parts in one line: name@source{where} having{...} by[...].
func show(r Rule) string {
	var out []string
	for _, p := range r.Parts {
		s := p.Name
		if p.Source != "" {
			s += "@" + p.Source
		}
		s += "{" + showTree(p.Where) + "}"
		if p.Having != nil {
			s += " having{" + showTree(p.Having) + "}"
		}
		if len(p.By) > 0 {
			s += " by[" + strings.Join(p.By, " ") + "]"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func showTree(x *record.Expr) string {
	if x == nil {
		return ""
	}
	return querytest.Show(*x)
}

// testMacros are those that the searches of the tests use.
func testMacros() Macros {
	m := Macros{}
	m.Add(
		Macro{Name: "either", Definition: "x=1 OR y=2"},
		Macro{Name: "names", Definition: "a.exe, b.exe,*c*"},
		Macro{Name: "pair(2)", Args: []string{"field", "value"}, Definition: `"$field$"="$value$"`},
		Macro{Name: "stages", Definition: "lookup l f OUTPUT g | search g=1"},
		Macro{Name: "outer", Definition: "`either` ```with a comment```"},
		Macro{Name: "loop", Definition: "foo `loop`"},
		Macro{Name: "ping", Definition: "`pong`"},
		Macro{Name: "pong", Definition: "`ping`"},
		Macro{Name: "broken", Definition: "where a=("},
		Macro{Name: "joined(1)", Args: []string{"i"}, Definition: `"index=" . "$i$"`, IsEval: true},
		Macro{Name: "computed", Definition: `if(1=1, "a=1", "")`, IsEval: true},
	)
	return m
}

func TestRead(t *testing.T) {
	tests := []struct{ search, want string }{
		// Precedence and brackets of the search language.
		{``, `{}`},
		{`*`, `{}`},
		{`| search *`, `{}`},
		{`a=1`, `{a eq [1]}`},
		{`a=1 b=2`, `{(a eq [1] & b eq [2])}`},
		{`a=1 OR b=2 c=3`, `{((a eq [1] | b eq [2]) & c eq [3])}`},
		{`a=1 OR b=2 AND c=3 OR d=4`, `{((a eq [1] | b eq [2]) & (c eq [3] | d eq [4]))}`},
		{`(a=1 AND b=2) OR c=3`, `{((a eq [1] & b eq [2]) | c eq [3])}`},
		{`NOT a=1 b=2`, `{(!a eq [1] & b eq [2])}`},
		{`NOT (a=1 b=2) OR c=3`, `{(!(a eq [1] & b eq [2]) | c eq [3])}`},
		{`NOT NOT a=1`, `{a eq [1]}`},
		{`((a=1)) (NOT (b=2))`, `{(a eq [1] & !b eq [2])}`},
		{`a=1 or b=2 and not c=3`, `{(a eq [1] & keyword [or] & b eq [2] & keyword [and] & keyword [not] & c eq [3])}`},
		{`a=1 () b=2, c=3`, `{(a eq [1] & b eq [2] & c eq [3])}`},

		// Comparisons.
		{`a = 1 b= 2 c =3 d != 4 e==5`, `{(a eq [1] & b eq [2] & c eq [3] & d ne [4] & e eq [5])}`},
		{`a<5 b>=0.1 c<=-3 d>"x"`, `{(a lt [5] & b gte [0.1] & c lte [-3] & d gt [x])}`},
		{`a=b=c`, `{a eq [b=c]}`},
		{`"a b"=1 'c.d'=2 e.f{}.g=3 k8s.io/x-y=4`, `{(a b eq [1] & c.d eq [2] & e.f{}.g eq [3] & k8s.io/x-y eq [4])}`},
		{`a=* NOT b=* c!=* d="*"`, `{(a is_not_null & b is_null & c is_null & d is_not_null)}`},
		{`a=x* b=*x c=*x* d=x*y e!=*x* f!=x`, `{(a starts_with [x] & b ends_with [x] & c match [x] & d wildcard [x*y] & !e match [x] & f ne [x])}`},
		{`a="x?y" b="x?y*z" c=""`, `{(a eq [x?y] & b wildcard [x\?y*z] & c eq [])}`},
		{`host::foo ip=::1 fe80::1`, `{(host eq [foo] & ip eq [::1] & keyword [fe80::1])}`},
		{`a=(1 OR 2* OR 3) b!=(1 OR 2)`, `{((a eq [1 3] | a starts_with [2]) & (!b eq [1] | !b eq [2]))}`},
		{`user=*(admin)* g=x(y) count(x)>3 h=*findAll()*`, `{(user match [(admin)] & g eq [x(y)] & h match [findAll()])} having{count(x) gt [3]}`},

		// Lists.
		{`a IN (1, 2*, "b c", *x*)`, `{(a eq [1 b c] | a starts_with [2] | a match [x])}`},
		{`a IN(1) NOT b IN (1,2) c NOT IN (3) NOT(d IN (4))`, `{(a eq [1] & !b eq [1 2] & !c eq [3] & !d eq [4])}`},
		{`a in (1,2)`, `{a eq [1 2]}`},
		{`a IN (x OR "y") b IN (CA, OR, WA) c IN (x OR)`, `{(a eq [x y] & b eq [CA OR WA] & c eq [x OR])}`},
		{`a IN ("x". "y",) b=1`, `{(a eq [x y] & b eq [1])}`},
		{"a IN (`names`)", `{(a eq [a.exe b.exe] | a match [c])}`},
		{`a IN ()`, `{()}`},

		// Networks.
		{`a=10.0.0.0/8 b!=10.0.0.0/8 c IN (10.0.0.0/8, 1.1.1.1) d=10.0.0.*`, `{(a cidr_match [10.0.0.0/8] & !b cidr_match [10.0.0.0/8] & ` +
			`(c cidr_match [10.0.0.0/8] | c eq [1.1.1.1]) & d starts_with [10.0.0.])}`},

		// Terms.
		{`foo "bar baz" *x*y* "*z*"`, `{(keyword [foo] & keyword [bar baz] & keyword [x*y] & keyword [z])}`},
		{`TERM(10.0.0.1) CASE(Foo) f=CASE(Bar) g=TERM(a-b) h=CASE("x y")`, `{(keyword [10.0.0.1] & keyword cased[Foo] & f eq cased[Bar] & g eq [a-b] & h eq cased[x y])}`},

		// Quotes and backslashes.
		{`a="C:\\Windows\\*" b="*\sam *" c="x\"y" d=*\"p\":true* e="a\|b" f="x\*"`, `{(a starts_with [C:\Windows\] & b match [\sam ] & c eq [x"y] & ` +
			`d match ["p":true] & e eq [a|b] & f starts_with [x\])}`},
		{`p=C:\Windows\* q="\\\\srv\\*" r=\\\\srv\\c$`, `{(p starts_with [C:\Windows\] & q starts_with [\\srv\] & r eq [\\srv\c$])}`},
		{`(p=C:\Windows\) q=C:\ r=s`, `{(p eq [C:\Windows\] & q eq [C:\] & r eq [s])}`},
		{`"*x*"AND f=1 "*y*"g=2`, `{(keyword [x] & f eq [1] & keyword [y] & g eq [2])}`},
		{`q IN ("*a*",""*b*"", "*c*") r=""*d*""`, `{(q match [a b c] & r match [d])}`},
		{`a="x | y" | search b="[z"`, `{(a eq [x | y] & b eq [[z])}`},

		// Time modifiers, and functions that the search language does not have.
		{`earliest=-1d latest=now _index_earliest=-2h a=1`, `{a eq [1]}`},
		{`(earliest=-1d latest=now) OR (earliest=-7d latest=-6d) a=1`, `{a eq [1]}`},
		{`a=1 _time>=relative_time(now(), "-10m@m")`, `{(a eq [1] & _time gte ->relative_time(now(), "-10m@m"))}`},

		// Macros and comments.
		{"`either` z=3", `{((x eq [1] | y eq [2]) & z eq [3])}`},
		{"`outer` z=3", `{((x eq [1] | y eq [2]) & z eq [3])}`},
		{"`pair(a b, \"c, d\")`", `{a b eq [c, d]}`},
		{"a=1 | `stages` | `my_filter`", `{a eq [1]} having{g eq [1]}`},
		{"`joined(main)` a=1", `@main{(index eq [main] & a eq [1])}`},
		{"a=\"`either`\" ```comment \"x | `y``` b=2", "{(a eq [`either`] & b eq [2])}"},
		{"a=1 `comment(\"x, y | z\")` b=2", `{(a eq [1] & b eq [2])}`},
		{"search `my_filter` a=1", `{(keyword [search] & a eq [1])}`},

		// Sources.
		{`index=main sourcetype="x:y"`, `@main{(index eq [main] & sourcetype eq [x:y])}`},
		{`index=x OR index=y a=1`, `{((index eq [x] | index eq [y]) & a eq [1])}`},
		{`| from datamodel:Endpoint.Processes | search p=x`, `@Endpoint.Processes{p eq [x]}`},
		{`| from datamodel "A"."B" | where a="b"`, `@A.B{a eq cased[b]}`},
		{`| datamodel A B search | search B.p=445`, `@A.B{B.p eq [445]}`},
		{`| inputlookup x.csv where a=1 | search b=2`, `@x.csv{(a eq [1] & b eq [2])}`},
		{`tstats count from datamodel=A`, `@A{}`},
		{`search(a=1 OR b=2) [search(c=3) | fields d]`, `{((a eq [1] | b eq [2]) & [search(c=3) | fields d] eq [true])} subsearch{c eq [3]}`},
		{`| tstats count from datamodel="A"."B" where B.c=1`, `@A.B{B.c eq [1]}`},

		// tstats.
		{
			"| tstats `security_content_summariesonly` count min(_time) as t FROM datamodel=E.P where (P.a=1 OR P.b=2) P.c!=3 by P.d P.e _time span=1h " +
				"| `drop_dm_object_name(\"P\")` | where count>10 AND like(e,\"%x%\") AND t>5 | search d=y",
			`@E.P{((P.a eq [1] | P.b eq [2]) & P.c ne [3] & P.e match cased[x] & P.d eq [y])} having{(count gt [10] & t gt [5])} by[P.d P.e _time]`,
		},
		{`| tstats count, values(A.b) as b FROM datamodel = "M.A" where A.c = 1 groupby A.f | search b=*x* A.f=y`, `@M.A{(A.c eq [1] & A.b match [x] & A.f eq [y])}`},
		{`| tstats count from datamodel=A where * by A.b`, `@A{}`},
		{`| tstats count from datamodel=A by A.b where A.c=1 | search A.b=2`, `@A{(A.c eq [1] & A.b eq [2])}`},
		{`| tstats count where index=x TERM(y) by host`, `@x{(index eq [x] & keyword [y])}`},
		{`| tstats count from datamodel=A where A.by=1 "A.b"="x by y" by A.c | search c=1`, `@A{(A.by eq [1] & A.b eq [x by y])} having{c eq [1]}`},
		{`| tstats prestats=t count from datamodel=A where A.b=1 | tstats append=t count from datamodel=B where B.d=2`, `@A{A.b eq [1]} append@B{B.d eq [2]}`},
		{`| mstats avg(x) as y where index=m AND name=z by host span=1m | where y>3`, `@m{(index eq [m] & name eq [z])} having{y gt [3]} by[host]`},

		// The expression language.
		{`a=1 | where b="x" OR c="y" AND NOT d="z"`, `{(a eq [1] & (b eq cased[x] | (c eq cased[y] & !d eq cased[z])))}`},
		{`a=1 | where b=="X" xor c=1`, `{(a eq [1] & ((b eq cased[X] & !c eq [1]) | (!b eq cased[X] & c eq [1])))}`},
		{`* | where "x"=b AND 3<c AND c>=.25 AND d==0x1f AND e!="y" AND 'f g'<=-2`, `{(b eq cased[x] & c gt [3] & c gte [.25] & d eq [0x1f] & e ne cased[y] & f g lte [-2])}`},
		{`* | where a=b AND c!='d e' AND f>g+1 AND len(h)>3 AND a.b="x"`, `{(a eq ->b & c ne ->d e & f gt ->g+1 & len(h) gt [3] & a.b eq cased[x])}`},
		{`* | where a . "x"=c AND -f<3 AND b="*"`, `{(a . "x" eq ->c & -f lt [3] & b eq cased[*])}`},
		{`* | where (a+1)*(b+(c)) > ((d)*(2)) AND ((e)) = ("x") AND (f > (g))`, `{((a+1)*(b+(c)) gt ->(d)*(2) & e eq cased[x] & f gt ->g)}`},
		{
			`* | where b IN ("x","y",c) AND NOT d IN (e) AND in(f,"1",2) AND NOT g NOT IN ("z")`,
			`{((b eq cased[x y] | b eq ->c) & !d eq ->e & f eq cased[1 2] & g eq cased[z])}`,
		},
		{
			`* | where like(a,"%x_y%") AND b LIKE "x%" AND c NOT LIKE "%y" AND like(d,"%\\e\\%") AND like(f,g) AND like(h,"z?")`,
			`{(a wildcard cased[*x?y*] & b starts_with cased[x] & !c ends_with cased[y] & d match cased[\e\] & f wildcard ->g & h eq cased[z?])}`,
		},
		{`* | where match(a,"^x\\\d") AND match(b,"(?i)y") AND match(c,d) AND match(lower(e),"f")`, `{(a regex_match cased[^x\\d] & b regex_match [(?i)y] & ` +
			`c regex_match ->d & lower(e) regex_match cased[f])}`},
		{`* | where cidrmatch("10.0.0.0/8",a) AND cidrmatch(b,c)`, `{(a cidr_match [10.0.0.0/8] & c cidr_match ->b)}`},
		{`* | where isnull(a) OR isnotnull(b) AND NOT isnull(c)`, `{(a is_null | (b is_not_null & c is_not_null))}`},
		{`* | where searchmatch("b=2 OR c=*x*") AND true() AND 1=1`, `{(b eq [2] | c match [x])}`},
		{`* | where match(a,"x")=true() AND like(b,"%y")!=true() AND if(match(c,"x"),true(),false())`, `{(a regex_match cased[x] & !b ends_with cased[y] & c regex_match cased[x])}`},
		{`* | where count > (avg + stdev*2)`, `{count gt ->avg + stdev*2}`},

		// regex and rex.
		{`* | regex a!="x|y" | regex "raw" | regex b = "\\x{202E}"`, `{(!a regex_match [x|y] & _raw regex_match [raw] & b regex_match [\x{202E}])}`},
		{`* | rex field=b "(?<c>x)(?P<d>y)(?<!z)\(?<e>" | rex mode=sed field=f "s/x/y/" | search c=1 d=2 e=3 f=4 g=5`, `{(e eq [3] & g eq [5])} having{(c eq [1] & d eq [2] & f eq [4])}`},

		{`* | rex field=b "(?<c>x(y|z)[)]+)" | eval f=if(isnotnull(c),"true","false") | search f="true" c=*`, `{(b regex_match [x(y|z)[)]+] & b regex_match [x(y|z)[)]+])}`},
		{`* | rex "(?<c>x)(y)" | rex field=b "(?P<d>\\(x)" | where isnotnull(c) AND isnull(d)`, `{!b regex_match [\(x]} having{c is_not_null}`},
		{`* | rex field=b "(?<c>x)|(y)" | where isnull(c)`, `{} having{c is_null}`},

		// Flags.
		{`* | eval f=if(match(b,"x"),1,0) | where f=1`, `{b regex_match cased[x]}`},
		{`* | eval f=if(match(b,"x"),"1","0") | search f=0`, `{!b regex_match cased[x]}`},
		{`* | eval f=case(b="x","A",c="y","B",true(),"C") | search f!="b"`, `{(b eq cased[x] | !c eq cased[y])}`},
		{`* | eval f=case(match(b,"x"),1, match(b,"y"),2, 1=1,0) | search f>0 | where f IN (1,2)`, `{((b regex_match cased[x] | b regex_match cased[y]) & (b regex_match cased[x] | b regex_match cased[y]))}`},
		{`* | eval f=if(b="x",1,0), g=if(f=1 AND c="y","yes","no") | where g="yes"`, `{(b eq cased[x] & c eq cased[y])}`},
		{`* | eval f=case(b="x","on") | where isnull(f) | fillnull f | where f="on"`, `{!b eq cased[x]} having{f eq cased[on]}`},
		{`* | eval f=if(isnull(b),"none","some") | stats count by f | where f="none" AND count>2`, `{b is_null} having{count gt [2]} by[f]`},
		{`* | eval f=if(len(b)>3,"long","short") | search f=lo* f IN ("l*g",x)`, `{(len(b) gt [3] & len(b) gt [3])}`},
		{`* | stats count by b | eval f=if(count>3,1,0) | where f=1`, `{} having{f eq [1]}`},
		{`* | eval f=if(match(b,c.d) AND like(e,"x%"),1,0) | where f`, `{(b regex_match ->c.d & e starts_with cased[x])}`},

		{`* | eval f=coalesce(b,c) | where f="x"`, `{(b eq cased[x] | (b is_null & c eq cased[x]))}`},
		{`* | eval b=coalesce(b,"none") | search b=x* b!=y`, `{(b starts_with [x] & (b is_null | b ne [y]))}`},
		{`* | eval b=if(isnull(b),"none",b) | where b IN ("x","y") | where b="none"`, `{(b eq cased[x y] & (b is_null | b eq cased[none]))}`},
		{`* | eval f=case(isnotnull(b),b,c="1",d) | where like(f,"x%") AND isnotnull(f)`, `{((b starts_with cased[x] | (b is_null & c eq cased[1] & d starts_with cased[x])) & (b is_not_null | (b is_null & c eq cased[1] & d is_not_null)))}`},
		{`* | eval f=coalesce(b,len(c)) | where f="x"`, `{} having{f eq cased[x]}`},
		{`* | eval f=case(b="x","nan",b="y","5.0") | where f=5 | search f!=nan`, `{(!b eq cased[x] & b eq cased[y] & !b eq cased[x] & b eq cased[y])}`},
		{`* | eval f=case(b="x","on",1=1,null) | where isnotnull(f) | eval null=1, g=if(b="y",null,2) | where g=1`, `{b eq cased[x]} having{g eq [1]}`},

		// Other names of fields.
		{`* | eval f=b, g=lower(c) | where f="x" AND g="y" AND lower(c)="z"`, `{(b eq cased[x] & c eq [y] & lower(c) eq cased[z])}`},
		{`* | eval c=replace(b,"x","y") | search c=z b=x`, `{b eq [x]} having{c eq [z]}`},
		{`* | rename b as c, d.* as e.*, "f g" AS h, i.* as * | search c=1 e.x=2 h=3 j=4`, `{(b eq [1] & d.x eq [2] & f g eq [3] & j eq [4])}`},
		{`* | stats count dc(b) as n values(c) as c, latest(_time) as last by d e | search n>2 c=*x* d=1 last>5 z=1`, `{(c match [x] & d eq [1])} having{(n gt [2] & last gt [5] & z eq [1])} by[d e]`},
		{`* | stats values(*) as * by x | search y=1 x=2`, `{(y eq [1] & x eq [2])}`},
		{`* | rename d.* as e.* | stats values(*) as all_* by x | search all_y=1 all_e.z=2 x=3`, `{(y eq [1] & d.z eq [2] & x eq [3])}`},
		{`* | stats values(b) as c by d | where mvcount(c)>1`, `{} having{mvcount(c) gt [1]} by[d]`},
		{`* | stats count(eval(a="b")) as n, count (c) AS m by d, e | where n>1 AND m>2`, `{} having{(n gt [1] & m gt [2])} by[d e]`},
		{`* | eventstats avg(b) as m by c | where b>m AND c=1`, `{c eq [1]} having{b gt ->m} by[c]`},
		{`* | streamstats window=1 last(b) as p values(c) as c by d | where b!=p AND c=1`, `{c eq [1]} having{b ne ->p} by[d]`},
		{`* | top limit=5 b by c | where count>3 AND b=1`, `{b eq [1]} having{count gt [3]} by[b c]`},
		{`* | timechart span=1h count by c | where x=1`, `{} having{x eq [1]}`},
		{`* | lookup update=true ut_shannon_lookup word AS b | where ut_shannon>3 AND b="x"`, `{b eq cased[x]} having{ut_shannon gt [3]}`},
		{`* | lookup l b as c OUTPUT d as e, f OUTPUTNEW g | search e=1 f=2 g=3 h=4`, `{h eq [4]} having{(e eq [1] & f eq [2] & g eq [3])}`},
		{`* | spath output=b path=c.d | spath input=e path=f output=g | search b=1 g=2`, `{c.d eq [1]} having{g eq [2]}`},
		{`* | bucket span=5m _time as t | iplocation ip | search City=x t>1`, `{} having{(City eq [x] & t gt [1])}`},
		{`* | transaction b startswith=(c=1) | where duration>5 AND eventcount=2`, `{} having{(duration gt [5] & eventcount eq [2])}`},
		{`* | foreach x_* [ eval n = n + '<<FIELD>>' ] | where n>1`, `{} having{n gt [1]}`},
		{`* | convert ctime(b) ctime(c) AS d | where d="x"`, `{} having{d eq cased[x]}`},
		{`* | addtotals fieldname=s b c | where s>2`, `{} having{s gt [2]}`},
		{`* | apply m | where 'IsOutlier(b)'=1`, `{} having{IsOutlier(b) eq [1]}`},
		{`* | eval "x y"='b c', x_-y=if(b="1",1,0) | search "x y"=1 | where 'x_-y'=1`, `{(b c eq [1] & b eq cased[1])}`},
		{`a=1 | sort - count | table * | fields - x | dedup 3 y sortby +z | outputlookup append=t l | head 5`, `{a eq [1]}`},

		{`* | strcat a "-" c | replace x with y in d | rangemap field=e | addinfo | search c=1 d=2 range=low info_sid=x f=3`, `{f eq [3]} having{(c eq [1] & d eq [2] & range eq [low] & info_sid eq [x])}`},
		{`* | iplocation prefix=g_ ip | cyberchef infield="a" outfield="b" recipe="c" | trendline sma2(c) as d | search g_City=x b=1 d=2 City=y`, `{City eq [y]} having{(g_City eq [x] & b eq [1] & d eq [2])}`},
		{"* | `globedistance(a,b,c,d)` | `get_asset(src)` | `get_risk_severity(s)` | where distance>5 AND severity=\"x\"", `{} having{(distance gt [5] & severity eq cased[x])}`},
		{"* NOT `cim_corporate_web_domain_search(q)`", "{![| inputlookup cim_corporate_web_domain_lookup | rename domain as \"q\" | fields \"q\"] eq [true]}"},
		{`* | where f AND NOT g`, `{(f eq [true] & !g eq [true])}`},

		// Subsearches.
		{`a=1 | join type=outer x [search b=2] | join x, y [search index=foo c=3 | fields x y] | where y=1`, `{(a eq [1] & y eq [1])} join@foo{(index eq [foo] & c eq [3])}`},
		{`a=1 | join x [| tstats count from datamodel=P where P.b=2 by P.x P.c | rename P.* as *] | search c=3`, `{(a eq [1] & P.c eq [3])} join@P{P.b eq [2]}`},
		{`a=1 | join x[search b=2] | append[search c=3]`, `{a eq [1]} join{b eq [2]} append{c eq [3]}`},
		{`a=1 | append [search b=2 | where c=3]`, `{a eq [1]} append{(b eq [2] & c eq [3])}`},
		{"a=1 | map search=\"search `either` id=$id$ foo=\\\"b c\\\"\"", `{a eq [1]} map{((x eq [1] | y eq [2]) & id eq ->id & foo eq [b c])}`},
		{`a=1 | stats count by x | appendpipe [| map search="search b=$x$"] | stats values(c) as c by x | search c=3 d=4`, `{(a eq [1] & c eq [3])} having{d eq [4]} map{b eq ->x}`},
		{`a=1 | stats count by x | append [search b=2] | search c=3`, `{(a eq [1] & c eq [3])} append{b eq [2]}`},
		{`a=1 | stats count by x | join x [| inputlookup l] | search c=3`, `{a eq [1]} having{c eq [3]} join@l{}`},
		{`| multisearch [search a=1] [search b=2 | eval t="x"]`, `{} multisearch{a eq [1]} multisearch{b eq [2]}`},
		{`a=1 | union [search b=2] [| from datamodel:M]`, `{a eq [1]} union{b eq [2]} union@M{}`},
		{`a=1 | appendpipe [stats count] | appendcols [search b=2]`, `{a eq [1]}`},
		{`a=1 [search b=2 | return 100 $c]`, `{(a eq [1] & [search b=2 | return 100 $c] eq [true])} subsearch{b eq [2]}`},
		{`a=1 NOT [| inputlookup bad | fields ip]`, `{(a eq [1] & ![| inputlookup bad | fields ip] eq [true])}`},
		{`a=1 [search b=2 | stats count by c | rename c as d | fields - count]`, `{(a eq [1] & [search b=2 | stats count by c | rename c as d | fields - count] eq [true])} subsearch{b eq [2]}`},
		{`a=1 f=[search g=1 | return h]`, `{(a eq [1] & f eq ->[search g=1 | return h])} subsearch{g eq [1]}`},
		{`a=1 | where f IN ([search g=1 | return $h])`, `{(a eq [1] & f eq ->[search g=1 | return $h])} subsearch{g eq [1]}`},
		{`a=1 [search b=2 | return $c]`, `{(a eq [1] & [search b=2 | return $c] eq [true])} subsearch{b eq [2]}`},
		{`a=1 [search b=2 | rename c as search | fields search]`, `{(a eq [1] & [search b=2 | rename c as search | fields search] eq [true])} subsearch{b eq [2]}`},
		{`a=1 | map [search b=$c$ e=*$f$* $g$ h>$i$ j="$k$ l"] | where d=2`, `{(a eq [1] & d eq [2])} map{(b eq ->c & e match ->f & keyword ->g & h gt ->i & j eq [$k$ l])}`},
		{`| stats count by x | search [inputlookup l | rename y as x | table x]`, `{[inputlookup l | rename y as x | table x] eq [true]}`},
	}
	for _, tt := range tests {
		r, errs := Read(tt.search, testMacros())
		if len(errs) > 0 {
			t.Errorf("%s: %v", tt.search, errs)
		}
		if got := show(r); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.search, got, tt.want)
		}
		checkRoundTrip(t, tt.search)
	}
}

// checkRoundTrip prints the pipeline, reads it again and compares.
func checkRoundTrip(t *testing.T, search string) {
	t.Helper()
	text, _, _ := Expand(search, testMacros())
	q, errs := Parse(text)
	if len(errs) > 0 {
		return
	}
	printed := q.String()
	again, errs := Parse(printed)
	if !querytest.Bounded(errs) && (len(errs) > 0 || again.String() != printed) {
		t.Errorf("%q prints as %q, which reads as %q (%v)", text, printed, again.String(), errs)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ search, code, at, message, want string }{
		{"a=1 `missing` b=2", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{(a eq [1] & opaque[`missing`] & b eq [2])}"},
		{"a=1 | `missing(x)` | where b=2", "spl/unknown-macro", "`missing(x)`", `macro "missing(1)" is not known`, "{(a eq [1] & opaque[`missing(x)`] & b eq [2])}"},
		{"a=1 | stats count by x | `missing`", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{a eq [1]} having{opaque[`missing`]}"},
		{"| tstats `missing` count from datamodel=A where A.b=`m2_filter`", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "@A{(opaque[`missing`] & A.b eq [search])}"},
		{"a=`missing` b IN (1, `missing`)", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{(opaque[a = `missing`] & (b eq [1] | opaque[b IN `missing`]))}"},
		{"* | where a=`missing` AND b=1", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{(opaque[a=`missing`] & b eq [1])}"},
		{"* | eval c=if(`missing`,1,0) | where c=1", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{opaque[`missing`]} having{c eq [1]}"},
		{"`pair(x)` a=1", "spl/macro-arguments", "`pair(x)`", `macro "pair" does not take 1 arguments`, "{(opaque[`pair(x)`] & a eq [1])}"},
		{"`loop` a=1", "spl/macro-loop", "`loop`", `macro "loop" uses itself in macro "loop"`, "{(keyword [foo] & opaque[`loop`] & a eq [1])}"},
		{"a=1 | `ping` | where b=2", "spl/macro-loop", "`ping`", `macro "ping" uses itself in macro "pong"`, "{(a eq [1] & opaque[`ping`] & b eq [2])}"},
		{"a=1 | `broken` | where c=2", "spl/unexpected-end", "`broken`", `unexpected end of the expression, expected a value in macro "broken"`, "{(a eq [1] & opaque[where a=(] & c eq [2])}"},
		{"`computed` a=1", "unsupported/spl-eval-macro", "`computed`", `the expression of macro "computed" is not computed`, "{(opaque[`computed`] & a eq [1])}"},
		{"a=1 | append `missing` | join b `missing` [search c=1] | where d=2", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{(a eq [1] & opaque[`missing`] & opaque[`missing`] & d eq [2])} join{c eq [1]}"},
		{"| inputlookup `missing` where a=1", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "@`missing`{(opaque[`missing`] & a eq [1])}"},
		{"a=1 | foreach * [eval <<FIELD>>=`missing`]", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{(a eq [1] & opaque[`missing`])}"},
		{"a=1 | `missing` b=2", "spl/unknown-macro", "`missing`", `macro "missing" is not known`, "{(a eq [1] & opaque[`missing` b=2])}"},
		{"* | where searchmatch(\"`either`\")", "unsupported/spl-function", "searchmatch(\"`either`\")", "macros in the search of searchmatch are not expanded", "{opaque[searchmatch(\"`either`\")]}"},
		{"a=1 `either | where b=2 | `my_filter`", "spl/unclosed-macro", "`", "unclosed macro, expected another `", "{(a eq [1] & opaque[`either] & b eq [2])}"},
		{"a=1 | where b=`either | search c=3 | `my_filter`", "spl/unclosed-macro", "`", "unclosed macro, expected another `", "{(a eq [1] & opaque[where b=`either] & c eq [3])}"},
		{"a=1 | where b=2 | `my_filter", "spl/unclosed-macro", "`", "unclosed macro, expected another `", "{(a eq [1] & b eq [2] & opaque[`my_filter])}"},
		{"a=1 ```b | where c=2 | `my_filter`", "spl/unclosed-comment", "```", "unclosed comment, expected another ```", "{(a eq [1] & opaque[```b] & c eq [2])}"},
		{"a=1 | where b=2 ```c", "spl/unclosed-comment", "```", "unclosed comment, expected another ```", "{(a eq [1] & opaque[where b=2 ```c])}"},
		{`a=1 b="x | where c=2 | stats count by d | where count > 3`, "spl/unclosed-string", `"`, `unclosed string, expected another "`, `{(a eq [1] & opaque[b="x] & c eq [2])} having{count gt [3]} by[d]`},
		{`a="x | where c=2 | where d="y" | search e=1`, "spl/unclosed-string", `"`, `unclosed string, expected another "`, `{(opaque[a="x] & c eq [2] & d eq cased[y] & e eq [1])}`},
		{`a=1 b="x" c="y d="z" e=2 | where f=3`, "spl/unclosed-string", `"`, `unclosed string, expected another "`, `{(a eq [1] & b eq [x] & opaque[c="y d="z" e=2] & f eq [3])}`},
		{"a=\"x\" either` b=1 | where c=2", "spl/unclosed-macro", "`", "unclosed macro, expected another `", "{(a eq [x] & opaque[either` b=1] & c eq [2])}"},
		{`a=1 b="x" c=y z" d=2`, "spl/unclosed-string", `"`, `unclosed string, expected another "`, `{(a eq [1] & b eq [x] & opaque[c=y z" d=2])}`},
		{`a=1 b="x" c=2 (d=3 OR (e=4) | where f=5`, "spl/unclosed-bracket", "(", "unclosed bracket, expected another )", `{(a eq [1] & b eq [x] & c eq [2] & opaque[(d=3 OR (e=4)] & f eq [5])}`},
		{`a=1 [search b=2 | where c=3`, "spl/unclosed-bracket", "[", "unclosed bracket, expected another ]", `{(a eq [1] & opaque[[search b=2] & c eq [3])}`},
		{`a=1 ] b=2 | where c=3`, "spl/unexpected-token", "]", `unexpected "]", expected a condition`, `{(opaque[a=1 ] b=2] & c eq [3])}`},
		{`(a=1 OR b=2 | where (c=3)`, "spl/unclosed-bracket", "(", "unclosed bracket, expected another )", `{(opaque[(a=1 OR b=2] & c eq [3])}`},
		{`a=1) | where c=3`, "spl/unexpected-token", ")", `unexpected ")", expected a condition`, `{(opaque[a=1)] & c eq [3])}`},
		{`a=1 | where b= | search d=2`, "spl/unexpected-end", "", "unexpected end of the expression, expected a value", `{(a eq [1] & opaque[where b=] & d eq [2])}`},
		{`a=1 | where (b=1 | search d=2`, "spl/unclosed-bracket", "(", "unclosed bracket, expected another )", `{(a eq [1] & opaque[where (b=1] & d eq [2])}`},
		{`a=1 | where b=1 c=2`, "spl/unexpected-token", "c", `unexpected "c" in the expression, expected an operator`, `{(a eq [1] & opaque[where b=1 c=2])}`},
		{`a=1 | eval x=(1, y=2 | where x=1 AND z=2`, "spl/unexpected-token", ",", `unexpected "," in the expression, expected )`, `{(a eq [1] & opaque[eval x=(1, y=2] & z eq [2])} having{x eq [1]}`},
		{`OR a=1`, "spl/unexpected-token", "OR", `unexpected "OR", expected a condition`, `{opaque[OR a=1]}`},
		{`a=1 AND | where b=2`, "spl/unexpected-end", "", "unexpected end after AND, expected a condition", `{(a eq [1] & b eq [2])}`},
		{`a= | where b=2`, "spl/unexpected-end", "", "unexpected end of the command, expected a value", `{(opaque[a=] & b eq [2])}`},
		{`a=1 | | where b=2`, "spl/empty-stage", "", "unexpected empty command between pipes", `{(a eq [1] & b eq [2])}`},
		{`a=1 | where b=2 |`, "spl/empty-stage", "", "unexpected end after a pipe, expected a command", `{(a eq [1] & b eq [2])}`},
		{`""=1 | where b=2`, "spl/unexpected-token", `""`, `unexpected "", expected a field`, `{(opaque[""=1] & b eq [2])}`},
		{`a=1 | where ''="x" | regex ""="y" | spath path="" output=c | rename "" as d | search d=1`, "spl/unexpected-token", `''`, "unexpected '' in the expression, expected a field", `{(a eq [1] & opaque[where ''="x"] & opaque[regex ""="y"] & d eq [1])}`},
		{`a=1 | frobnicate x | where b=2`, "unsupported/spl-command", "frobnicate", `what command "frobnicate" does to events is not known`, `{(a eq [1] & opaque[frobnicate x] & b eq [2])}`},
		{`* | where isnum(a) AND b=1`, "unsupported/spl-function", "isnum(a)", `function "isnum" has no operator here`, `{(opaque[isnum(a)] & b eq [1])}`},
		{`* | where a+1`, "unsupported/spl-expression", "a+1", `"a+1" is not a condition`, `{opaque[a+1]}`},
		{`a=1 NOT [search b=2 | fields c]`, "unsupported/spl-subsearch", "[search b=2 | fields c]", "the results of the subsearch are not known", `{(a eq [1] & !opaque[[search b=2 | fields c]])}`},
		{`a=1 [search b=2 ( | fields c] d=3`, "spl/unexpected-end", "", "unexpected end of the command, expected a condition", `{(a eq [1] & [search b=2 ( | fields c] eq [true] & d eq [3])} subsearch{(b eq [2] & opaque[(])}`},
		{`* | rename a b`, "spl/unexpected-token", "a", `unexpected "a", expected field AS name`, `{opaque[rename a b]}`},
		{`a=1 | where AND | search b=2`, "spl/unexpected-token", "AND", `unexpected "AND" in the expression, expected a value`, `{(a eq [1] & opaque[where AND] & b eq [2])}`},
		{`a=1 | rex field=b "(?<c>x | search c=2`, "spl/unclosed-string", `"`, `unclosed string, expected another "`, `{a eq [1]} having{c eq [2]}`},
		{"a=1 | stats count by `b | where count>1 | `my_filter`", "spl/unclosed-macro", "`", "unclosed macro, expected another `", `{a eq [1]} having{count gt [1]}`},
		{`a=1 | stats count( by b | where count>1`, "spl/unclosed-bracket", "(", "unclosed bracket, expected another )", `{a eq [1]} having{count gt [1]}`},
		{`a=1 | stats count) by b | where count>1`, "spl/unexpected-token", ")", `unexpected ")", which nothing opened`, `{a eq [1]} having{count gt [1]}`},
		{`a=1 | append search b=1 | table c ] | where d=1`, "spl/unexpected-end", "", "unexpected end of append, expected a subsearch in brackets", `{(a eq [1] & d eq [1])}`},
		{`a=1 | regex b=x" | where d=1`, "spl/unclosed-string", `"`, `unclosed string, expected another "`, `{(a eq [1] & opaque[regex b=x"] & d eq [1])}`},
		{`| tstats count from datamodel="A.B where B.c=1 by B.d`, "spl/unclosed-string", `"`, `unclosed string, expected another "`, `@A.B{B.c eq [1]}`},
		{`| tstats count from datamodel=A.B where (B.c=1 by B.d | where count>3`, "spl/unclosed-bracket", "(", "unclosed bracket, expected another )", `@A.B{opaque[(B.c=1]} having{count gt [3]} by[B.d]`},
		{`a=1 | where !isnull(b) | search c=2`, "spl/unexpected-token", "!", `unexpected "!" in the expression, expected a value or an operator`, `{(a eq [1] & opaque[where !isnull(b)] & c eq [2])}`},
		{"a=\xff", "spl/invalid-utf8", "\xff", "byte 0xff is no UTF-8", "{opaque[a=\xff]}"},
	}
	for _, tt := range tests {
		r, errs := Read(tt.search, testMacros())
		if len(errs) == 0 {
			t.Errorf("%s: no error", tt.search)
			continue
		}
		e := errs[0]
		if at := tt.search[e.Span.Start:e.Span.End]; e.Code != tt.code || at != tt.at || e.Msg != tt.message {
			t.Errorf("%s: %s %q %s", tt.search, e.Code, at, e.Msg)
		}
		if got := show(r); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.search, got, tt.want)
		}
	}
}

// TestSpans checks that every node knows its place.
func TestSpans(t *testing.T) {
	search := `a=1 OR NOT (b IN (2, "c") d earliest=-1d) [search e] | where f(g)+-h>"i" XOR NOT 'j k' IN (1) | eval l = m . "n"`
	q, errs := Parse(search)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got []string
	for _, s := range q.Stages {
		got = append(got, search[s.Span().Start:s.Span().End])
		switch s := s.(type) {
		case Search:
			got = append(got, spans(s.Cond, search)...)
		case Where:
			got = append(got, spans(s.Cond, search)...)
		case Eval:
			got = append(got, spans(s.Assigns[0].Value, search)...)
		}
	}
	want := []string{
		`a=1 OR NOT (b IN (2, "c") d earliest=-1d) [search e]`, `a=1 OR NOT (b IN (2, "c") d earliest=-1d) [search e]`, `a=1 OR NOT (b IN (2, "c") d earliest=-1d)`,
		`a=1`, `NOT (b IN (2, "c") d earliest=-1d)`, `(b IN (2, "c") d earliest=-1d)`, `b IN (2, "c")`, `d`, `earliest=-1d`, `[search e]`,
		`where f(g)+-h>"i" XOR NOT 'j k' IN (1)`, `f(g)+-h>"i" XOR NOT 'j k' IN (1)`, `f(g)+-h>"i"`, `f(g)+-h`, `f(g)`, `g`, `-h`, `h`, `"i"`, `NOT 'j k' IN (1)`, `'j k' IN (1)`, `'j k'`, `1`,
		`eval l = m . "n"`, `m . "n"`, `m`, `"n"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("spans:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func spans(x Node, text string) []string {
	out := []string{text[x.Span().Start:x.Span().End]}
	for _, c := range children(x) {
		out = append(out, spans(c, text)...)
	}
	return out
}

func TestRule(t *testing.T) {
	r, errs := Read("`sysmon_like` `either` | join x [| tstats count from datamodel=Web.Web where Web.a=1 by Web.x] | `either` | `my_filter`",
		Macros{"sysmon_like": {Name: "sysmon_like", Definition: "source=s"}, "either": {Name: "either", Definition: "search b=1"}})
	if len(errs) > 0 {
		t.Error(errs)
	}
	if got := strings.Join(r.Macros, " "); got != "sysmon_like either my_filter" {
		t.Errorf("macros %s", got)
	}
	if got := strings.Join(r.DataModels, " "); got != "Web.Web" {
		t.Errorf("data models %s", got)
	}
	if r, _ = Read("* | stats count dc(a) as n by b | where n>1 AND b=c", nil); strings.Join(r.Parts[0].Computed, " ") != "n c" {
		t.Errorf("computed %v", r.Parts[0].Computed)
	}
}

func TestGlobs(t *testing.T) {
	for pattern, texts := range map[string][2]string{
		"*":     {" x", ""},
		"a*":    {"a abc", "ba x"},
		"*b":    {"b ab abb", "a ba"},
		"a*b*c": {"abc aXbYc abbcc", "ab acb cab"},
		"":      {"", "x"},
	} {
		for i, want := range []bool{true, false} {
			for _, s := range strings.Split(texts[i], " ") {
				if i == 1 && texts[1] == "" {
					continue
				}
				if got := globs(decode(pattern).pattern(), s); got != want {
					t.Errorf("%q matches %q: %v", pattern, s, got)
				}
			}
		}
	}
	var p scan.Pattern
	p.One()
	p.Any()
	if globs(p, "") || !globs(p, "a") || !globs(p, "abc") {
		t.Error("one character and more")
	}
}

// TestBombs reads what grows without bound unless something stops it.
func TestBombs(t *testing.T) {
	bomb := Macros{}
	for i := range 60 {
		name := "m" + strings.Repeat("x", i)
		bomb.Add(Macro{Name: name, Definition: "a=1 `" + name + "x` `" + name + "x`"})
	}
	wide := Macros{}
	wide.Add(Macro{Name: "w", Args: []string{"a"}, Definition: strings.Repeat("$a$ ", 1000)})
	flags := "* | eval f=if(a=1,1,0)"
	for range 60 {
		flags += ", f=if(f=1 AND f=1,1,0)"
	}
	for name, tt := range map[string]struct {
		search string
		macros Macros
		code   string
	}{
		"macros":      {"`m` b=1", bomb, "spl/macro-"},
		"arguments":   {"`w(" + strings.Repeat("x", 10_000) + ")`", wide, "spl/macro-too-long"},
		"brackets":    {strings.Repeat("(", 2000) + "a=1" + strings.Repeat(")", 2000) + " | where b=1", nil, "spl/too-deep"},
		"subsearches": {strings.Repeat("[search ", 2000) + "a=1" + strings.Repeat("]", 2000), nil, "unsupported/spl-subsearch"},
		"nots":        {"* | where " + strings.Repeat("NOT ", 2000) + "a=1", nil, "spl/too-deep"},
		"signs":       {"* | where a=" + strings.Repeat("- ", 2000) + "1", nil, "spl/too-deep"},
		"sums":        {"* | where " + strings.Repeat("a+", 50_000) + "1=1", nil, "spl/too-deep"},
		"products":    {"* | eval b=" + strings.Repeat("a*", 50_000) + "1 | where b=1", nil, "spl/too-deep"},
		"comparisons": {"* | where " + strings.Repeat("a=", 50_000) + "1", nil, "spl/too-deep"},
		"lists":       {"* | where a" + strings.Repeat(" NOT IN (1)", 50_000), nil, "spl/too-deep"},
		"alternating": {"* | where a" + strings.Repeat(" XOR a", 50_000), nil, "spl/too-deep"},
		"conditions":  {strings.Repeat("a ", 200_000), nil, "spl/too-large"},
		"stages":      {strings.Repeat("a=1 | search ", 5000), nil, "spl/too-many-stages"},
		"pipes":       {strings.Repeat("|", 100_000), nil, "spl/"},
		"parts":       {"a=1 | append " + strings.Repeat("[search b=1] ", 500), nil, "spl/too-many-parts"},
		"flags":       {flags + " | where f=1", nil, ""},
		"xor":         {"* | where " + strings.Repeat("a=1 XOR ", 60) + "b=1", nil, "spl/too-large"},
		"quotes":      {strings.Repeat(`"`, 100_001), nil, "spl/unclosed-string"},
		"words":       {strings.Repeat("a( ", 30_000), nil, "spl/"},
		"text":        {strings.Repeat("a", scan.MaxText+1), nil, "spl/too-long"},
		"tests":       {"* | eval f=if(match(a,\"" + strings.Repeat("x", 500_000) + "\"),1,0)" + strings.Repeat(" | where f=1", 100), nil, "spl/too-large"},
		"sub texts":   {strings.Repeat("[search ", 100) + strings.Repeat("a", 500_000) + strings.Repeat(" | fields b]", 100), nil, "spl/too-large"},
	} {
		r, errs := Read(tt.search, tt.macros)
		if len(r.Parts) == 0 {
			t.Errorf("%s: no part", name)
		}
		found := tt.code == ""
		for _, e := range errs {
			found = found || strings.HasPrefix(e.Code, tt.code)
		}
		if !found {
			t.Errorf("%s: no error %s in %v", name, tt.code, errs)
		}
		if size := len(show(r)); size > 12*scan.MaxText {
			t.Errorf("%s: %d bytes of trees", name, size)
		}
	}
}

func TestExpand(t *testing.T) {
	text, places, errs := Expand("`either` z=3 ```c``` `outer`", testMacros())
	if want := "x=1 OR y=2 z=3   x=1 OR y=2  "; text != want || len(errs) > 0 {
		t.Errorf("%q, want %q; %v", text, want, errs)
	}
	for at, want := range map[int]span.Span{
		0:  {Start: 0, End: 8},   // in `either`
		11: {Start: 9, End: 10},  // z
		15: {Start: 13, End: 14}, // the comment
		17: {Start: 21, End: 28}, // in `outer`
	} {
		if got := places.Span(span.Span{Start: at, End: at + 1}); got != want {
			t.Errorf("byte %d stands at %v, want %v", at, got, want)
		}
	}
	if got := places.Macro(17); got != "either" {
		t.Errorf("macro %q", got)
	}
	if got := strings.Join(places.Names, " "); got != "either outer" {
		t.Errorf("names %s", got)
	}
}
