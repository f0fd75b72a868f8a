package verdict

import (
	"path/filepath"
	"strings"
	"testing"

	"portverdict/report"
)

// What the processes held adds up to what the trace held, at its end exactly: the
// samples have fewer processes than are told.
func TestSeriesAddUp(t *testing.T) {
	traced := 0
	for _, path := range cases(t) {
		dir := filepath.Dir(path)
		r := analyse(bundleOf(t, dir), sampleOptions(t))
		if len(r.Series) == 0 || r.Series[0].Source == "" {
			continue
		}
		traced++
		sum, most := 0, 0
		for i, s := range r.Series {
			sum += s.Points[len(s.Points)-1].Ports
			for j, p := range s.Points {
				if j > 0 && !p.T.After(s.Points[j-1].T.Time) {
					t.Fatalf("%s: point %d of PID %d is not after the one before", dir, j, s.PID)
				}
			}
			if m := mostOf(s.Points); i > 0 && m > most {
				t.Errorf("%s: PID %d held %d and stands behind %d", dir, s.PID, m, most)
			} else {
				most = m
			}
		}
		if last := r.Timeline[len(r.Timeline)-1]; len(r.Series) < seriesShown && sum != last.OpenSockets {
			t.Errorf("%s: the processes hold %d at the end, the trace %d", dir, sum, last.OpenSockets)
		}
	}
	if traced < 5 {
		t.Errorf("%d samples with a series of a trace", traced)
	}
}

func mostOf(points []report.Point) int {
	n := 0
	for _, p := range points {
		n = max(n, p.Ports)
	}
	return n
}

// A series of tables goes on when the pool is full, though growth is measured until
// then.
func TestSeriesOfTables(t *testing.T) {
	full := rowsOf(7, 50000, 60, "ESTABLISHED")
	r := analyse([]input{{"range.txt", []byte(rangeText(50000, 60))}, {"loop.txt", []byte(table(0, "netstat -ano", rowsOf(7, 50000, 20, "ESTABLISHED")) +
		table(300, "netstat -ano", full) + table(600, "netstat -ano", full) + table(900, "netstat -ano", rowsOf(7, 50000, 5, "ESTABLISHED")))}}, sampleOptions(t))
	if len(r.Series) != 1 || len(r.Series[0].Points) != 4 || r.Series[0].Points[3].Ports != 5 || r.Series[0].Source != "" {
		t.Errorf("series %+v", r.Series)
	}
}

// Each excluded range of the pool is a row of evidence; those outside of it are not.
func TestExcludedRangesAreCited(t *testing.T) {
	text := "Protocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n        80          80\r\n     50010       50019\r\n     50050       50059     *\r\n"
	r := analyse([]input{{"range.txt", []byte(rangeText(50000, 60))}, {"excluded.txt", []byte(text)}}, sampleOptions(t))
	f := finding(r, "range-excluded")
	if f == nil || f.Count != 20 || len(f.Evidence) != 2 {
		t.Fatalf("finding %+v", f)
	}
	for _, e := range r.Evidence {
		if e.ID == f.Evidence[0] && (e.Kind != "host.excluded" || e.Source != "excluded.txt" || e.Line < 6 || e.Fields["transport"] != "tcp") {
			t.Errorf("row %+v", e)
		}
	}
}

// Of a loop without times the last table tells, though an earlier one shows BOUND
// rows and the last has none; of two commands one after the other that of -q does.
func TestLastTableOfALoop(t *testing.T) {
	bound, plain := rowsOf(7, 50000, 20, "BOUND"), rowsOf(7, 50000, 40, "ESTABLISHED")
	for _, tt := range []struct {
		tables []string
		want   int
	}{{[]string{bound, plain}, 20}, {[]string{bound, plain, plain}, 40}, {[]string{plain, bound, plain}, 40}} {
		var text strings.Builder
		for _, rows := range tt.tables {
			text.WriteString(table(-1, "netstat", rows))
		}
		r := analyse([]input{{"range.txt", []byte(rangeText(50000, 60))}, {"loop.txt", []byte(strings.ReplaceAll(text.String(), "C:\\>netstat\r\n", ""))}}, sampleOptions(t))
		if len(r.Verdict.Holders) != 1 || r.Verdict.Holders[0].Ports != tt.want {
			t.Errorf("%+v, want %d ports", r.Verdict.Holders, tt.want)
		}
	}
}
