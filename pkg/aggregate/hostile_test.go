package aggregate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// TestManyTechniques counts a rule of many techniques, which took minutes when
// each was looked for among the others, and one of many events.
func TestManyTechniques(t *testing.T) {
	const n = 100_000
	var attacks, events []string
	for i := range n {
		attacks = append(attacks, fmt.Sprintf(`{"id":"T%d"}`, 10_000+i))
		events = append(events, fmt.Sprintf(`{"provider":"p","id":"%d"}`, i))
	}
	line := `{"type":"rule","v":1,"vendor":"sigma","id":"r","coverage":"full","attack":[` + strings.Join(attacks, ",") + `],"events":[`
	start := time.Now()
	for _, text := range []string{line + `]}`, strings.Replace(line, `"attack":[`, `"attack":[{"id":"T1"}],"x":[`, 1) + strings.Join(events, ",") + `]}`} {
		x := New(Options{})
		if err := x.Read("a", record.Lines(strings.NewReader(text+"\n")), Sink{}); err != nil {
			t.Fatal(err)
		}
		if pages, err := x.WriteTechniques(func([]byte) error { return nil }); err != nil || pages != n && pages != 1 {
			t.Errorf("%d pages, %v", pages, err)
		}
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
}
