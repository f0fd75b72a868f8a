package synth

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Truth is what happened on the host and what the files tell of it. It is known
// before any of them is read.
//
// Where a figure lies too near to a threshold, or the rules leave more than one answer,
// what is as good stands beside the answer (also, ..._also); a part of which nothing can
// be said is not sure.
type Truth struct {
	Why           string         `json:"why"`
	Seed          uint64         `json:"seed"`
	Host          string         `json:"host"`
	Outcome       string         `json:"outcome"`                  // by what the files tell
	Also          []string       `json:"also,omitempty"`           // outcomes that are as good
	Because       string         `json:"because"`                  // of the outcome
	Transport     string         `json:"transport"`                // of the pool that the headline is about
	TransportAlso []string       `json:"transport_also,omitempty"` // as bad, or as well
	Cause         string         `json:"cause"`                    // of that pool
	Pools         []PoolTruth    `json:"pools"`
	Windows       []Window       `json:"windows"`           // the episodes, in time order
	Holders       []Holder       `json:"holders"`           // by what the files tell
	Victims       []Victim       `json:"victims"`           // that the trace tells of
	Failures      int            `json:"failures"`          // refused for want of a port, on the host
	Told          int            `json:"told"`              // of them, those the trace tells of
	Sure          Sure           `json:"sure"`              // what the files suffice for
	Missing       []string       `json:"missing,omitempty"` // inputs that a reader must ask for
	Lost          int            `json:"lost"`              // events and buffers, by the trace's header
	Refused       map[string]int `json:"refused"`           // told by the trace, for another reason or a stated port, by status
	Driver        map[string]int `json:"tcpip"`             // events of the TCP/IP driver, by id
	Log           map[string]int `json:"evtx"`
	Events        int            `json:"events"`
	Binds         int            `json:"binds_ok"`
	Snapshots     int            `json:"snapshots"`
}

// Sure says what the files suffice for: who was refused and how often, the episodes,
// and some holder's ports.
type Sure struct {
	Victims bool `json:"victims"`
	Windows bool `json:"windows"`
	Holder  bool `json:"holder"`
}

// PoolTruth is one pool.
type PoolTruth struct {
	Host      string   `json:"host"`
	Transport string   `json:"transport"`
	Family    string   `json:"family"`
	Start     int      `json:"start"`
	Count     int      `json:"count"`
	Capacity  int      `json:"capacity"`
	Ranged    bool     `json:"range_told"`          // else none of its figures is sure
	Used      *int     `json:"used"`                // most ports that the files show in use at one time; nil: none tells
	UsedMost  int      `json:"used_most,omitempty"` // if closes that were under way count
	UsedSure  bool     `json:"used_sure"`
	UsedAtEnd int      `json:"used_at_end"` // on the host
	Outcome   string   `json:"outcome"`
	Also      []string `json:"also,omitempty"`
	Because   string   `json:"because"`
	Cause     string   `json:"cause"`
	CauseAlso []string `json:"cause_also,omitempty"`
	CauseSure bool     `json:"cause_sure"`
	Windows   []int    `json:"windows"`
}

// Window is an episode.
type Window struct {
	Host      string   `json:"host"`
	Transport string   `json:"transport"`
	From      string   `json:"from"` // first refused attempt or record
	FromAlso  []string `json:"from_also,omitempty"`
	To        string   `json:"to"` // last one
	ToAlso    []string `json:"to_also,omitempty"`
	Ends      string   `json:"ends"`
	EndsAlso  []string `json:"ends_also,omitempty"`
	EndedAt   string   `json:"ended_at"`
	Failures  int      `json:"failures"`
	Records   int      `json:"records"` // 4231 or 4266
	Balance   Balance  `json:"balance"`
}

// Balance says where the ports were. Its parts add up to the capacity.
type Balance struct {
	Sure        bool    `json:"sure"`
	At          string  `json:"at"`
	Basis       string  `json:"basis"`
	Distance    float64 `json:"distance_seconds"`
	Capacity    int     `json:"capacity"`
	Holders     int     `json:"holders"`
	StuckCloses int     `json:"stuck_closes"`
	TimeWait    int     `json:"time_wait"`
	Unaccounted int     `json:"unaccounted"`
	Free        int     `json:"free"`
	Closing     int     `json:"closing,omitempty"` // closes under way, that may count as held
}

// Victim is a process whose attempts were refused, told for each pool.
type Victim struct {
	Transport string `json:"transport"`
	PID       int    `json:"pid"`
	Image     string `json:"image"`
	Failures  int    `json:"failures"`
	Bind      int    `json:"bind"`
	Connect   int    `json:"connect"`
}

// Holder is a process that held ports, or the sum of all of one image, which has PID 0,
// in one episode or, with window -1, where none decides the pool.
type Holder struct {
	Transport string `json:"transport"`
	Window    int    `json:"window"`
	PID       int    `json:"pid"`
	Image     string `json:"image"`
	Instances int    `json:"instances"`
	Ports     int    `json:"ports"`
	PortsMost int    `json:"ports_most"`
	Sure      bool   `json:"sure"`     // it stands in the list, with these ports
	Named     bool   `json:"named"`    // it must be
	MayName   bool   `json:"may_name"` // it may be; nobody else may
}

// tell sums up a host that has run.
func (h *host) tell() *Truth {
	r := h.recipe
	t := &Truth{
		Why: r.Why, Seed: r.Seed, Host: r.Host.Name, Log: map[string]int{}, Refused: map[string]int{}, Driver: map[string]int{}, Binds: h.truth.binds,
		Snapshots: len(h.truth.tables), Windows: []Window{}, Victims: []Victim{}, Holders: []Holder{},
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
	j := newJudge(h, told)
	j.tell(t)
	h.victims(t, told)
	t.Missing = h.missing()
	return t
}

// tell fills in what is judged.
func (j *judge) tell(t *Truth) {
	pools := [2]answer{j.pool(tcp), j.pool(udp)}
	all, headline := j.bundle(pools)
	t.Outcome, t.Also, t.Because = all.outcome, all.also, all.because
	t.Transport, t.TransportAlso = headline[0], headline[1:]
	index := j.tellWindows(t)
	for i := range transportNames {
		t.Pools = append(t.Pools, j.poolTruth(i, pools[i], index))
		j.holders(t, i, pools[i], index)
	}
	t.Cause = t.Pools[slices.Index(transportNames[:], t.Transport)].Cause
	t.Sure.Windows = !j.damaged && (!j.views[tcp].trace || j.views[tcp].whole)
	for _, list := range j.episodes {
		for _, e := range list {
			t.Sure.Windows = t.Sure.Windows && !e.unsure
		}
	}
}

// tellWindows gives the episodes in time order, and where each stands.
func (j *judge) tellWindows(t *Truth) map[*episode]int {
	type of struct {
		*episode
		transport int
	}
	var list []of
	for i := range transportNames {
		for _, e := range j.episodes[i] {
			list = append(list, of{e, i})
		}
	}
	slices.SortStableFunc(list, func(a, b of) int { return cmp.Compare(a.from, b.from) })
	index := map[*episode]int{}
	for k, e := range list {
		index[e.episode] = k
		w := Window{
			Host: j.host.recipe.Host.Name, Transport: transportNames[e.transport], From: j.host.stamp(e.from), To: j.host.stamp(e.to), Ends: e.ends[0], EndsAlso: e.ends[1:],
			Failures: len(e.refusals), Records: len(e.records),
		}
		j.edges(&w, e.episode, j.views[e.transport])
		if e.endedAt != 0 {
			w.EndedAt = j.host.stamp(e.endedAt)
		}
		b := j.books(e.transport, e.episode)
		w.Balance = Balance{Sure: b.sure, Basis: b.basis, Capacity: b.capacity, Holders: b.holders, StuckCloses: b.stuck, TimeWait: b.waiting, Unaccounted: b.unaccounted, Free: b.free}
		for _, n := range b.closing {
			w.Balance.Closing += n
		}
		if b.basis != "none" {
			w.Balance.At, w.Balance.Distance = j.host.stamp(b.at), float64(b.distance)/float64(second)
		}
		t.Windows = append(t.Windows, w)
	}
	return index
}

// edges adds the beginnings and ends of an episode that are as good: the refused attempts
// without the records about them, with the driver's own, and with a 4227.
func (j *judge) edges(w *Window, e *episode, v *view) {
	const about = 10 * second
	if n := len(e.refusals); n > 0 {
		first, last := e.refusals[0].at, e.refusals[n-1].at
		if first > e.from {
			w.FromAlso = append(w.FromAlso, j.host.stamp(first))
		}
		if r := j.host.recipe.Trace; r != nil && r.TCPIP {
			w.FromAlso = append(w.FromAlso, j.host.stamp(first-driverBefore))
		}
		if last < e.to && e.to-last <= about {
			w.ToAlso = append(w.ToAlso, j.host.stamp(last))
		}
	}
	for _, at := range v.reused {
		if at > e.to && at <= e.to+near5m {
			w.ToAlso = append(w.ToAlso, j.host.stamp(at))
		}
	}
}

func (j *judge) poolTruth(i int, a answer, index map[*episode]int) PoolTruth {
	v := j.views[i]
	r := []*Range{&j.host.recipe.TCP, &j.host.recipe.UDP}[i]
	p := PoolTruth{
		Host: j.host.recipe.Host.Name, Transport: transportNames[i], Family: "any", Start: r.Start, Count: r.Count, Capacity: v.capacity, Ranged: v.ranged,
		UsedAtEnd: j.host.pools[i].used(), Outcome: a.outcome, Also: a.also, Because: a.because, Windows: []int{},
	}
	if sure, atAll, known := v.used(); known {
		p.Used, p.UsedSure = &sure, v.ranged && !j.damaged && (!v.trace || v.whole)
		if atAll > sure {
			p.UsedMost = atAll
		}
	}
	if list := j.causes(i, a); list != nil {
		p.Cause, p.CauseAlso, p.CauseSure = list[0], list[1:], true
	}
	for _, e := range j.episodes[i] {
		p.Windows = append(p.Windows, index[e])
	}
	return p
}

func (h *host) image(pid int) string {
	for _, list := range [][]*process{h.processes, h.past} {
		for _, p := range list {
			if p.PID == pid {
				return p.Image
			}
		}
	}
	return ""
}

// victims are told for each pool, the most refused first.
func (h *host) victims(t *Truth, told []*attempt) {
	for _, a := range told {
		if !a.exhausted() {
			continue
		}
		t.Told++
		k := slices.IndexFunc(t.Victims, func(v Victim) bool { return v.PID == a.pid && v.Transport == transportNames[a.transport] })
		if k < 0 {
			k = len(t.Victims)
			t.Victims = append(t.Victims, Victim{Transport: transportNames[a.transport], PID: a.pid, Image: h.image(a.pid)})
		}
		v := &t.Victims[k]
		v.Failures++
		if a.kind == "bind" {
			v.Bind++
		} else {
			v.Connect++
		}
	}
	slices.SortStableFunc(t.Victims, func(a, b Victim) int {
		return cmp.Or(b.Failures-a.Failures, a.PID-b.PID, cmp.Compare(a.Transport, b.Transport))
	})
	// A create that was lost leaves its process without a PID.
	t.Sure.Victims = h.recipe.Trace != nil && h.trace.complete() && len(h.recipe.Damage) == 0
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
