package synth

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Truth is what happened on the host and what the files tell of it. It is known
// before any of them is read.
type Truth struct {
	Why       string         `json:"why"`
	Seed      uint64         `json:"seed"`
	Outcome   string         `json:"outcome"`           // by what the files tell
	Also      []string       `json:"also,omitempty"`    // outcomes that are as good: a threshold is too near
	Because   string         `json:"because"`           // of the outcome
	Shown     string         `json:"transport"`         // whose pool holders and victims are of
	Pools     []PoolTruth    `json:"pools"`             // at the end
	Failures  int            `json:"failures"`          // refused for want of a port, on the host
	Told      int            `json:"told"`              // of them, those the trace tells of
	Windows   []Window       `json:"windows"`           // of those
	Victims   []Victim       `json:"victims"`           // of those
	Holders   []Holder       `json:"holders"`           // by what the files tell
	Sure      Sure           `json:"sure"`              // what the files suffice for
	Missing   []string       `json:"missing,omitempty"` // inputs that a reader must ask for
	Lost      int            `json:"lost"`              // events and buffers, by the trace's header
	Refused   map[string]int `json:"refused"`           // told by the trace, for another reason or a stated port, by status
	Driver    map[string]int `json:"tcpip"`             // events of the TCP/IP driver, by id
	Log       map[string]int `json:"evtx"`
	Events    int            `json:"events"`
	Binds     int            `json:"binds_ok"`
	Snapshots int            `json:"snapshots"`
}

// Sure says what the files suffice for.
type Sure struct {
	Victims bool `json:"victims"`
	Holder  bool `json:"holder"`
}

// PoolTruth is one pool.
type PoolTruth struct {
	Transport string `json:"transport"`
	Start     int    `json:"start"`
	Count     int    `json:"count"`
	Capacity  int    `json:"capacity"`
	UsedAtEnd int    `json:"used_at_end"`
}

// Victim is a process whose attempts were refused.
type Victim struct {
	PID      int    `json:"pid"`
	Image    string `json:"image"`
	Failures int    `json:"failures"`
	Bind     int    `json:"bind"`
	Connect  int    `json:"connect"`
}

// Holder is a process that held ports.
type Holder struct {
	PID   int    `json:"pid"`
	Image string `json:"image"`
	Ports int    `json:"ports"`
}

// tell sums up a host that has run.
func (h *host) tell() *Truth {
	r := h.recipe
	t := &Truth{
		Why: r.Why, Seed: r.Seed, Log: map[string]int{}, Refused: map[string]int{}, Driver: map[string]int{}, Binds: h.truth.binds, Snapshots: len(h.truth.tables), Victims: []Victim{}, Holders: []Holder{},
	}
	for i, p := range []*Range{&r.TCP, &r.UDP} {
		t.Pools = append(t.Pools, PoolTruth{transportNames[i], p.Start, p.Count, h.pools[i].capacity, h.pools[i].used()})
	}
	for _, a := range h.truth.attempts {
		if a.exhausted() {
			t.Failures++
		}
	}
	for _, id := range []uint16{4227, 4231, 4266} {
		if r.Log != nil {
			t.Log[strconv.Itoa(int(id))] = h.log.count(id)
		}
	}
	var told []*attempt
	if r.Trace != nil {
		told = h.trace.told()
		t.Lost = int(h.trace.lost + h.trace.dropped)
		for i := range h.trace.done {
			t.Events += h.trace.done[i].count
		}
	}
	for _, a := range told {
		if !a.exhausted() {
			t.Refused[fmt.Sprintf("0x%08X", a.status)]++
		}
	}
	for id, n := range h.trace.driver {
		t.Driver[strconv.Itoa(int(id))] = n
	}
	t.Windows = h.windows(told)
	j := &judge{host: h, told: told, damaged: len(r.Damage) > 0}
	shown := j.decide(t)
	t.Shown = transportNames[shown]
	h.victims(t, told)
	h.holders(t, shown)
	t.Missing = h.missing()
	return t
}

func (h *host) image(pid int) string {
	for _, p := range h.processes {
		if p.PID == pid {
			return p.Image
		}
	}
	return ""
}

func (h *host) victims(t *Truth, told []*attempt) {
	found := map[int]*Victim{}
	for _, a := range told {
		if !a.exhausted() {
			continue
		}
		t.Told++
		v := found[a.pid]
		if v == nil {
			v = &Victim{PID: a.pid, Image: h.image(a.pid)}
			found[a.pid] = v
		}
		v.Failures++
		if a.kind == "bind" {
			v.Bind++
		} else {
			v.Connect++
		}
	}
	for _, pid := range slices.Sorted(maps.Keys(found)) {
		t.Victims = append(t.Victims, *found[pid])
	}
	slices.SortStableFunc(t.Victims, func(a, b Victim) int { return cmp.Compare(b.Failures, a.Failures) })
	// A create that was lost leaves its process without a PID.
	t.Sure.Victims = h.recipe.Trace != nil && h.trace.complete() && len(h.recipe.Damage) == 0
}

// holders are those that the last table with PIDs shows; without one, those of the
// trace.
func (h *host) holders(t *Truth, shown int) {
	var byPID map[int]int
	for i := range h.truth.tables {
		if f := &h.truth.tables[i]; f.pids && len(f.byPID[shown]) > 0 {
			byPID = f.byPID[shown]
			t.Sure.Holder = f.bound
		}
	}
	if byPID == nil {
		byPID = h.truth.atEnd[shown]
		t.Sure.Holder = h.recipe.Trace != nil && h.trace.complete() && !h.unseen(shown)
	}
	// A refused attempt whose create was lost may be of either transport.
	if h.recipe.Trace != nil && !h.trace.complete() && slices.ContainsFunc(h.truth.attempts, func(a *attempt) bool { return a.transport == udp }) {
		t.Sure.Holder = false
	}
	// Which ports are dynamic, the range tells.
	t.Sure.Holder = t.Sure.Holder && len(h.recipe.Damage) == 0 && h.recipe.Texts.Range != ""
	for _, pid := range slices.Sorted(maps.Keys(byPID)) {
		t.Holders = append(t.Holders, Holder{pid, h.image(pid), byPID[pid]})
	}
	slices.SortStableFunc(t.Holders, func(a, b Holder) int { return cmp.Compare(b.Ports, a.Ports) })
}

// unseen tells that sockets hold ports which no trace can tell of: they are older, or
// chose their port when they connected.
func (h *host) unseen(transport int) bool {
	for _, s := range h.sockets {
		if s.transport == transport && !s.told && !s.waiting && s.port != 0 && h.pools[transport].dynamic[s.port] {
			return true
		}
	}
	return false
}

// missing are inputs that are not written and would have told more.
func (h *host) missing() []string {
	var out []string
	r := h.recipe
	if r.Trace == nil {
		out = append(out, "netsh trace")
	}
	if r.Log == nil {
		out = append(out, "System.evtx")
	}
	if r.Texts.Range == "" {
		out = append(out, "dynamic port range")
	}
	return out
}
