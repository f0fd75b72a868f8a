package synth

import (
	"slices"
	"strings"

	"portverdict/netstatparse/textgen"
)

// attempt is one refused bind or connect.
type attempt struct {
	at        ticks // of the record with the status
	pid       int
	kind      string // "bind" or "connect"
	transport int
	status    uint32
	stated    bool // a stated port was asked for
}

// exhausted tells of an attempt that found no port left.
func (a *attempt) exhausted() bool { return a.status == tooMany && !a.stated }

const never = ticks(1 << 62)

// use is one socket's hold of a port, or of the right to one, from its bind on.
type use struct {
	pid       int
	habit     *Sockets // nil: it listens
	transport int
	boot      int
	port      uint16 // 0 not chosen yet
	opened    ticks
	chosen    ticks // when it had its port
	closed    ticks // when its close was asked for
	freed     ticks // when its port was free again; after closed when it waited
	seen      bool  // the trace tells of its bind
	late      bool  // its port was chosen at the connect, of which the trace tells no port
}

// told tells that the trace has the port of it.
func (u *use) told() bool { return u.seen && !u.late && u.port != 0 }

// dynamic tells that any port was asked for.
func (u *use) dynamic() bool { return u.habit != nil && u.habit.Port == 0 }

// leaks tells that nothing would have closed it.
func (u *use) leaks() bool { return u.habit != nil && u.habit.Life <= 0 && u.habit.Held == 0 }

func (u *use) chose(at ticks, port uint16) { u.chosen, u.port = at, port }

// facts are what happened, whoever saw it.
type facts struct {
	attempts []*attempt
	binds    int
	uses     []*use
	tables   []tableFacts
}

func newFacts() *facts { return &facts{} }

func (f *facts) failed(a *attempt) { f.attempts = append(f.attempts, a) }

// took notes a socket that was bound, or was open from before.
func (f *facts) took(s *socket, at ticks) {
	s.use = &use{
		pid: s.process.PID, habit: s.habit, transport: s.transport, boot: s.process.boot, port: s.port, opened: at, chosen: at, closed: never, freed: never,
		seen: s.seen, late: s.habit != nil && s.habit.Deferred && s.port == 0,
	}
	f.uses = append(f.uses, s.use)
}

func (f *facts) closed(s *socket, at ticks) {
	if s.use != nil && s.use.closed == never {
		s.use.closed = at
	}
}

func (f *facts) freed(s *socket, at ticks) {
	if s.use != nil {
		s.use.freed = at
	}
}

// tableFacts is what one saved table shows.
type tableFacts struct {
	file     string
	at       ticks
	boot     int
	timed    bool
	rows     int
	bound    bool   // -q
	pids     bool   // -o
	complete bool   // what it does not show is free
	used     [2]int // dynamic ports, by transport
	held     [2]int // of them, those of a process that is told
	waiting  [2]int // of them, those that only wait
	byPID    [2]map[int]int
	orphans  [2]map[int]int // bound and in no other state, by PID
	halfShut [2]map[int]int // in CLOSE_WAIT, by PID
	most     [2]int         // ports towards one remote endpoint
}

// shown is what the rows of a table tell.
func (h *host) shown(want *Table, rows []textgen.Row) tableFacts {
	f := tableFacts{
		file: want.File, at: h.now, boot: h.boot, timed: want.Stamp != "", rows: len(rows), bound: strings.Contains(want.Flags, "q"),
		pids: strings.Contains(want.Flags, "o"),
	}
	datagrams, bound := false, false
	for i := range transportNames {
		f.byPID[i], f.orphans[i], f.halfShut[i] = map[int]int{}, map[int]int{}, map[int]int{}
		seen := portsOf(h, rows, i)
		for _, p := range seen {
			f.used[i]++
			if p.waits {
				f.waiting[i]++
			}
			for n, pid := range p.pids {
				if slices.Contains(p.pids[:n], pid) || !f.pids {
					continue
				}
				f.byPID[i][pid]++
				if !p.other {
					f.orphans[i][pid]++
				}
				if p.halfShut {
					f.halfShut[i][pid]++
				}
			}
			if f.pids && len(p.pids) > 0 {
				f.held[i]++
			}
		}
		f.most[i] = towardsOne(seen)
	}
	for _, r := range rows {
		datagrams = datagrams || r.Proto == "UDP"
		bound = bound || r.State == "BOUND"
	}
	f.complete = datagrams && (bound || f.bound && want.Command) && len(h.recipe.Damage) == 0
	return f
}

// portSeen is a dynamic port as a table shows it.
type portSeen struct {
	port     int
	pids     []int // not 0
	remotes  []string
	other    bool // a row that is not BOUND
	waits    bool // rows of TIME_WAIT only
	halfShut bool
}

// portsOf gathers the rows of each dynamic port of a transport, in order of the ports.
func portsOf(h *host, rows []textgen.Row, transport int) []portSeen {
	index := map[int]int{}
	var out []portSeen
	for _, r := range rows {
		port := portOf(r.Local)
		if (r.Proto == "UDP") != (transport == udp) || !h.pools[transport].dynamic[port] {
			continue
		}
		at, known := index[port]
		if !known {
			at = len(out)
			index[port] = at
			out = append(out, portSeen{port: port, waits: true})
		}
		p := &out[at]
		if r.PID > 0 {
			p.pids = append(p.pids, r.PID)
		}
		p.waits = p.waits && r.State == "TIME_WAIT"
		p.other = p.other || r.State != "BOUND"
		p.halfShut = p.halfShut || r.State == "CLOSE_WAIT"
		if r.State == "ESTABLISHED" || r.State == "TIME_WAIT" || r.State == "CLOSE_WAIT" {
			p.remotes = append(p.remotes, r.Remote)
		}
	}
	return out
}

// towardsOne is the most ports that are connected to one remote endpoint.
func towardsOne(ports []portSeen) int {
	of := map[string]int{}
	most := 0
	for _, p := range ports {
		for _, remote := range p.remotes {
			of[remote]++
			most = max(most, of[remote])
		}
	}
	return most
}

var transportNames = [2]string{"tcp", "udp"}

func (h *host) stamp(at ticks) string { return h.time(at).UTC().Format("2006-01-02T15:04:05.9999999Z") }

func portOf(local string) int {
	n := 0
	for _, c := range local[strings.LastIndexByte(local, ':')+1:] {
		n = 10*n + int(c-'0')
	}
	return n
}
