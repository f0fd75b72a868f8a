package listing

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/cmd/internal/filter"
	"portverdict/etl/schema"
	"portverdict/evtx"
	"portverdict/report"
)

var loggedRecords = []evtx.Record{
	{Provider: "Tcpip", ID: 4231, Qualifiers: 0x8000, Level: 3, Keywords: 0x80000000000000, Channel: "System", Computer: "HOST", Data: []string{"", "a,b"}, Names: []string{"", ""}, Binary: []byte{1, 0xfe}},
	{Provider: "A", ID: 1, Version: 2, Opcode: 5, Task: 9, PID: 4, TID: 123456, ActivityID: "{a}", RelatedActivityID: "{b}", UserID: "S-1-5-18", ProviderGUID: "{c}", EventSource: "src", Name: "EVENT"},
	{Provider: "B", Data: []string{"mine", "x", "y", "z", "6"}, Names: []string{"Origin", "Same", "Same", "Same", "Task"}},
	{Provider: "<&>", Channel: "Größe \u202e", Data: []string{"\"quoted\"\n\ttab", "\x7f"}, Names: []string{"<name>", "a=b"}},
	{Provider: "=formula", Data: []string{"a", "b", "c"}, Names: []string{"Data", "", "Binary"}, Binary: []byte{1}},
	{Provider: "C", Data: []string{"1", "2"}, Names: []string{"A#2", "A"}, Payload: []byte{0xab}},
	{Provider: " lead", Channel: `\.`, Data: make([]string, 100), Names: strings.Split(strings.Repeat("N,", 99)+"N", ",")},
}

func rowOf(t *testing.T, format string, rec *evtx.Record) string {
	t.Helper()
	var out bytes.Buffer
	b := bufio.NewWriter(&out)
	w := NewWriter(format, b, false)
	l := New(Options{Source: "System.evtx"}, nil)
	w.row(l.recordRow(rec))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.Flush()
	return out.String()
}

// What is printed of a record fast is what the fields printed one by one are.
func TestRecordsPrintTheirFields(t *testing.T) {
	for i := range loggedRecords {
		rec := &loggedRecords[i]
		var row struct{ Fields json.RawMessage }
		line := rowOf(t, "ndjson", rec)
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		var want, got any
		if err := json.Unmarshal(schema.AppendFields(nil, recordFields(rec)), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(row.Fields, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("record %d: %s", i, d)
		}
		var text strings.Builder
		for _, f := range recordFields(rec) {
			text.WriteString(" " + report.Visible(f.Name) + "=" + oneLine(f.Value.String()))
		}
		if line := rowOf(t, "text", rec); !strings.Contains(line, text.String()) || strings.Count(line, "\n") != 1 {
			t.Errorf("record %d: want %q in %q", i, text.String(), line)
		}
		table, err := csv.NewReader(strings.NewReader(rowOf(t, "csv", rec))).ReadAll()
		if err != nil || len(table) != 2 || len(table[1]) != 19 {
			t.Fatalf("record %d: %q %v", i, table, err)
		}
		if err := json.Unmarshal([]byte(table[1][18]), &got); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("record %d: CSV %s, %v", i, table[1][18], err)
		}
	}
	if line := rowOf(t, "csv", &loggedRecords[4]); !strings.Contains(line, ",'=formula,") {
		t.Errorf("a formula: %s", line)
	}
}

// A name that the event uses itself is the event's, System's own gets another.
func TestFieldsOfTheEventComeFirst(t *testing.T) {
	line := rowOf(t, "ndjson", &loggedRecords[2])
	for _, want := range []string{`"Origin":"mine"`, `"Origin#2":"live"`, `"Task":"6"`, `"Task#2":0`, `"Same":"x","Same#2":"y","Same#3":"z"`} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
	for expression, want := range map[string][]bool{
		`Origin == "mine"`:                              {false, false, true},
		`Origin == "live"`:                              {true, true, false},
		`*.Origin == "live"`:                            {true, true, false},
		`B.Event0.Origin == "mine"`:                     {false, false, true},
		`Version == 2 AND Opcode == 5`:                  {false, true, false},
		`Task == 9`:                                     {false, true, false},
		`Task == 0`:                                     {true, false, false},
		`Keywords == 0x80000000000000`:                  {true, false, false},
		`PID == 4 AND TID == 123456`:                    {false, true, false},
		`ProcessId == 4 AND ThreadID == 123456`:         {false, true, false},
		`UserID == "S-1-5-18"`:                          {false, true, false},
		`ActivityId == "{a}"`:                           {false, true, false},
		`RelatedActivityID == "{b}"`:                    {false, true, false},
		`ProviderGuid == "{c}"`:                         {false, true, false},
		`EventSourceName == "src"`:                      {false, true, false},
		`Channel == "System" AND Computer == "HOST"`:    {true, false, false},
		`Qualifiers == 0x8000 AND EventID == 4231`:      {true, false, false},
		`Data == "a,b" AND Binary == "01fe"`:            {true, false, false},
		`Same == "z" AND Id == 0`:                       {false, false, true},
		`Level == 3`:                                    {true, false, false},
		`Provider == "a" OR Provider == "Tcpip"`:        {true, true, false},
		`NOT (Provider == "A") AND Provider == "tcpip"`: {true, false, false},
	} {
		f, err := filter.Parse(expression)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			l := New(Options{}, nil)
			r := l.recordRow(&loggedRecords[i])
			if got := f.Match(func(n filter.Name) []filter.Value { return l.lookup(r, n) }); got != w {
				t.Errorf("%s of record %d: %t", expression, i, got)
			}
		}
	}
}

func TestTimesOfRows(t *testing.T) {
	for _, at := range []time.Time{
		{},
		time.Date(2025, 3, 1, 9, 5, 7, 123456700, time.UTC), time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(12025, 1, 2, 3, 4, 5, 100, time.UTC), time.Date(2025, 3, 1, 0, 30, 0, 0, time.FixedZone("", 3600)),
	} {
		want := ""
		if !at.IsZero() {
			want = at.UTC().Format("2006-01-02T15:04:05.0000000Z")
		}
		if got := (&row{at: at}).time(); got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
}

// What encoding/csv reads back is what was written.
func TestCells(t *testing.T) {
	for _, s := range []string{"", "a", " a", "a,b", `"`, `a"b`, "a\nb", `\.`, "ß", "\u00a0x", "'=1"} {
		back, err := csv.NewReader(bytes.NewReader(append(appendCell(nil, s), ",x\n"...))).Read()
		if err != nil || len(back) != 2 || back[0] != s {
			t.Errorf("%q: %q %v", s, back, err)
		}
	}
}

func BenchmarkRecordRows(b *testing.B) {
	for _, format := range []string{"text", "ndjson", "csv"} {
		b.Run(format, func(b *testing.B) {
			l := New(Options{Source: "System.evtx"}, nil)
			w := NewWriter(format, bufio.NewWriter(nothing{}), false)
			b.ReportAllocs()
			for b.Loop() {
				for i := range 2 {
					w.row(l.recordRow(&loggedRecords[i]))
				}
			}
		})
	}
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }
