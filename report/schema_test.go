package report

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	return compiled(t, "verdict.json", string(Schema()))
}

func compiled(t *testing.T, name, text string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// mayBeNull are the keys whose value is not always known.
var mayBeNull = regexp.MustCompile(`"(pid|used|used_ports|balance|forecast|distance_seconds|delta_seconds)": null`)

func TestSchemaHolds(t *testing.T) {
	s := compiledSchema(t)
	for name, r := range samples() {
		text := render(t, WriteJSON, r)
		if err := valid(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(mayBeNull.ReplaceAllString(text, ""), "null") {
			t.Errorf("%s: null in the JSON where a value must be", name)
		}
		if more := strings.Replace(text, `"bundle": {`, `"more": 1, "bundle": {"later": [], `, 1); valid(t, s, more) != nil {
			t.Errorf("%s: the schema refuses a key that was added", name)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := compiledSchema(t)
	text := render(t, WriteJSON, twoHostsReport())
	for _, wrong := range [][2]string{
		{`"schema_version": 2`, `"schema_version": 1`},
		{`"outcome": "exhausted"`, `"outcome": "out"`},
		{`"confidence": "proven"`, `"confidence": "sure"`},
		{`"cause": "burst"`, `"cause": "leaks"`},
		{`"ends": "recovered"`, `"ends": "over"`},
		{`"basis": "trace"`, `"basis": "guess"`},
		{`"transport": "udp"`, `"transport": "sctp"`},
		{`"family": "any"`, `"family": "ipv5"`},
		{`"from": "2026`, `"from": "yesterday 2026`},
		{`"pid": null`, `"pid": -1`},
		{`"pid": null`, `"pid": "7"`},
		{`"used": null`, `"used": "many"`},
		{`"balance": null`, `"balance": []`},
		{`"forecast": null`, `"forecast": ""`},
		{`"distance_seconds": null`, `"distance_seconds": ""`},
		{`"holders": 16319,`, ``},
		{`"excluded_ranges": [`, `"excluded_ranges": [[1], `},
	} {
		if !strings.Contains(text, wrong[0]) {
			t.Errorf("%s is not in the sample", wrong[0])
			continue
		}
		if valid(t, s, strings.Replace(text, wrong[0], wrong[1], 1)) == nil {
			t.Errorf("the schema lets %s pass for %s", wrong[1], wrong[0])
		}
	}
}

// examples are three worked reports that are not of this repository.
func examples(t *testing.T) map[string]*Report {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "reference", "examples", "*.json"))
	out := map[string]*Report{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ReadJSON(f)
		f.Close()
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		out[strings.TrimSuffix(filepath.Base(name), ".json")] = r
	}
	if len(files) == 0 {
		t.Skip("../shared is not here: the worked reports are not looked at")
	}
	return out
}

func TestExamples(t *testing.T) {
	s := compiledSchema(t)
	for name, r := range examples(t) {
		original, err := os.ReadFile(filepath.Join("..", "..", "shared", "reference", "examples", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, s, string(original)); err != nil {
			t.Errorf("%s as it is: %v", name, err)
		}
		if err := valid(t, s, render(t, WriteJSON, r)); err != nil {
			t.Errorf("%s written again: %v", name, err)
		}
		for _, write := range writers {
			if text := render(t, write, r); strings.Contains(text, "0001-01-01") {
				t.Errorf("%s: a time that is not known is printed", name)
			}
		}
	}
}

func TestReadJSONRefuses(t *testing.T) {
	good := render(t, WriteJSON, exhaustedReport())
	for name, c := range map[string]struct{ text, says string }{
		"nothing":         {"", "not a verdict.json"},
		"no version":      {"{}", "no schema_version"},
		"an old version":  {strings.Replace(good, `"schema_version": 2`, `"schema_version": 1`, 1), "made by an older portverdict; this one reads 2: analyze the bundle again"},
		"a later version": {strings.Replace(good, `"schema_version": 2`, `"schema_version": 3`, 1), "made by a newer portverdict; this one reads 2: use the newer program"},
		"more after it":   {good + "{}", "not a verdict.json"},
		"wrong type":      {strings.Replace(good, `"count": 698`, `"count": "698"`, 1), "not a verdict.json"},
		"bad time":        {strings.Replace(good, `"used_at": "2026`, `"used_at": "x2026`, 1), "not a verdict.json"},
		"cut":             {good[:len(good)/2], "not a verdict.json"},
		// Its other keys are those of version 1, in which they had other meanings.
		"a whole old one": {`{"schema_version": 1, "verdict": {"holders": [{"pid": -1, "basis": "snapshot"}], "pools": [{"used": 3}]}}`, "analyze the bundle again"},
	} {
		if _, err := ReadJSON(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadJSONIgnoresKeysItDoesNotKnow(t *testing.T) {
	good := render(t, WriteJSON, twoHostsReport())
	more := strings.Replace(good, `"bundle": {`, `"later": {"a": [1]}, "bundle": {"soon": null, `, 1)
	more = strings.Replace(more, `"pid": 7,`, `"pid": 7, "ppid": 6,`, 1)
	r, err := ReadJSON(strings.NewReader(more))
	if err != nil {
		t.Fatal(err)
	}
	if render(t, WriteJSON, r) != good {
		t.Error("what is known changed")
	}
}

// A damaged input can hold any time. One that RFC 3339 cannot write is not known.
func TestTimesThatCannotBeWritten(t *testing.T) {
	far := Time{time.Date(30828, 9, 14, 2, 48, 5, 0, time.UTC)}
	edge := Time{time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600))}
	for _, v := range []Time{far, edge, {time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)}, {}} {
		if b, err := v.MarshalJSON(); err != nil || string(b) != `""` || v.String() != "" || !v.IsZero() || Moment(v) != "a time not known" {
			t.Errorf("%v: %s, %q, %v", v.Time, b, v.String(), err)
		}
	}
	for text, want := range map[string]string{
		`""`: "", `"30828-09-14T02:48:05Z"`: "", `"-0005-01-01T00:00:00Z"`: "", `"9999-12-31T23:59:59-01:00"`: "", `"9999-12-31T23:59:59Z"`: "9999-12-31T23:59:59Z",
	} {
		var v Time
		if err := v.UnmarshalJSON([]byte(text)); err != nil || v.String() != want {
			t.Errorf("%s is read as %q, %v", text, v.String(), err)
		}
	}
	for _, text := range []string{`"2026"`, `"yesterday"`, `7`} {
		if err := new(Time).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s is read as a time", text)
		}
	}
	r := exhaustedReport()
	r.Verdict.Windows[0].To, r.Verdict.Windows[0].EndedAt, r.Evidence[0].Time, r.Timeline[3].T = far, far, far, far
	r.Verdict.Victims[0].Last, r.Findings[0].Last, r.Sources[0].Window.To, r.Verdict.Pools[0].UsedAt = far, far, far, far
	for ext, write := range writers {
		if text := render(t, write, r); strings.Contains(text, "30828") {
			t.Errorf("%s prints it", ext)
		}
	}
	if _, err := ReadJSON(strings.NewReader(render(t, WriteJSON, r))); err != nil {
		t.Error(err)
	}
}
