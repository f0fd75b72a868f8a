package regress

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/joshdk/go-junit"
)

// junitSchema is what the readers of JUnit files agree on (the schema of Jenkins'
// xUnit plugin, and what GitLab and the GitHub actions document): the attributes an
// element must have, those it may have, and the elements within.
var junitSchema = map[string]struct{ must, may, within []string }{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "disabled", "errors"}, []string{"testsuite"}},
	"testsuite": {
		[]string{"name", "tests"},
		[]string{"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
		[]string{"testcase", "properties", "system-out", "system-err"},
	},
	"testcase": {[]string{"name", "classname"}, []string{"assertions", "time", "status"}, []string{"skipped", "error", "failure", "system-out", "system-err"}},
	"failure":  {nil, []string{"type", "message"}, nil},
}

// checkJUnit says where a text is not as junitSchema has it; counts have to be right.
func checkJUnit(text []byte) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	var open []string
	var cases, failures, said, saidFailures int
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			rule, known := junitSchema[name]
			if !known || len(open) == 0 != (name == "testsuites") || len(open) > 0 && !slices.Contains(junitSchema[open[len(open)-1]].within, name) {
				return fmt.Errorf("<%s> in %v", name, open)
			}
			left := slices.Clone(rule.must)
			for _, a := range e.Attr {
				if !slices.Contains(rule.must, a.Name.Local) && !slices.Contains(rule.may, a.Name.Local) {
					return fmt.Errorf("<%s %s>", name, a.Name.Local)
				}
				left = slices.DeleteFunc(left, func(s string) bool { return s == a.Name.Local })
				n, numeric := strconv.ParseFloat(a.Value, 64)
				switch a.Name.Local {
				case "time", "tests", "failures", "errors":
					if numeric != nil || n < 0 {
						return fmt.Errorf("%s=%q", a.Name.Local, a.Value)
					}
				}
				if name == "testsuite" && a.Name.Local == "tests" {
					said += int(n)
				} else if name == "testsuite" && a.Name.Local == "failures" {
					saidFailures += int(n)
				}
			}
			if len(left) > 0 {
				return fmt.Errorf("<%s> without %v", name, left)
			}
			open = append(open, name)
			switch name {
			case "testcase":
				cases++
			case "failure":
				failures++
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	if cases != said || failures != saidFailures {
		return fmt.Errorf("%d cases and %d failures, said are %d and %d", cases, failures, said, saidFailures)
	}
	return nil
}

func TestJUnit(t *testing.T) {
	results := []Result{
		{Name: "one", Duration: 1234567 * time.Microsecond},
		{Suite: "hosts/old", Name: "two", Diffs: []string{"holder 4 ports: expected 5, found 6 <&\"'\x1b[31m\u202e", "outcome: expected likely, found exhausted"}},
		{Suite: "hosts/old", Name: "three\x00"},
	}
	var b bytes.Buffer
	if err := WriteJUnit(&b, "cases", results); err != nil {
		t.Fatal(err)
	}
	if err := checkJUnit(b.Bytes()); err != nil {
		t.Errorf("%v in\n%s", err, b.Bytes())
	}
	for _, want := range []string{
		`<testsuites tests="3" failures="1" time="1.235">`,
		`<testsuite name="cases" tests="1" failures="0" errors="0" time="1.235">`,
		`<testsuite name="cases/hosts/old" tests="2" failures="1" errors="0" time="0.000">`,
		`<testcase name="two" classname="cases.hosts.old" time="0.000">`,
		`outcome: expected likely, found exhausted</failure>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.Bytes())
		}
	}
	for _, broken := range []string{
		strings.Replace(b.String(), "classname", "class", 1), strings.Replace(b.String(), `tests="2"`, `tests="3"`, 1),
		strings.Replace(b.String(), "testsuites", "tests", 2), strings.Replace(b.String(), `time="1.235"`, `time="long"`, 1),
	} {
		if checkJUnit([]byte(broken)) == nil {
			t.Errorf("the check takes\n%s", broken)
		}
	}
}

// A reader of JUnit files that is not ours finds the suites, the cases and how each ended.
func TestJUnitInAnotherReader(t *testing.T) {
	results := []Result{
		{Name: "one", Duration: 1234567 * time.Microsecond},
		{Suite: "hosts/old", Name: "two", Diffs: []string{"holder 4 ports: expected 5, found 6 <&\"'>]]>", "outcome: expected likely, found exhausted"}},
		{Suite: "hosts/old", Name: "three", Duration: 2 * time.Second},
	}
	var b bytes.Buffer
	if err := WriteJUnit(&b, "cases", results); err != nil {
		t.Fatal(err)
	}
	suites, err := junit.Ingest(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range suites {
		got = append(got, fmt.Sprintf("%s: %d tests, %d passed, %d failed, %v", s.Name, s.Totals.Tests, s.Totals.Passed, s.Totals.Failed, s.Totals.Duration))
		for _, c := range s.Tests {
			line := fmt.Sprintf("%s %s %s %v", c.Classname, c.Name, c.Status, c.Duration)
			if c.Error != nil {
				line += fmt.Sprintf(" %s | %v", c.Message, c.Error)
			}
			got = append(got, line)
		}
	}
	if d := cmp.Diff([]string{
		"cases: 1 tests, 1 passed, 0 failed, 1.235s",
		"cases one passed 1.235s",
		"cases/hosts/old: 2 tests, 1 passed, 1 failed, 2s",
		"cases.hosts.old two failed 0s " + results[1].Diffs[0] + " | " + strings.Join(results[1].Diffs, "\n"),
		"cases.hosts.old three passed 2s",
	}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
