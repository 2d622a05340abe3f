package normalize

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// benchFile may name a stream of real rule records to measure with.
const benchFile = "RULEPIPE_BENCH_RULES"

// benchStream returns a stream of about 8 MB of rule records, in size and
// shape like the public ones: some 2 KB each, half of it text for people.
func benchStream(b *testing.B) []byte {
	b.Helper()
	if name := os.Getenv(benchFile); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		return data
	}
	const rule = `{"type":"rule","v":1,"vendor":"sigma","path":"rules/windows/process_creation/r%d.yml","line":1,"id":"00000000-0000-4000-8000-%012d",` +
		`"title":"Remote Copy With A Command Line Tool","status":"test","level":"medium","description":"%s","author":["Somebody"],"date":"2026-01-02",` +
		`"references":["https://example.org/%d","https://example.org/b"],"falsepositives":["Administrators"],"tags":["attack.lateral-movement","attack.t1021.002"],` +
		`"techniques":["T1021.002","T1562.001"],"tactics":["TA0008"],"logsource":{"product":"windows","category":"process_creation"},"kind":"match","language":"sigma",` +
		`"query":"%s","parts":[{"where":{"and":[{"or":[{"field":"Image","op":"ends_with","values":["\\\\a%d.exe","\\\\b.exe"],"as":"endswith"},{"field":"OriginalFileName","op":"eq","values":["a.exe","b.exe"]}]},` +
		`{"field":"CommandLine","op":"match","values":[" copy "," \\\\\\\\","C$"],"all":true,"as":"contains|all"},{"not":{"or":[{"field":"ParentImage","op":"starts_with","values":["C:\\\\Program Files\\\\"],"as":"startswith"},` +
		`{"field":"User","op":"match","values":["AUTHORI","AUTORI"],"as":"contains"}]}}]}}],"coverage":"full"}` + "\n"
	text := strings.Repeat("It says what the rule is about. ", 8)
	query := strings.Repeat("selection: Image|endswith: a.exe\\n", 14)
	var out bytes.Buffer
	for i := 0; out.Len() < 8<<20; i++ {
		fmt.Fprintf(&out, rule, i, i, text, i, query, i)
	}
	return out.Bytes()
}

func BenchmarkTransform(b *testing.B) {
	data := benchStream(b)
	for _, jobs := range []int{1, 2} {
		b.Run(map[int]string{1: "one", 2: "two"}[jobs], func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				edit := func() record.Edit { return NewEdit("-", new(Stats), Tables{}) }
				err := record.Transform(bytes.NewReader(data), io.Discard, jobs, edit, func(record.Note) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
