package esql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// kql stands for the reader of KQL: "field:value", or an error at "!".
func kql(text string) (*record.Expr, span.Errors) {
	if i := strings.IndexByte(text, '!'); i >= 0 {
		return nil, span.Errors{span.Errorf(span.Span{Start: i, End: i + 1}, "kql/test", "no !")}
	}
	field, value, ok := strings.Cut(text, ":")
	if !ok {
		return nil, nil
	}
	return &record.Expr{Field: field, Op: record.OpEq, Values: []string{value}}, nil
}

// show writes a part: the where, and after a semicolon the having.
func show(p record.Part) string {
	s := p.Name
	if p.Source != "" {
		s += "<" + p.Source + ">"
	}
	if s != "" {
		s += ": "
	}
	if p.Where != nil {
		s += querytest.Show(*p.Where)
	}
	if p.Having != nil {
		s += "; " + querytest.Show(*p.Having) + " {" + strings.Join(p.Computed, " ") + "}"
	}
	return s
}

func showAll(r Rule) string {
	parts := make([]string, len(r.Parts))
	for i, p := range r.Parts {
		parts[i] = show(p)
	}
	return strings.Join(parts, " || ")
}

// conditions are WHERE stages behind FROM.
var conditions = []struct{ cond, want string }{
	// precedence
	{`a == 1 or b == 2 and c == 3`, `(a eq [1] | (b eq [2] & c eq [3]))`},
	{`not a == 1 and b == 2`, `(!a eq [1] & b eq [2])`},
	{`not (a == 1 or b == 2)`, `!(a eq [1] | b eq [2])`},
	{`NOT NOT a == 1`, `a eq [1]`},
	{`((a == 1)) AND (b == 2 AND c == 3)`, `(a eq [1] & b eq [2] & c eq [3])`},
	{`(a == 1 or b == 2) or c == 3`, `(a eq [1] | b eq [2] | c eq [3])`},
	{`not a in (1) and not b like "x"`, `(!a eq [1] & !b eq cased[x])`},
	// comparisons
	{`a == "x"`, `a eq cased[x]`},
	{`a != "x"`, `a ne cased[x]`},
	{`a == true`, `a eq [true]`},
	{`a < 1 and a <= 2 and a > 3 and a >= 4`, `(a lt [1] & a lte [2] & a gt [3] & a gte [4])`},
	{`1 < a`, `a gt [1]`},
	{`1 >= a`, `a lte [1]`},
	{`"x" == a`, `a eq cased[x]`},
	{`a == -1.50`, `a eq [-1.50]`},
	{`a == + 1e3`, `a eq [+1e3]`},
	{`a == .5 and b == 5.`, `(a eq [.5] & b eq [5.])`},
	{`a == b`, `a eq ->b`},
	{`a > b + 1`, `a gt ->b + 1`},
	{`@timestamp > NOW() - 7 day`, `@timestamp gt ->NOW() - 7 day`},
	{`now() - 7day < @timestamp`, `now() - 7day lt ->@timestamp`},
	{`a + 1 * 2 == 3`, `a + 1 * 2 eq [3]`},
	{`(a + 1) * 2 == 3`, `(a + 1) * 2 eq [3]`},
	{`-a == 1`, `-a eq [1]`},
	{`a == -b`, `a eq ->-b`},
	{`a - 1 > 2`, `a - 1 gt [2]`},
	{`a-1 > 2`, `a-1 gt [2]`},
	{`length(a) > 2`, `length(a) gt [2]`},
	{`to_lower(a) == "x"`, `to_lower(a) eq cased[x]`},
	{`a == to_lower(b)`, `a eq ->to_lower(b)`},
	{`a == ?p and b == ?1 and c == ?`, `(a eq ->?p & b eq ->?1 & c eq ->?)`},
	{`??f == 1`, `??f eq [1]`},
	{`?f.b == 1`, `?f.b eq [1]`},
	{`a == null`, `a eq [null]`},
	{`a == [1, 2]`, `a eq ->[1, 2]`},
	{`1 == 1`, `1 eq [1]`},
	// null
	{`a is null`, `a is_null`},
	{`a IS NOT NULL`, `a is_not_null`},
	{`not a is null`, `a is_not_null`},
	{`length(a) is not null`, `length(a) is_not_null`},
	{`a == 1 is null`, `a == 1 is_null`},
	// lists
	{`a in ("x", "y", 3)`, `a eq cased[x y 3]`},
	{`a NOT IN (1)`, `!a eq [1]`},
	{`a in (1, b, 2, 3)`, `(a eq [1] | a eq ->b | a eq [2 3])`},
	{`"x" in (a, b)`, `(a eq cased[x] | b eq cased[x])`},
	{`true in (starts_with(a, "x"), a == 1)`, `(a starts_with cased[x] | a eq [1])`},
	{`to_lower(a) in ("x")`, `to_lower(a) eq cased[x]`},
	// patterns
	{`a like "x*"`, `a starts_with cased[x]`},
	{`a like "*x"`, `a ends_with cased[x]`},
	{`a like "*x*"`, `a match cased[x]`},
	{`a like "x"`, `a eq cased[x]`},
	{`a like "*"`, `a is_not_null`},
	{`a not like "*"`, `a is_null`},
	{`a like "x?y*"`, `a wildcard cased[x?y*]`},
	{`a like "C:\\\\x\\\\*"`, `a starts_with cased[C:\x\]`},
	{`a like """C:\\x\\*"""`, `a starts_with cased[C:\x\]`},
	{`a like "x\\*"`, `a eq cased[x*]`},
	{`a like """x\?*"""`, `a starts_with cased[x?]`},
	{`a like """x\y*"""`, `a starts_with cased[x\y]`},
	{`a like """x\"""`, `a eq cased[x\]`},
	{`a like ("x*", "y*", "*z")`, `(a starts_with cased[x y] | a ends_with cased[z])`},
	{`a not like ("x*")`, `!a starts_with cased[x]`},
	{`a rlike "x.*"`, `a regex_match cased[x.*]`},
	{`a rlike ("x.*", "y")`, `a regex_match cased[x.* y]`},
	{`a NOT RLIKE """\d+"""`, `!a regex_match cased[\d+]`},
	{`a like ?p`, `a wildcard ->?p`},
	{`to_lower(a) like "x*"`, `to_lower(a) starts_with cased[x]`},
	// functions with an operator
	{`starts_with(a, "x")`, `a starts_with cased[x]`},
	{`ENDS_WITH(a, "x*")`, `a ends_with cased[x*]`},
	{`contains(a, "x")`, `a match cased[x]`},
	{`starts_with(a, b)`, `a starts_with ->b`},
	{`starts_with(to_lower(a), "x")`, `to_lower(a) starts_with cased[x]`},
	{`ends_with(a, "x") == true`, `a ends_with cased[x]`},
	{`false == ends_with(a, "x")`, `!a ends_with cased[x]`},
	{`starts_with(a, "x") != true`, `!a starts_with cased[x]`},
	{`(a == 1) == false`, `!a eq [1]`},
	{`cidr_match(a, "10.0.0.0/8", "::1/128")`, `a cidr_match [10.0.0.0/8 ::1/128]`},
	{`not cidr_match(to_ip(a), "10.0.0.0/8", b)`, `!(to_ip(a) cidr_match [10.0.0.0/8] | to_ip(a) cidr_match ->b)`},
	{`match(a, "x y", {"fuzziness": 1, "b": {"c": [1, 2]}})`, `a keyword [x y]`},
	{`match_phrase(a, "x y")`, `a keyword [x y]`},
	{`multi_match("x", a, b, {"type": "phrase"})`, `(a keyword [x] | b keyword [x])`},
	{`a : "x"`, `a keyword [x]`},
	{`a::text:7`, `a keyword [7]`},
	{`term(a, "x")`, `a eq cased[x]`},
	{`kql("a:b") and not KQL("""c:d""")`, `(a eq [b] & !c eq [d])`},
	{`kql("everything") and a == 1`, `a eq [1]`},
	{`mv_contains(a, "x") == true`, `mv_contains(a, "x") eq [true]`},
	{`count(*) > 1`, `count(*) gt [1]`},
	{`first(a, b) == 1`, `first(a, b) eq [1]`},
	// casts
	{`a::string == "x"`, `a eq cased[x]`},
	{`a::INT == 1`, `a::INT eq [1]`},
	{`a == "1"::int`, `a eq ->"1"::int`},
	{`a::boolean`, `a::boolean eq [true]`},
	{`-a::int == 1`, `-a::int eq [1]`},
	// conditions without an operator
	{`a`, `a eq [true]`},
	{`not a.b`, `!a.b eq [true]`},
	{`true`, ``},
	{`true and a == 1`, `a eq [1]`},
	{`false`, `()`},
	// names
	{"`x y` == 1", `x y eq [1]`},
	{"`x`.`y-z`.b == 1", `x.y-z.b eq [1]`},
	{"`a``b` == 1", "a`b eq [1]"},
	{"x.`1` == 1", `x.1 eq [1]`},
	{`_id == "1" and @x == 1`, `(_id eq cased[1] & @x eq [1])`},
	{`from == 1 and stats == 2 and source.as.number == 3`, `(from eq [1] & stats eq [2] & source.as.number eq [3])`},
	{`x . y == 1`, `x.y eq [1]`},
	// strings
	{`a == "\t\n\r\"\\"`, "a eq cased[\t\n\r\"\\]"},
	{`a == """x\y"z"""`, `a eq cased[x\y"z]`},
	{`a == """x"""""`, `a eq cased[x""]`},
	{`a == """"x"""`, `a eq cased["x]`},
	{`a == ""`, `a eq cased[]`},
	{`a == """"""`, `a eq cased[]`},
	{`a == "// | /*"`, `a eq cased[// | /*]`},
	// comments
	{"a == 1 // or b | c\n and /* x */ b == 2", `(a eq [1] & b eq [2])`},
	{`a == /* x /* y */ | */ 1`, `a eq [1]`},
	{`a /* x /* y */ == 1`, `a eq [1]`},
}

func TestConditions(t *testing.T) {
	for _, tt := range conditions {
		checkQuery(t, "FROM i | WHERE "+tt.cond, tt.want)
	}
}

func checkQuery(t *testing.T, query, want string) {
	t.Helper()
	r, errs := Read(query, kql)
	if len(errs) > 0 {
		t.Errorf("%q: %v", query, errs)
		return
	}
	if got := showAll(r); got != want {
		t.Errorf("%q\n got %s\nwant %s", query, got, want)
	}
	q, _ := Parse(query)
	checkRoundTrip(t, q)
}

// pipelines are whole queries.
var pipelines = []struct{ query, want string }{
	{`FROM i`, ``},
	{`row x = 1, y`, ``},
	{`SHOW INFO`, ``},
	{`FROM i | WHERE a == 1 | WHERE b == 2 and c == 3`, `(a eq [1] & b eq [2] & c eq [3])`},
	// STATS leaves its columns and its keys
	{`FROM i | WHERE a == 1 | STATS n = COUNT(*) BY b | WHERE n > 5 and b == "x"`, `(a eq [1] & b eq cased[x]); n gt [5] {n}`},
	{`FROM i | STATS n = COUNT(*) BY u = user.name | WHERE n > 5 and u == "x"`, `; (n gt [5] & u eq cased[x]) {n u}`},
	{`FROM i | STATS n = COUNT(*) BY d = DATE_TRUNC(1 hour, @timestamp) | WHERE d > 5`, `; d gt [5] {d}`},
	{`FROM i | STATS BY a | WHERE a == 1`, `a eq [1]`},
	{`FROM i | STATS n = COUNT(*) | WHERE a == 1`, `; a eq [1] {a}`},
	{"FROM i | STATS COUNT(*) BY a | WHERE `COUNT(*)` > 5", `; COUNT(*) gt [5] {COUNT(*)}`},
	{`FROM i | STATS n = COUNT(*) WHERE a == 1, m = SUM(b) BY c | WHERE n > m`, `; n gt ->m {n m}`},
	{`FROM i | INLINE STATS n = COUNT(*) BY c | WHERE n > 1 and a == 1`, `a eq [1]; n gt [1] {n}`},
	{`FROM i | inlinestats n = COUNT(*) | WHERE n > 1 and a == 1`, `a eq [1]; n gt [1] {n}`},
	// an and is split, another mixture is not
	{`FROM i | EVAL n = length(a) | WHERE n > 1 and (b == 1 and n < 5)`, `b eq [1]; (n gt [1] & n lt [5]) {n}`},
	{`FROM i | EVAL n = length(a) | WHERE n > 1 or b == 1`, `; (n gt [1] | b eq [1]) {n}`},
	{`FROM i | EVAL n = length(a) | WHERE not (n > 1 and b == 1)`, `; !(n gt [1] & b eq [1]) {n}`},
	{`FROM i | EVAL n = length(a) | WHERE b > n + c`, `; b gt ->n + c {n}`},
	{`FROM i | EVAL n = length(a) | WHERE b in (1, n)`, `; (b eq [1] | b eq ->n) {n}`},
	{`FROM i | EVAL n = length(a), m = n + 1 | WHERE m > n`, `; m gt ->n {m n}`},
	{"FROM i | EVAL a + 1 | WHERE `a + 1` > 2", `; a + 1 gt [2] {a + 1}`},
	{`FROM i | EVAL a = replace(a, "x", "y") | WHERE a == "z"`, `; a eq cased[z] {a}`},
	// fields under other names
	{`FROM i | EVAL x = a | WHERE x == 1`, `; x eq [1] {x}`},
	{`FROM i | EVAL x = a, a = length(a) | WHERE x == 1 and a == 2`, `; (x eq [1] & a eq [2]) {x a}`},
	{`FROM i | EVAL x = to_lower(a) | WHERE x == "y" and x is not null`, `; (x eq cased[y] & x is_not_null) {x}`},
	{`FROM i | RENAME a AS b | EVAL x = TO_UPPER(b) | WHERE x == "Y"`, `; x eq cased[Y] {x}`},
	{`FROM i | EVAL x = a::keyword | WHERE x == "y"`, `; x eq cased[y] {x}`},
	{`FROM i | RENAME a AS x, y = b | WHERE x == 1 and y == 2`, `; (x eq [1] & y eq [2]) {x y}`},
	{`FROM i | EVAL n = length(a) | RENAME n AS m | STATS c = COUNT(*) BY m | WHERE m > 1`, `; m gt [1] {m}`},
	{`FROM i | EVAL x = a | STATS n = COUNT(*) BY x | WHERE x == 1`, `; x eq [1] {x}`},
	{`FROM i | EVAL x = a | WHERE b == x and length(x) > 1`, `; (b eq ->x & length(x) gt [1]) {x}`},
	// flags
	{`FROM i | EVAL f = a like "x*" | WHERE f`, `; f eq [true] {f}`},
	{`FROM i | EVAL f = a == 1 and b == 2 | WHERE not f`, `; !f eq [true] {f}`},
	{`FROM i | EVAL f = a == 1 | WHERE f == false`, `; f eq [false] {f}`},
	{`FROM i | EVAL f = case(a == 1, "yes", "no") | WHERE f == "yes"`, `; f eq cased[yes] {f}`},
	{`FROM i | EVAL f = case(a == 1, 1, 0) | WHERE f != 1`, `; f ne [1] {f}`},
	{`FROM i | EVAL f = case(a == 1, 1, 0) | WHERE f != 0`, `; f ne [0] {f}`},
	{`FROM i | EVAL f = case(a == 1, 1) | WHERE f == 1`, `; f eq [1] {f}`},
	{`FROM i | EVAL f = case(a == 1, 1) | WHERE f != 1`, `; f ne [1] {f}`},
	{`FROM i | EVAL f = case(a == 1, 1, 0) | WHERE f > 0`, `; f gt [0] {f}`},
	{`FROM i | EVAL f = case(a == 1, 1, b == 2, 2, 0) | WHERE f == 1`, `; f eq [1] {f}`},
	{`FROM i | EVAL f = case(a == 1, b, 0) | WHERE f == 1`, `; f eq [1] {f}`},
	{`FROM i | EVAL n = length(a), f = n > 1 | WHERE f`, `; f eq [true] {f}`},
	{`FROM i | EVAL f = mv_contains(a, "x") | WHERE f`, `; f eq [true] {f}`},
	{`FROM i | EVAL f = a == 1 | STATS n = MAX(f) BY b | WHERE n`, `; n eq [true] {n}`},
	// columns out of text
	{
		`FROM i | GROK m "%{IP:ip} %{NUMBER:n:int} (?<w>x+) (?<!no) %{DATA} %{WORD:a.b}" | WHERE ip == "x" and n > 1 and w == "x" and no == 1 and a.b == 1`,
		`no eq [1]; (ip eq cased[x] & n gt [1] & w eq cased[x] & a.b eq [1]) {ip n w a.b}`,
	},
	{`FROM i | GROK m "%{A:a}", "%{B:b}" | WHERE a == b`, `; a eq ->b {a b}`},
	{
		`FROM i | DISSECT m "%{a} %{?b} %{+c/2} %{d->} %{}" APPEND_SEPARATOR="," | WHERE a == 1 and b == 1 and c == 1 and d == 1`,
		`b eq [1]; (a eq [1] & c eq [1] & d eq [1]) {a c d}`,
	},
	// other commands
	{`FROM i | KEEP a, b*, *.c, @x | DROP d | SORT a DESC NULLS LAST, b | LIMIT 10 | MV_EXPAND a | WHERE a == 1`, `a eq [1]`},
	{`FROM i | ENRICH p ON a WITH x = b, c | WHERE x == 1 and c == 1 and d == 1`, `d eq [1]; (x eq [1] & c eq [1]) {x c}`},
	{`FROM i | ENRICH _any:p-1 | WHERE a == 1`, `a eq [1]`},
	{`FROM i | LOOKUP JOIN look-up ON a, b == c | WHERE x == 1`, `x eq [1]`},
	{`FROM i | STATS n = COUNT(*) BY a | LOOKUP JOIN l ON a | WHERE x == 1`, `; x eq [1] {x}`},
	{`FROM i | COMPLETION r = p WITH {"inference_id": "m"} | WHERE r == "x"`, `; r eq cased[x] {r}`},
	{`FROM i | COMPLETION CONCAT("x", p) WITH {"inference_id": "m"} | WHERE completion == "x"`, `; completion eq cased[x] {completion}`},
	{`FROM i | RERANK s = "q" ON a, b = c WITH {"inference_id": "m"} | WHERE s > 1`, `; s gt [1] {s}`},
	{`FROM i METADATA _score | WHERE _score > 1 and a == 1`, `a eq [1]; _score gt [1] {_score}`},
	{`FROM i | CHANGE_POINT v ON t AS k, p | WHERE k == "dip" and p < 1`, `; (k eq cased[dip] & p lt [1]) {k p}`},
	{`FROM i | CHANGE_POINT v | WHERE type == "dip"`, `; type eq cased[dip] {type}`},
	{`FROM i | URI_PARTS u = url | WHERE u.domain == "x" and url == "y"`, `url eq cased[y]; u.domain eq cased[x] {u.domain}`},
	{`FROM i | USER_AGENT ua = a WITH {"x": true} | WHERE ua.os.name == "x"`, `; ua.os.name eq cased[x] {ua.os.name}`},
	{`FROM i | SAMPLE 0.1 | LIMIT 5 BY a | WHERE a == 1`, `a eq [1]`},
	{`TS i | METRICS_INFO | WHERE metric_name == "x"`, `; metric_name eq cased[x] {metric_name}`},
	{`ROW a = 1 | WHERE a == 1`, `; a eq [1] {a}`},
	{`SET x = 1; SET y = {"a": "b"}; FROM i | WHERE a == 1`, `a eq [1]`},
	{`EXPLAIN (FROM i | WHERE a == 1)`, `a eq [1]`},
	// ways
	{
		`FROM i | WHERE a == 1 | FORK (WHERE b == 2) (WHERE c == 3 | STATS n = COUNT(*) | WHERE n > 1) | WHERE _fork == "fork1"`,
		`fork1: (a eq [1] & b eq [2]); _fork eq cased[fork1] {_fork} || fork2: (a eq [1] & c eq [3]); (n gt [1] & _fork eq cased[fork1]) {n _fork}`,
	},
	{
		`FROM i | FORK (WHERE a == 1) (LIMIT 1) | FUSE rrf SCORE BY _score KEY BY _id, _index GROUP BY _fork WITH {"k": 1} | WHERE _score > 1`,
		`fork1: a eq [1]; _score gt [1] {_score} || fork2: ; _score gt [1] {_score}`,
	},
	{`FROM (FROM a | WHERE x == 1), b, c* | WHERE y == 2`, `<a>: (x eq [1] & y eq [2]) || <b, c*>: y eq [2]`},
	{`FROM (FROM a | WHERE x == 1)`, `<a>: x eq [1]`},
}

func TestPipelines(t *testing.T) {
	for _, tt := range pipelines {
		checkQuery(t, tt.query, tt.want)
	}
}

func TestIndex(t *testing.T) {
	for query, want := range map[string]string{
		`FROM a`:                           `a`,
		`from a-*, -b, "c d" METADATA _id`: `a-* -b c d`,
		`FROM a, b [METADATA _id, _index]`: `a b`,
		`FROM remote:a, *:b, x::failures`:  `remote:a *:b x::failures`,
		`FROM <logs-{now/d}>`:              `<logs-{now/d}>`,
		`TS metrics // c`:                  `metrics`,
		`FROM a/*c*/,b`:                    `a b`,
		`FROM (FROM a), b`:                 `a b`,
		`FROM .alerts-security.*`:          `.alerts-security.*`,
		`ROW a = 1`:                        ``,
	} {
		r, errs := Read(query, nil)
		if got := strings.Join(r.Index, " "); got != want || len(errs) > 0 {
			t.Errorf("%q reads %q, want %q (%v)", query, got, want, errs)
		}
		q, _ := Parse(query)
		checkRoundTrip(t, q)
	}
}

var mistakes = []struct{ query, code, at, msg string }{
	{``, `esql/empty-query`, ``, `expected FROM`},
	{` // x`, `esql/empty-query`, ``, `expected FROM`},
	{`FROM`, `esql/unexpected-end`, ``, `expected an index`},
	{`FROM i |`, `esql/empty-stage`, ``, `expected a command`},
	{`FROM i || LIMIT 1`, `esql/empty-stage`, ``, `expected a command`},
	{`WHERE a == 1`, `esql/command-order`, `WHERE`, `expected FROM`},
	{`FROM i | FROM j`, `esql/command-order`, `FROM`, `expected a processing command`},
	{`FROM i | FOO x`, `esql/unknown-command`, `FOO`, `unknown command`},
	{`FROM i WHERE a == 1`, `esql/unexpected-token`, `WHERE`, `in FROM, expected`},
	{`FROM i | WHERE a = 1`, `esql/unexpected-token`, `=`, `a comparison is ==`},
	{`FROM i | WHERE a =~ "x"`, `esql/unexpected-token`, `=~`, `a comparison is ==`},
	{`FROM i | WHERE a <> 1`, `esql/unexpected-token`, `<>`, `the operator is !=`},
	{`FROM i | WHERE a == 1 == 2`, `esql/unexpected-token`, `==`, `expected | or the end`},
	{`FROM i | WHERE a BETWEEN 1 AND 2`, `esql/unexpected-token`, `BETWEEN`, `expected | or the end`},
	{`FROM i | WHERE a in ()`, `esql/unexpected-token`, `)`, `expected a value`},
	{`FROM i | WHERE a in (1,)`, `esql/unexpected-token`, `)`, `expected a value`},
	{`FROM i | WHERE a in 1`, `esql/unexpected-token`, `1`, `expected (`},
	{`FROM i | WHERE a not == 1`, `esql/unexpected-token`, `==`, `expected IN, LIKE or RLIKE`},
	{`FROM i | WHERE a like b`, `esql/unexpected-token`, `b`, `expected a pattern`},
	{`FROM i | WHERE a is 1`, `esql/unexpected-token`, `1`, `expected NULL`},
	{`FROM i | WHERE a == 1 AND`, `esql/unexpected-end`, ``, `expected a value`},
	{`FROM i | WHERE (a == 1`, `esql/unexpected-end`, ``, `expected )`},
	{`FROM i | WHERE a == 1)`, `esql/unexpected-token`, `)`, `expected | or the end`},
	{`FROM i | WHERE x.1 == 1`, `esql/unexpected-token`, `.1`, `expected | or the end`},
	{`FROM i | WHERE x.and == 1`, `esql/unexpected-token`, `and`, `expected a name`},
	{`FROM i | WHERE like == 1`, `esql/unexpected-token`, `like`, `expected a value`},
	{`FROM i | WHERE length(a) : "x"`, `esql/unexpected-token`, `:`, `to be a name`},
	{`FROM i | WHERE a : b`, `esql/unexpected-token`, `b`, `expected a value`},
	{`FROM i | WHERE a == 'x'`, `esql/character`, `'`, `double quotes`},
	{`FROM i | WHERE a == é`, `esql/character`, `é`, `unexpected character`},
	{"FROM i | WHERE a == \x00", `esql/character`, "\x00", `unexpected character ␀`},
	{"FROM i | WHERE a == \xff", `esql/character`, "\xff", `<U+DCFF>`},
	{`FROM i | WHERE _ == 1`, `esql/character`, `_`, `a name needs more`},
	{`FROM i | WHERE a == "x\.y"`, `esql/escape`, `\.`, `unexpected escape`},
	{`FROM i | WHERE a == "\u0041" | LIMIT 1`, `esql/escape`, `\u`, `unexpected escape`},
	{"FROM i | WHERE a == \"x\n| LIMIT 1", `esql/unclosed-string`, `"x`, `not closed`},
	{"FROM i | WHERE a == \"\"\"x\n\"\"\"", `esql/unclosed-string`, `"x`, `not closed`},
	{"FROM i | WHERE `a == 1\n| LIMIT 1", `esql/unclosed-name`, "`a == 1", `not closed`},
	{"FROM i | KEEP `a\n| LIMIT 1", `esql/unclosed-name`, "`a", `not closed`},
	{"FROM i | WHERE `` == 1", `esql/unclosed-name`, "``", `empty`},
	{`FROM i | WHERE a == 1 /* | LIMIT 1`, `esql/unclosed-comment`, `/* | LIMIT 1`, `not closed`},
	{`FROM i | EVAL`, `esql/unexpected-end`, ``, `unexpected end of EVAL`},
	{`FROM i | EVAL x =`, `esql/unexpected-end`, ``, `unexpected end of EVAL`},
	{`FROM i | KEEP a b`, `esql/unexpected-token`, `b`, `in KEEP`},
	{`FROM i | RENAME a b`, `esql/unexpected-token`, `b`, `expected AS`},
	{`FROM i | LIMIT x`, `esql/unexpected-token`, `x`, `expected a value`},
	{`FROM i | GROK a b`, `esql/unexpected-token`, `b`, `expected a pattern`},
	{`FROM i | INLINE x`, `esql/unexpected-token`, `x`, `expected STATS`},
	{`FROM i | LOOKUP JOIN b`, `esql/unexpected-end`, ``, `expected ON`},
	{`FROM i | FORK (WHERE a == 1) (WHERE b`, `esql/unclosed-bracket`, `(`, `not closed`},
	{`FROM i | FORK x`, `esql/unexpected-token`, `x`, `expected (`},
	{`FROM (FROM a | WHERE), b`, `esql/unexpected-end`, ``, `unexpected end of WHERE`},
	{`SET x = "1" FROM i`, `esql/unexpected-token`, `FROM`, `the end of SET`},
	{`FROM i | COMPLETION p WITH x`, `esql/unexpected-token`, `x`, `expected {`},
	{`FROM i | WHERE f(a, {"x": 1,})`, `esql/unexpected-token`, `}`, `a key in quotes`},
	{`FROM i | WHERE kql("a ! b")`, `kql/test`, `!`, `no !`},
	{`FROM i | WHERE kql("\"a\" \\ ! b")`, `kql/test`, `!`, `no !`},
	{`FROM i | WHERE kql("""a\ ! b""")`, `kql/test`, `!`, `no !`},
	{`FROM i | WHERE mv_contains(a, "x")`, `unsupported/esql-function`, `mv_contains(a, "x")`, `mv_contains()`},
	{`FROM i | WHERE qstr("a:b")`, `unsupported/esql-function`, `qstr("a:b")`, `qstr()`},
	{`FROM i | WHERE a in (FROM b | KEEP c)`, `unsupported/esql-subquery`, `a in (FROM b | KEEP c)`, `IN has a query`},
	{`FROM i | WHERE a + 1`, `unsupported/esql-expression`, `a + 1`, `not a condition`},
	{`PROMQL index=i sum(rate(x{a="|"}[5m])) | WHERE value > 1`, `unsupported/esql-promql`, `PROMQL index=i sum(rate(x{a="|"}[5m]))`, `not read`},
	{`FROM i | WHERE ` + strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000), `esql/too-deep`, `(`, `500`},
	{`FROM i | WHERE ` + strings.Repeat("not ", 10_000) + "a", `esql/too-deep`, `not`, `500`},
	{`FROM i | WHERE a` + strings.Repeat(".b", 10_000) + ` == 1`, `esql/long-name`, `a` + strings.Repeat(".b", 512), `1024`},
	{`FROM i | WHERE a > 1` + strings.Repeat("+1", 10_000), `esql/too-deep`, `+`, `500`},
	{`FROM i | WHERE a > 1` + strings.Repeat("::int", 10_000), `esql/too-deep`, `int`, `500`},
	{`FROM i | WHERE f(` + strings.Repeat("f(", 10_000), `esql/too-deep`, `f`, `500`},
	{`FROM i | WHERE a in (1` + strings.Repeat(",1", scan.MaxNodes) + `)`, `esql/too-large`, `1`, `100000`},
	{`FROM i` + strings.Repeat("|LIMIT 1", maxStages), `esql/too-large`, `LIMIT 1`, `stages`},
	{strings.Repeat(" ", scan.MaxText+1), `esql/too-long`, ``, `bytes`},
}

func TestMistakes(t *testing.T) {
	for _, tt := range mistakes {
		r, errs := Read(tt.query, kql)
		if len(errs) == 0 {
			t.Errorf("%.60q: no error, want %s", tt.query, tt.code)
			continue
		}
		e := errs[0]
		at := tt.query[e.Span.Start:e.Span.End]
		if e.Code != tt.code || at != tt.at || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("%.60q: %s at %q: %s; want %s at %q: %s", tt.query, e.Code, at, e.Msg, tt.code, tt.at, tt.msg)
		}
		if len(errs) > 1 {
			t.Errorf("%.60q: more errors: %v", tt.query, errs[1:])
		}
		opaque := false
		for _, p := range r.Parts {
			opaque = opaque || scan.HasOpaque(p.Where) || scan.HasOpaque(p.Having)
		}
		if !opaque && tt.code != "esql/command-order" && !strings.HasPrefix(tt.query, "SET") {
			t.Errorf("%.60q: nothing is opaque", tt.query)
		}
	}
}

// A mistake costs one stage.
func TestMistakeKeepsTheRest(t *testing.T) {
	for query, want := range map[string]string{
		`FROM i | WHERE a == | WHERE b == 2`:                         `(opaque[WHERE a ==] & b eq [2])`,
		`FROM i | WHERE (a == 1 | WHERE b == 2`:                      `(opaque[WHERE (a == 1] & b eq [2])`,
		`FROM i | WHERE f([{(a | WHERE b == 2`:                       `(opaque[WHERE f([{(a] & b eq [2])`,
		"FROM i | WHERE a == \"x\n| WHERE b == 2":                    "(opaque[WHERE a == \"x] & b eq [2])",
		`FROM i | EVAL n = length(a, x = | WHERE b == 2 and n > 1`:   `(opaque[EVAL n = length(a, x =] & b eq [2]); n gt [1] {n}`,
		`FROM i | STATS n = COUNT(*) | WHERE n > | WHERE n < 5`:      `; (opaque[WHERE n >] & n lt [5]) {n}`,
		`FROM | WHERE b == 2`:                                        `(opaque[FROM] & b eq [2])`,
		`FROM i | WHERE a == 1 and mv_contains(b, "x") or c == 2`:    `((a eq [1] & opaque[mv_contains(b, "x")]) | c eq [2])`,
		`FROM i | EVAL n = 1 | WHERE mv_contains(n, "x") and c == 2`: `c eq [2]; opaque[mv_contains(n, "x")] {n}`,
		`FROM i | FORK (WHERE a ==) (WHERE b == 2)`:                  `fork1: opaque[WHERE a ==] || fork2: b eq [2]`,
		`FROM i || WHERE b == 2`:                                     `(opaque[|] & b eq [2])`,
		`FROM i | WHERE kql("!") and b == 2`:                         `(opaque[!] & b eq [2])`,
		`FROM i | WHERE starts_with(a, "x") and starts_with(a)`:      `(a starts_with cased[x] & opaque[starts_with(a)])`,
		"FROM i | WHERE a == 1 ; | WHERE b == 2":                     `(opaque[WHERE a == 1 ;] & b eq [2])`,
		`SET x = ; FROM i | WHERE b == 2`:                            `b eq [2]`,
		`FROM i | WHERE a == "10\." and c == 1 | WHERE b == 2`:       `(opaque[WHERE a == "10\." and c == 1] & b eq [2])`,
	} {
		r, errs := Read(query, kql)
		if got := showAll(r); got != want || len(errs) != 1 {
			t.Errorf("%q\n got %s\nwant %s (errors %v)", query, got, want, errs)
		}
	}
}

// Without a reader of KQL its text is opaque, not lost.
func TestNoKQL(t *testing.T) {
	r, errs := Read(`FROM i | WHERE kql("a:b") and c == 1`, nil)
	if got, want := showAll(r), `(opaque[kql("a:b")] & c eq [1])`; got != want || len(errs) != 1 || errs[0].Code != "unsupported/esql-function" {
		t.Errorf("%s, want %s (%v)", got, want, errs)
	}
}

func TestLeafMembers(t *testing.T) {
	for cond, want := range map[string]record.Expr{
		`a NOT in ("x")`:             {Not: &record.Expr{Field: "a", Op: "eq", Values: []string{"x"}, Cased: true, As: "in"}},
		`A Like "x*"`:                {Field: "A", Op: "starts_with", Values: []string{"x"}, Cased: true, As: "Like"},
		`a is null`:                  {Field: "a", Op: "is_null", As: "IS NULL"},
		`a > now() - 1 h`:            {Field: "a", Op: "gt", Ref: "now() - 1 h", RefExpr: true, As: ">"},
		`5 > a`:                      {Field: "a", Op: "lt", Values: []string{"5"}, As: "<"},
		`coalesce(a, b) == c`:        {Expr: "coalesce(a, b)", Fields: []string{"a", "b"}, Op: "eq", Ref: "c", As: "=="},
		`Cidr_Match(a, "1.0.0.0/8")`: {Field: "a", Op: "cidr_match", Values: []string{"1.0.0.0/8"}, As: "Cidr_Match"},
		`a : "x"`:                    {Field: "a", Op: "keyword", Values: []string{"x"}, As: ":"},
		`a`:                          {Field: "a", Op: "eq", Values: []string{"true"}},
	} {
		r, _ := Read("FROM i | WHERE "+cond, nil)
		if got := fmt.Sprintf("%+v", flat(*r.Parts[0].Where)); got != fmt.Sprintf("%+v", flat(want)) {
			t.Errorf("%s: %s, want %+v", cond, got, flat(want))
		}
	}
}

// flat makes a tree printable without pointers.
func flat(x record.Expr) []record.Expr {
	if x.Not != nil {
		return append([]record.Expr{{Op: "not"}}, flat(*x.Not)...)
	}
	return []record.Expr{x}
}

// Flags of flags, and forks of forks, must not grow without bound.
func TestGrowthIsBounded(t *testing.T) {
	q := "FROM i | EVAL f0 = a == 1 or b == 2"
	for i := range 40 {
		q += fmt.Sprintf(", f%d = f%d and (f%d or x == 1)", i+1, i, i)
	}
	r, _ := Read(q+" | WHERE f40", nil)
	if n := size(r); n > scan.MaxNodes {
		t.Errorf("flags make %d nodes", n)
	}
	q = "FROM i" + strings.Repeat(" | FORK (WHERE a == 1) (WHERE b == 2) (WHERE c == 3)", 50)
	r, errs := Read(q, nil)
	if len(r.Parts) > maxParts || !slices.ContainsFunc(errs, func(e span.Error) bool { return e.Code == "esql/too-many-branches" }) {
		t.Errorf("forks make %d parts (%v)", len(r.Parts), errs)
	}
	q = "FROM i | FORK" + strings.Repeat(" (LIMIT 1)", 60) + " | WHERE a in (1" + strings.Repeat(",1", 5000) + ")"
	r, errs = Read(q, nil)
	if n := size(r); n > 2*scan.MaxNodes || len(errs) == 0 || errs[0].Code != "esql/too-large" {
		t.Errorf("branches make %d nodes (%v)", n, errs)
	}
}

func size(r Rule) int {
	n := 0
	for _, p := range r.Parts {
		for _, x := range []*record.Expr{p.Where, p.Having} {
			if x != nil {
				n += scan.Count(x) + values(*x)
			}
		}
	}
	return n
}

func values(x record.Expr) int {
	n := len(x.Values)
	for _, y := range append(x.And, x.Or...) {
		n += values(y)
	}
	return n
}

// checkRoundTrip prints the query, reads it again and compares.
func checkRoundTrip(t *testing.T, q Query) {
	t.Helper()
	again, errs := Parse(q.String())
	if len(errs) > 0 || again.String() != q.String() {
		t.Errorf("%q prints as %q, which reads as %q (%v)", q.Text, q.String(), again.String(), errs)
	}
}

func FuzzRead(f *testing.F) {
	for _, tt := range conditions {
		f.Add("FROM i | WHERE " + tt.cond)
	}
	for _, tt := range pipelines {
		f.Add(tt.query)
	}
	for _, tt := range mistakes {
		if len(tt.query) < 1000 {
			f.Add(tt.query)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, errs := Parse(text)
		r, more := Lower(q, kql)
		if len(r.Parts) == 0 {
			t.Fatal("no part: lowering must be total")
		}
		querytest.Inside(t, slices.Concat(errs, more), text)
		if len(errs) == 0 {
			checkRoundTrip(t, q)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	q := `FROM logs-windows.sysmon_operational-*, winlogbeat-* METADATA _id, _version, _index
// only what was started by hand
| WHERE event.category == "process" AND event.type == "start" AND process.name IN ("cmd.exe", "powershell.exe", "net.exe")
  AND process.command_line LIKE "*\\\\Users\\\\*" AND NOT process.parent.executable RLIKE """C:\\Windows\\.*\.exe"""
| EVAL Esql.length = LENGTH(process.command_line), Esql.lower = TO_LOWER(process.name)
| WHERE Esql.length > 100 AND Esql.lower != "x" AND (user.id IS NOT NULL OR CIDR_MATCH(source.ip, "10.0.0.0/8", "::1/128"))
| STATS Esql.count = COUNT(*), Esql.hosts = COUNT_DISTINCT(host.id) BY user.name
| WHERE Esql.count >= 5 AND Esql.hosts > 1
| KEEP user.name, Esql.*
| SORT Esql.count DESC
`
	b.SetBytes(int64(len(q)))
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := Read(q, kql); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}
