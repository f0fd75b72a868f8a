package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"portverdict/evtx/evtxgen"
)

// hostile is a name that tries each way out: markup, quotes, the terminal, the
// direction of writing, a C1 control, a tag character.
const hostile = "evil</script><img src=x onerror=alert(1)>\"'`|=\x1b[2J\u202Egnp\u009B31m\U000E0041.exe"

// hostileBundle has the name wherever a bundle can have one: process, service, host,
// provider, data of an event, file.
func hostileBundle(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var rows strings.Builder
	for i := range 64 {
		fmt.Fprintf(&rows, "  TCP    10.0.0.5:%d   198.51.100.7:443   ESTABLISHED   4242\r\n [%s]\r\n", 50000+i, hostile)
	}
	quoted := strings.ReplaceAll(hostile, `"`, "") // a quote ends a field of tasklist's
	for name, text := range map[string]string{
		"range.txt":                 "\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : 50000\r\nNumber of Ports : 64\r\n\r\n",
		"net\x1b[31m\u202Estat.txt": "2026-03-10 09:00:30\r\n\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n" + rows.String(),
		"tasklist.csv":              "\"Image Name\",\"PID\",\"Services\"\r\n\"" + quoted + "\",\"4242\",\"" + quoted + "\"\r\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var records []evtxgen.Record
	for i, provider := range []string{"Tcpip", "Tcpip", hostile} {
		records = append(records, evtxgen.Record{
			ID: 4231, Level: 3, Provider: provider, Channel: "System", Computer: hostile, Time: time.Date(2026, 3, 10, 9, 0, i, 0, time.UTC),
			RecordID: uint64(i + 1), Data: []string{hostile},
		})
	}
	writeLog(t, filepath.Join(dir, "System.evtx"), records)
	return dir
}

// acting tells of a character that could act on what shows it.
func acting(r rune) bool {
	return r != '\n' && r != '\r' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Names of strangers are harmless and still there in whatever the program writes.
func TestHostileNamesInEveryFormat(t *testing.T) {
	dir := hostileBundle(t)
	said := map[string]string{}
	for _, format := range []string{"json", "ndjson", "md", "html", "txt", "csv"} {
		name := filepath.Join(t.TempDir(), "report."+format)
		said["analyze -o "+format] = told(t, exitExhausted, "analyze", dir, "--tz", "UTC", "-q", "-o", name)
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		said["analyze -o "+format] += string(data)
	}
	said["analyze"] = told(t, exitExhausted, "analyze", dir, "--tz", "UTC")
	said["info"] = told(t, exitOK, "info", dir)
	said["info --format json"] = told(t, exitOK, "info", dir, "--format", "json")
	for _, format := range []string{"text", "ndjson", "csv"} {
		said["events "+format] = told(t, exitOK, "events", filepath.Join(dir, "System.evtx"), "--format", format)
	}
	said["compare"] = told(t, exitOK, "compare", dir, dir, "--tz", "UTC")
	for what, text := range said {
		if at := strings.IndexFunc(text, acting); at >= 0 {
			t.Errorf("%s holds %q", what, text[max(at-40, 0):min(at+20, len(text))])
		}
		if !strings.Contains(text, "evil") {
			t.Errorf("%s does not show the name", what)
		}
		if strings.HasSuffix(what, "html") && strings.Contains(text, "<img") || strings.HasSuffix(what, "md") && strings.Contains(text, "<img") {
			t.Errorf("%s lets markup through", what)
		}
	}
}

// told runs the program and gives all that it says.
func told(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if code := run(context.Background(), args, nil, &out, &out); code != want {
		t.Fatalf("%v: exit code %d, want %d: %s", args, code, want, &out)
	}
	return out.String()
}

// stdoutOf runs the program and gives its result alone.
func stdoutOf(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, said bytes.Buffer
	if code := run(context.Background(), args, nil, &out, &said); code != want {
		t.Fatalf("%v: exit code %d, want %d: %s", args, code, want, &said)
	}
	return out.String()
}
