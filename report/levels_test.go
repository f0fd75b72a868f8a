package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func points(from float64, step float64, ports ...int) []Point {
	var out []Point
	for i, n := range ports {
		out = append(out, Point{at(from + float64(i)*step), n})
	}
	return out
}

func TestLevelsOfATrace(t *testing.T) {
	r := emptyReport()
	for i, n := range []int{0, 40, 80, 100} {
		r.Timeline = append(r.Timeline, Bin{T: at(float64(2 * i)), StepSeconds: 2, OpenSockets: n})
	}
	r.Series = []Series{
		{PID: 7, Image: "leaky.exe", Points: points(1, 2, 0, 30, 60, 90)},
		{PID: 8, Image: "few.exe", Points: points(1, 2, 0, 4, 4, 4)},   // under a twentieth of the highest total
		{PID: 9, Image: "late.exe", Points: points(5.5, 60, 10, 1000)}, // the second is after the timeline
	}
	l := newLevels(r, maxColumns)
	if !cmp.Equal(l.total, []int{0, 40, 80, 100}) || len(l.shown) != 2 || l.shown[1].PID != 9 {
		t.Fatalf("totals %v, %d shown", l.total, len(l.shown))
	}
	if !cmp.Equal(l.held, [][]int{{0, 30, 60, 90}, {0, 0, 10, 10}}) {
		t.Errorf("held %v", l.held)
	}
	var rest []int
	for i := range l.bins {
		rest = append(rest, l.others(i))
	}
	if !cmp.Equal(rest, []int{0, 10, 10, 0}) {
		t.Errorf("others %v", rest)
	}
}

// Without a trace a table tells until the next one; before the first and after the
// last nothing is known, and nothing is drawn.
func TestLevelsOfTables(t *testing.T) {
	r := emptyReport()
	for i, n := range []int{-1, 30, -1, 50, -1} {
		b := Bin{T: at(float64(60 * i)), StepSeconds: 60}
		if n >= 0 {
			b.UsedPorts = &n
		}
		r.Timeline = append(r.Timeline, b)
	}
	r.Series = []Series{{PID: 7, Image: "leaky.exe", Points: points(60, 120, 20, 45)}}
	l := newLevels(r, maxColumns)
	if !cmp.Equal(l.total, []int{-1, 30, 30, 50, -1}) || !cmp.Equal(l.held, [][]int{{0, 20, 20, 45, 45}}) {
		t.Errorf("totals %v, held %v", l.total, l.held)
	}
	if l.others(0) != -1 || l.others(2) != 10 || l.others(3) != 5 {
		t.Errorf("others %d, %d, %d", l.others(0), l.others(2), l.others(3))
	}
	c := newChart(r)
	if svg := string(c.draw()); strings.Count(svg, `class="a-1"`) != 1 || strings.Count(svg, `class="mkt"`) != 2 {
		t.Errorf("the area of the tables is wrong:\n%s", svg)
	}
}

// Which ranges are excluded is told by the pool, not by evidence.
func TestMapOfTheRange(t *testing.T) {
	r := exhaustedReport()
	p := &r.Verdict.Pools[0]
	p.Excluded, p.Capacity, p.ExcludedRanges = 30, 482, [][2]int{{49152, 49161}, {49200, 49219}, {60000, 60009}}
	page := render(t, WriteHTML, r)
	for _, want := range []string{`30 <span class="m">49152–49161, 49200–49219, 60000–60009</span>`, "<title>49200 to 49219 excluded</title>", `class="un" x="0.00%" width="1.95%"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if n := strings.Count(page, " excluded</title>"); n != 2 {
		t.Errorf("%d excluded parts are drawn", n)
	}
}

// Only what is of the headline's pool is in the chart.
func TestChartIsOfOnePool(t *testing.T) {
	r := twoHostsReport()
	for i := range 20 {
		r.Timeline = append(r.Timeline, Bin{T: at(float64(i) * 120), StepSeconds: 120, OpenSockets: 900 * i, Bind0x209: i})
	}
	for i, transport := range []string{"udp", "tcp"} {
		r.Series = append(r.Series, Series{Host: "APP-A", Transport: transport, PID: PID(2980 + i), Image: "telemetryd.exe", Points: points(0, 120, 9000, 15902)})
	}
	c := newChart(r)
	svg := string(c.draw())
	if len(c.shown) != 1 || !c.named[0] || strings.Count(svg, `class="a-h"`) != 1 || strings.Count(svg, `class="ep"`) != 1 {
		t.Errorf("%d shown, named %v", len(c.shown), c.named)
	}
	if c.capacity != 16384 || !strings.Contains(svg, "UDP: 16,319 of 16,384 in use at most; exhausted from 2026-03-10 09:10:00 UTC, 1,081 attempts were refused") {
		t.Errorf("the axis ends at %d; %s", c.capacity, c.summary())
	}
}

func TestEvidenceCommand(t *testing.T) {
	row := Evidence{ID: "ev-1", Source: "Server.etl"}
	option := Evidence{ID: "ev-0", Source: "--range"}
	for _, tt := range []struct {
		sources []string
		cited   []string
		want    string
	}{
		{[]string{"Server.etl", "netstat.txt"}, []string{"ev-0", "ev-9", "ev-1"}, "portverdict events bundle.zip --evidence ev-1"},
		{[]string{"my logs/System.evtx"}, []string{"ev-1"}, `portverdict events "my logs/System.evtx" --evidence ev-1`},
		{[]string{`a";rm -r x".txt`}, []string{"ev-1"}, "portverdict events bundle.zip --evidence ev-1"},
		{[]string{"$(x).txt"}, []string{"ev-1"}, "portverdict events bundle.zip --evidence ev-1"},
		{[]string{"-n.txt"}, []string{"ev-1"}, "portverdict events bundle.zip --evidence ev-1"},
		{[]string{"Server.etl"}, []string{"ev-0"}, ""},
		{[]string{"Server.etl"}, nil, ""},
	} {
		r := &Report{Evidence: []Evidence{option, row}}
		for _, path := range tt.sources {
			r.Sources = append(r.Sources, Source{Path: path})
		}
		if got := evidenceCommand(r, &Finding{Evidence: tt.cited}, byID(r)); got != tt.want {
			t.Errorf("%v, %v: %q", tt.sources, tt.cited, got)
		}
	}
	r := &Report{
		Evidence: []Evidence{row}, Sources: []Source{{Path: "a.txt"}, {Path: "b.txt", Clock: Clock{Zone: "Etc/GMT+1", Basis: ZoneGiven}}},
		Verdict: Verdict{Pools: []Pool{
			{Transport: "tcp", Start: 1025, Count: 3976, RangeSource: "option"}, {Transport: "tcp", Start: 1025, Count: 3976, RangeSource: "option"}, {Transport: "udp", RangeSource: "default"},
		}},
	}
	const want = "portverdict events bundle.zip --evidence ev-1 --tz Etc/GMT+1 --range tcp=1025+3976"
	if got := evidenceCommand(r, &Finding{Evidence: []string{"ev-1"}}, byID(r)); got != want {
		t.Errorf("with options: %q", got)
	}
}
