package synth

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// viewOf is a pool of 100 ports whose trace runs from 0 to 20 minutes.
func viewOf(t *testing.T, more string) *view {
	t.Helper()
	r, err := Read(strings.NewReader("schema: 1\nduration: 60m\ntcp: {start: 50000, count: 100}\ntexts: {range: r.txt}\nlog: {}\n" + more))
	if err != nil {
		t.Fatal(err)
	}
	return &view{host: newHost(r), capacity: 100, ranged: true, trace: true, whole: true, last: 1200 * second}
}

func at60(n float64) ticks { return ticks(n * float64(second)) }

// A gap of a minute parts two refusals if a dynamic bind succeeded in it, else one of
// ten minutes; a record joins the episode that it is in or near.
func TestEpisodes(t *testing.T) {
	for _, tt := range []struct {
		name             string
		refused, given   []float64 // seconds
		records          []float64
		tables           map[float64]int // used, of 100
		restart          string
		want             string // from-to refusals+records ends[@ended], "?" if not sure
		noTrace, noRange bool
	}{
		{name: "one", refused: []float64{100, 159}, given: []float64{120}, want: "100-159 2+0 unknown"},
		{name: "59 s with a success", refused: []float64{100, 158}, given: []float64{120, 160}, want: "100-158 2+0 recovered@160"},
		{name: "60 s with a success", refused: []float64{100, 162}, given: []float64{120}, want: "100-100 1+0 recovered@120, 162-162 1+0 unknown"},
		{name: "60 s without one", refused: []float64{100, 162}, want: "100-162 2+0 unknown"},
		{name: "nine minutes without one", refused: []float64{100, 640}, want: "100-640 2+0 unknown"},
		{name: "ten minutes without one", refused: []float64{100, 702}, want: "100-100 1+0 unknown, 702-702 1+0 unknown"},
		{name: "the minute itself", refused: []float64{100, 160}, given: []float64{120}, want: "100-100 1+0 recovered@120, 160-160 1+0 unknown ?"},
		{name: "to the end of the trace", refused: []float64{100, 1150}, given: []float64{200}, want: "100-100 1+0 recovered@200, 1150-1150 1+0 end-of-inputs"},
		{name: "a success in the last minute is no recovery", refused: []float64{1150}, given: []float64{1160}, want: "1150-1150 1+0 end-of-inputs"},

		{name: "a record in it", refused: []float64{100, 130}, records: []float64{110}, given: []float64{140}, want: "100-130 2+1 recovered@140"},
		{name: "a record after it", refused: []float64{100}, records: []float64{101}, given: []float64{140}, want: "100-101 1+1 recovered@140"},
		{name: "a record before it", refused: []float64{400}, records: []float64{110}, given: []float64{440}, want: "110-400 1+1 recovered@440"},
		{name: "a record six minutes before it", refused: []float64{500}, records: []float64{140}, given: []float64{540}, want: "140-140 0+1 end-of-inputs|unknown|recovered ?, 500-500 1+0 recovered@540 ?"},
		{name: "and the machine was well between", refused: []float64{500}, records: []float64{140}, given: []float64{200, 540}, want: "140-140 0+1 end-of-inputs|unknown|recovered, 500-500 1+0 recovered@540"},
		{name: "records alone", noTrace: true, records: []float64{100, 900}, want: "100-900 0+2 end-of-inputs"},
		{name: "a healthy table between them", noTrace: true, records: []float64{100, 900}, tables: map[float64]int{500: 94}, want: "100-100 0+1 recovered@500, 900-900 0+1 end-of-inputs"},
		{name: "a crowded table between them", noTrace: true, records: []float64{100, 900}, tables: map[float64]int{500: 95}, want: "100-900 0+2 end-of-inputs"},
		{name: "a table between them, of a range that is not told", noTrace: true, noRange: true, records: []float64{100, 900}, tables: map[float64]int{500: 50}, want: "100-900 0+2 end-of-inputs ?"},
		{name: "a restart between them", noTrace: true, records: []float64{100, 900}, restart: "8m", want: "100-100 0+1 restart@540, 900-900 0+1 end-of-inputs"},
		{name: "a record of the next boot", refused: []float64{470}, records: []float64{560}, restart: "8m", want: "470-470 1+0 restart@540, 560-560 0+1 end-of-inputs|unknown|recovered"},
		{name: "a restart parts refusals", refused: []float64{470, 545}, restart: "8m", want: "470-470 1+0 restart@540, 545-545 1+0 unknown"},
		{name: "a healthy table after it", refused: []float64{1190}, tables: map[float64]int{1201: 94}, want: "1190-1190 1+0 recovered@1201"},
		{name: "a crowded table after it", refused: []float64{1190}, tables: map[float64]int{1201: 95}, want: "1190-1190 1+0 end-of-inputs"},
	} {
		more := ""
		if tt.restart != "" {
			more = "restart: " + tt.restart
		}
		v := viewOf(t, more)
		for _, s := range tt.refused {
			v.refusals = append(v.refusals, &attempt{at: at60(s), status: tooMany})
		}
		for _, s := range tt.given {
			v.given = append(v.given, at60(s))
		}
		for _, s := range tt.records {
			v.records = append(v.records, at60(s))
		}
		for s, used := range tt.tables {
			v.tables = append(v.tables, &tableFacts{at: at60(s), timed: true, complete: true, used: [2]int{used, 0}})
		}
		v.trace, v.ranged = !tt.noTrace, !tt.noRange
		var got []string
		for _, e := range v.episodes() {
			s := fmt.Sprintf("%d-%d %d+%d %s", e.from/second, e.to/second, len(e.refusals), len(e.records), strings.Join(e.ends, "|"))
			if e.endedAt != 0 {
				s += fmt.Sprintf("@%d", e.endedAt/second)
			}
			if e.unsure {
				s += " ?"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, s, tt.want)
		}
	}
}

// A full table is a witness if a failure is logged within five minutes of it, unless the
// trace shows ports being given in that minute.
func TestFullTable(t *testing.T) {
	for _, tt := range []struct {
		used  int
		log   string
		given []float64
		want  bool
		sure  bool
	}{
		{100, "{at: 305s, provider: Tcpip, id: 4227}", nil, true, true},
		{99, "{at: 305s, provider: Tcpip, id: 4227}", nil, false, true},
		{100, "{at: 905s, provider: Tcpip, id: 4227}", nil, false, true},
		{100, "{at: 899s, provider: AFD, id: 16002}", nil, true, true},
		{100, "{at: 305s, provider: NETLOGON, id: 5719}", nil, false, true},
		{100, "{at: 305s, provider: NETLOGON, id: 5719}, {at: 306s, provider: NETLOGON, id: 5719}", nil, false, true},
		{100, "{at: 305s, provider: NETLOGON, id: 5719}, {at: 895s, provider: Microsoft-Windows-GroupPolicy, id: 1129}", nil, true, true},
		{100, "{at: 305s, provider: Tcpip, id: 4227}", []float64{590}, false, true},
		{100, "{at: 305s, provider: Tcpip, id: 4227}", []float64{550}, true, false},
		{100, "{at: 305s, provider: Tcpip, id: 4227}", []float64{300}, true, true},
	} {
		v := viewOf(t, "")
		r, err := Read(strings.NewReader("schema: 1\nlog: {until: 60m, noise: 0, records: [" + tt.log + "]}"))
		if err != nil {
			t.Fatal(err)
		}
		v.host = newHost(r)
		v.host.log.fill()
		for _, s := range tt.given {
			v.given = append(v.given, at60(s))
		}
		got, sure := v.tableWitness(&tableFacts{at: 600 * second, timed: true, used: [2]int{tt.used, 0}})
		if got != tt.want || sure != tt.sure {
			t.Errorf("%d used, %s, given %v: %v, sure %v, want %v and %v", tt.used, tt.log, tt.given, got, sure, tt.want, tt.sure)
		}
	}
}

// Growth that goes on is a leak; what stops, or begins at the end, is none.
func TestEvenly(t *testing.T) {
	every := func(n int, from, step float64) (out []ticks) {
		for i := range n {
			out = append(out, at60(from+float64(i)*step))
		}
		return out
	}
	for _, tt := range []struct {
		name          string
		times         []ticks
		end           float64
		sure, perhaps bool
	}{
		{"four", every(4, 0, 100), 300, false, false},
		{"five, by the rule and near it", every(5, 0, 75), 300, false, true},
		{"ten over two minutes", every(10, 0, 13), 120, true, true},
		{"ten in half a minute, up to the end", every(10, 0, 3), 30, false, false},
		{"ten in 80 s, up to the end", every(10, 0, 9), 81, false, false},
		{"a plateau", every(100, 30, 0.3), 480, false, false},
		{"a plateau that somebody adds to now and then", append(every(100, 30, 0.3), every(3, 400, 20)...), 480, false, false},
		{"slower at the end, by half", append(every(60, 0, 1), every(30, 60, 2)...), 120, true, true},
		{"much slower at the end", append(every(90, 0, 1), every(3, 90, 15)...), 135, false, false},
	} {
		if sure, perhaps := evenly(tt.times, at60(tt.end)); sure != tt.sure || perhaps != tt.perhaps {
			t.Errorf("%s: %v %v, want %v %v", tt.name, sure, perhaps, tt.sure, tt.perhaps)
		}
	}
}

// From table to table a value counts for no more than the lowest that comes later.
func TestTableLeaks(t *testing.T) {
	for _, tt := range []struct {
		name          string
		ports         []int // of a process, every 30 s
		sure, perhaps bool
	}{
		{"even", []int{0, 10, 20, 30, 40, 50, 60}, true, true},
		{"a saw-tooth", []int{0, 30, 60, 0, 30, 60, 0}, false, false},
		{"a plateau", []int{0, 60, 60, 60, 60, 60, 60}, false, false},
		{"three tables", []int{0, 30, 60}, false, false},
		{"still", []int{5, 5, 5, 5, 5, 5}, false, false},
		{"noise on top", []int{0, 18, 20, 37, 40, 58, 60, 79}, true, true},
	} {
		v := viewOf(t, "")
		for k, n := range tt.ports {
			v.tables = append(v.tables, &tableFacts{at: ticks(k) * 30 * second, timed: true, pids: true, byPID: [2]map[int]int{{8: n, 12: 3}, {}}})
		}
		list := v.tableLeaks(never)
		i := slices.IndexFunc(list, func(l leak) bool { return l.pid == 8 })
		if perhaps := i >= 0; perhaps != tt.perhaps || perhaps && list[i].sure != tt.sure || len(list) > 1 {
			t.Errorf("%s: %+v, want %v %v", tt.name, list, tt.sure, tt.perhaps)
		}
	}
}

// Who is named has more than anybody else, than what waits, than what is unaccounted, and
// a quarter of the pool.
func TestNameable(t *testing.T) {
	r, err := Read(strings.NewReader(`schema: 1
texts: {tasklist: t.txt}
processes: [{pid: 8, image: a.exe}, {pid: 12, image: b.exe}, {pid: 20, image: w.exe}, {pid: 24, image: w.exe}, {pid: 28, image: w.exe}, {pid: 32, image: svchost.exe}, {pid: 36, image: svchost.exe}, {pid: 40, image: svchost.exe}]`))
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(r)
	for _, tt := range []struct {
		name    string
		byPID   map[int]int
		waiting int
		free    int
		named   string
		may     string
	}{
		{"all of it", map[int]int{8: 100}, 0, 0, "8:100", "8"},
		{"a quarter", map[int]int{8: 25, 12: 10}, 0, 60, "8:25", "8"},
		{"less than a quarter", map[int]int{8: 22, 12: 9}, 0, 60, "", ""},
		{"just less than a quarter", map[int]int{8: 24, 12: 9}, 0, 60, "", "8"},
		{"more waits", map[int]int{8: 40}, 60, 0, "", ""},
		{"more is unaccounted", map[int]int{8: 40}, 0, 0, "", ""},
		{"one more than is unaccounted", map[int]int{8: 51}, 0, 0, "8:51", "8"},
		{"as much as another", map[int]int{8: 50, 12: 50}, 0, 0, "", "8 12"},
		{"half as much", map[int]int{8: 60, 12: 30}, 0, 0, "8:60", "8 12"},
		{"less than half", map[int]int{8: 65, 12: 20}, 0, 0, "8:65", "8"},
		{"three of one image", map[int]int{8: 28, 20: 20, 24: 21, 28: 22}, 0, 0, "0:63", "0"},
		{"one of them has more than half", map[int]int{8: 20, 20: 10, 24: 10, 28: 55}, 0, 0, "28:55", "28"},
		{"svchost is not summed", map[int]int{8: 30, 32: 20, 36: 21, 40: 22}, 0, 0, "8:30", "8 32 36 40"},
	} {
		b := balance{capacity: 100, byPID: tt.byPID, waiting: tt.waiting, free: tt.free}
		for _, n := range tt.byPID {
			b.holders += n
		}
		b.unaccounted = b.capacity - b.holders - b.waiting - b.free
		named, may := h.nameable(b)
		got := ""
		if named != nil {
			got = fmt.Sprintf("%d:%d", named.pid, named.ports)
		}
		var pids []string
		for _, c := range may {
			pids = append(pids, fmt.Sprint(c.pid))
		}
		slices.Sort(pids)
		want := strings.Fields(tt.may)
		slices.Sort(want)
		if got != tt.named || !slices.Equal(pids, want) {
			t.Errorf("%s: named %q, may be %v, want %q and %v", tt.name, got, pids, tt.named, want)
		}
	}
}
