package main

import (
	"bytes"
	"strings"
	"testing"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/report/redact"
)

// A fault of ours is exit code 1; its stack is told with -v only, and a name in it is
// replaced where names are.
func TestTellFaults(t *testing.T) {
	fault := analysis.Fault{Source: "HOST01.corp.example/System.evtx", Fault: bundle.Fault{Value: "index out of range", Stack: "goroutine 7\nreader.go:12"}}
	red, err := redact.New([]byte("a key of the test"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s      settings
		stack  bool
		hidden bool
	}{
		{settings{}, false, false}, {settings{verbose: true}, true, false}, {settings{quiet: true, redactor: red}, false, true},
	} {
		var b bytes.Buffer
		if err := c.s.tellFaults(&b, []analysis.Fault{fault}); err == nil || codeOf(err) != exitFailed {
			t.Errorf("%v", err)
		}
		if text := b.String(); !strings.Contains(text, "System.evtx: index out of range\n") || strings.Contains(text, "reader.go:12") != c.stack ||
			strings.Contains(text, "corp.example") == c.hidden {
			t.Errorf("%+v: %q", c, text)
		}
	}
	var b bytes.Buffer
	if err := (&settings{}).tellFaults(&b, nil); err != nil || b.Len() > 0 {
		t.Errorf("%v, %q", err, &b)
	}
}
