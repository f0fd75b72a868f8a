package listing

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

// An event without a process says so, and is of no process.
func TestNoProcess(t *testing.T) {
	r := &row{kind: "event", pid: noID, tid: noID, name: "x", source: "a.etl"}
	for format, want := range map[string]string{"text": "     -:-    ", "ndjson": `"pid":null,"tid":null,`, "csv": ",0,,,x,"} {
		var b strings.Builder
		buffer := bufio.NewWriter(&b)
		w := NewWriter(format, buffer, false)
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

// The time of a row is UTC, or that of the zone asked for with its offset.
func TestZone(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	at := time.Date(2026, 3, 10, 9, 2, 40, 107979300, time.UTC)
	for want, r := range map[string]row{
		"2026-03-10T09:02:40.1079793Z": {at: at}, "2026-03-10T10:02:40.1079793+01:00": {at: at, zone: berlin},
		"": {zone: berlin},
	} {
		if got := r.time(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A message has a place in each format, on one line, and none where it is not asked for.
func TestMessageInRows(t *testing.T) {
	r := &row{kind: "event", name: "x", source: "a.etl", message: "=two\nlines \x00"}
	for format, want := range map[string]string{
		"text": ` message==two\nlines \u{00}`, "ndjson": `"fields":{},"message":"=two\nlines \u0000"}`, "csv": `{},'=two\u{0A}lines`,
	} {
		for _, asked := range []bool{true, false} {
			var b strings.Builder
			buffer := bufio.NewWriter(&b)
			shown := *r
			if !asked {
				shown.message = ""
			}
			NewWriter(format, buffer, asked).row(&shown)
			buffer.Flush()
			if strings.Contains(b.String(), want) != asked || !asked && strings.Contains(b.String(), "message") {
				t.Errorf("%s, asked %v: %q has %q", format, asked, b.String(), want)
			}
		}
	}
}
