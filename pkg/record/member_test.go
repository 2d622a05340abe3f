package record

import "testing"

func TestSplice(t *testing.T) {
	tests := []struct {
		line, extra string
		names       []string
		want        string
	}{
		{`{"type":"rule","v":1}`, `{"events":[1]}`, nil, `{"type":"rule","v":1,"events":[1]}`},
		{`{"type":"rule","own":{"a": "}\""} }`, `{"events":[]}`, []string{"events"}, `{"type":"rule","own":{"a": "}\""},"events":[]}`},
		{`{"type":"rule","events":[{"x":"]"}],"zzz":1.50}`, `{"events":[2]}`, []string{"events"}, `{"type":"rule","zzz":1.50,"events":[2]}`},
		{`{"type":"rule","title":"events"}`, `{"events":[2]}`, []string{"events"}, `{"type":"rule","title":"events","events":[2]}`},
		{`{"type":"rule"}`, `{}`, []string{"events"}, `{"type":"rule"}`},
		{`{ "type": "rule" , "zzz" : 1 }`, `{"events":[2]}`, []string{"events"}, `{ "type": "rule" , "zzz" : 1,"events":[2]}`},
		{`{ "type": "rule" , "zzz" : 1,"events":[2]}`, `{"events":[2]}`, []string{"events"}, `{ "type": "rule" , "zzz" : 1,"events":[2]}`},
		{`{"events":[1], "type": "rule"}`, `{"events":[2]}`, []string{"events"}, `{"type": "rule","events":[2]}`},
		{`{"events":[1]}`, `{"events":[2]}`, []string{"events"}, `{"events":[2]}`},
		{`{}`, `{"a":1}`, nil, `{"a":1}`},
	}
	for _, tt := range tests {
		got, err := Splice(nil, []byte(tt.line), []byte(tt.extra), tt.names...)
		if err != nil || string(got) != tt.want {
			t.Errorf("Splice(%s, %s, %v) = %s, %v; want %s", tt.line, tt.extra, tt.names, got, err, tt.want)
		}
	}
	for _, bad := range []string{``, `[]`, `{"a"`, `{"a":}`, `{"events":1 "b":2}`} {
		if got, err := Splice(nil, []byte(bad), []byte(`{"b":1}`), "events"); err == nil && bad != `{"a":}` {
			t.Errorf("Splice(%s) = %s, want an error", bad, got)
		}
	}
}

func TestTrueAndFalseSurvive(t *testing.T) {
	const in = `{"type":"rule","v":1,"parts":[{"where":{"and":[]}},{"where":{"or":[{"not":{"or":[]}},{"field":"F","op":"eq","values":[""]}]}}]}` + "\n"
	var r Rule
	if err := Decode([]byte(in), &r); err != nil {
		t.Fatal(err)
	}
	got, err := Append(nil, &r)
	if err != nil || string(got) != in {
		t.Errorf("round trip:\n got %s want %s (%v)", got, in, err)
	}
}

func TestCountsKeepOrder(t *testing.T) {
	const in = `{"type":"technique","v":1,"id":"T1","rules":3,"vendors":{"sigma":2,"elastic":1,"a\"b":7}}` + "\n"
	var r Technique
	if err := Decode([]byte(in), &r); err != nil {
		t.Fatal(err)
	}
	got, err := Append(nil, &r)
	if err != nil || string(got) != in {
		t.Errorf("round trip:\n got %s want %s (%v)", got, in, err)
	}
}
