package document

import (
	"fmt"
	"strings"
	"testing"
)

func TestConf(t *testing.T) {
	tests := []struct{ name, text, want, errs string }{
		{"stanzas", "[a]\nx = 1\n y=2\n\n[b - c/d (2)]\nz =\n", "{a:{x:1,y:2},b - c/d (2):{z:}}", ""},
		{"brackets in a name", "[ESCU - x [y] z - Rule] \na = 1\n", "{ESCU - x [y] z - Rule:{a:1}}", ""},
		{"comments", "# a = 1\n  ; b = 2\n[s] # c\nd = # 3 ; 4\n", "{s:{d:# 3 ; 4}}", ""},
		{"verbatim", "[s]\na = \"x\\d\" = 'y' \\\\server  \t\n", "{s:{a:\"x\\d\" = 'y' \\\\server}}", ""},
		{"over lines", "[s]\na = x \\\n  | y\\\n# no comment \\\n[no stanza]\nb = 1\n", "{s:{a:x \n  | y\n# no comment \n[no stanza],b:1}}", ""},
		{"begins in the next line", "[s]\na = \\\nx\n", "{s:{a:\nx}}", ""},
		{"a blank behind the backslash", "[s]\na = x\\ \nb = 1\n", "{s:{a:x\\,b:1}}", ""},
		{"ends in a backslash", "[s]\na = x\\", "{s:{a:x}}", ""},
		{"BOM, CRLF", "\xef\xbb\xbf[s]\r\na = x\\\r\ny\r\nb = 1\r\n", "{s:{a:x\ny,b:1}}", ""},
		{"CR", "[s]\ra = 1\rb = 2", "{s:{a:1,b:2}}", ""},
		{"above the first stanza", "a = 1\n[s]\nb = 2\n[default]\nc = 3\n", "{default:{a:1,c:3},s:{b:2}}", ""},
		{"stanza twice", "[s]\na = 1\n[t]\nb = 1\n[s]\nc = 2\na = 3\n", "{s:{a:3,c:2},t:{b:1}}", "7:1 conf/duplicate-key"},
		{"duplicate", "[s]\na = 1\n  a = 2\n", "{s:{a:2}}", "3:3 conf/duplicate-key"},
		{"no setting", "[s]\nwhat\\\nis this\na = 1\n", "{s:{a:1}}", "2:1 conf/syntax"},
		{"unclosed", "[s\na = 1\n", "{s:{a:1}}", "1:1 conf/syntax"},
		{"latin 1", "[s]\na = \xe9\n", "bad", "2:5 conf/encoding"},
		{"empty", "", "{}", ""},
	}
	for _, tt := range tests {
		compare(t, tt.name, Conf([]byte(tt.text)), tt.want, tt.errs)
	}
}

func TestConfTooLarge(t *testing.T) {
	var b strings.Builder
	for i := range maxNodes {
		fmt.Fprintf(&b, "[%d]\na=\n", i)
	}
	f := Conf([]byte(b.String()))
	if f.Docs[0].Root != nil || len(f.Errors) != 1 || f.Errors[0].Code != "conf/too-large" {
		t.Errorf("root %v, errors %v", f.Docs[0].Root != nil, f.Errors)
	}
}

func TestConfMap(t *testing.T) {
	for _, text := range []string{
		"[s]\na = x @\n", "[s]\na=@\n", "[s]\na = x \\\n\ty \\\n@ z\n", "\xef\xbb\xbf[s]\r\na =\\\r\n é \\\r\n @\\\r\n", "[s]\na = \\\\ @ \\x\n",
	} {
		f := Conf([]byte(text))
		n := f.Docs[0].Root.Get("s").Get("a")
		m, ok := alignConf([]byte(text), n)
		if got, want := m.Offset(strings.Index(n.Text, "@")), strings.Index(text, "@"); !ok || got != want {
			t.Errorf("%q: %q maps @ to %d, want %d", text, n.Text, got, want)
		}
	}
}
