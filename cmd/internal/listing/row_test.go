package listing

import (
	"bufio"
	"strings"
	"testing"
)

// An event without a process says so, and is of no process.
func TestNoProcess(t *testing.T) {
	r := &row{kind: "event", pid: noID, tid: noID, name: "x", source: "a.etl"}
	for format, want := range map[string]string{"text": "     -:-    ", "ndjson": `"pid":null,"tid":null,`, "csv": ",0,,,x,"} {
		var b strings.Builder
		buffer := bufio.NewWriter(&b)
		w := NewWriter(format, buffer)
		w.row(r)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		buffer.Flush()
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: %q has no %q", format, b.String(), want)
		}
	}
	if r.header("PID") != nil || r.header("TID") != nil {
		t.Error("a filter finds a process")
	}
}
