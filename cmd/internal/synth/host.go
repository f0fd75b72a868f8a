package synth

import (
	"container/heap"
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// ticks are 100 ns since the start of the recipe.
type ticks int64

const (
	second      = ticks(1e7)
	millisecond = second / 1000
	microsecond = millisecond / 1000
)

func ticksOf(d Duration) ticks { return ticks(time.Duration(d) / 100) }

// host is the machine while it runs.
type host struct {
	ctx       context.Context
	recipe    *Recipe
	random    *rand.Rand
	now       ticks
	agenda    agenda
	steps     uint64
	pools     [2]*pool
	processes []*process
	past      []*process // of the boot before
	boot      int        // how many restarts there were
	sockets   []*socket  // in no order
	endpoints []uint64   // closed, to be used again
	made      uint64     // endpoints so far
	waiting   map[int]int
	shared    map[uint16]map[int]bool // remote endpoints of a re-used port
	reusable  []uint16
	trace     *tracer
	log       *logger
	tables    *tabler
	truth     *facts
}

const (
	tcp = 0
	udp = 1
)

type process struct {
	*Process
	key   uint64 // EPROCESS
	began ticks
	boot  int
}

// socket is one socket, or what is left of it in TIME_WAIT.
type socket struct {
	process   *process
	habit     *Sockets
	transport int
	endpoint  uint64
	port      uint16 // 0 none yet
	remote    int    // -1 not connected
	listening bool
	waiting   bool
	closed    bool
	seen      bool // the trace tells of its bind
	use       *use // nil as long as it got nothing
	index     int  // in host.sockets
}

// item is something that will happen.
type item struct {
	at   ticks
	seq  uint64
	boot int // that it ends with; -1 none
	do   func()
}

type agenda []item

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(item)) }
func (a *agenda) Pop() any {
	old := *a
	x := old[len(old)-1]
	*a = old[:len(old)-1]
	return x
}

// later plans what will happen unless the machine restarts before.
func (h *host) later(at ticks, do func()) { h.plan(at, h.boot, do) }

// surely plans what a restart does not undo.
func (h *host) surely(at ticks, do func()) { h.plan(at, -1, do) }

func (h *host) plan(at ticks, boot int, do func()) {
	h.steps++
	heap.Push(&h.agenda, item{at, h.steps, boot, do})
}

func newHost(r *Recipe) *host {
	h := &host{
		recipe: r, random: rand.New(rand.NewPCG(r.Seed, 0x706f7274)), pools: [2]*pool{newPool(&r.TCP), newPool(&r.UDP)},
		waiting: map[int]int{}, shared: map[uint16]map[int]bool{}, truth: newFacts(),
	}
	for i := range r.Processes {
		h.processes = append(h.processes, &process{Process: &r.Processes[i], key: h.address(0x8000000000, 0x0A000000) + uint64(i+1)*0x1000})
	}
	h.trace, h.log, h.tables = newTracer(h), newLogger(h), newTabler(h)
	return h
}

// address is a kernel address of the host's width.
func (h *host) address(low64, low32 uint64) uint64 {
	if h.recipe.Host.Bits == 32 {
		return 0x80000000 + low32
	}
	return 0xFFFF9A0000000000 + low64
}

// run lets the time of the recipe pass.
func (h *host) run() {
	end := ticksOf(h.recipe.Duration)
	for _, p := range h.processes {
		h.begin(p)
	}
	h.tables.plan()
	if h.recipe.Restart > 0 {
		h.surely(ticksOf(h.recipe.Restart), h.stop)
	}
	for len(h.agenda) > 0 && h.agenda[0].at <= end {
		if h.steps%1024 == 0 && h.ctx.Err() != nil {
			return
		}
		next := heap.Pop(&h.agenda).(item)
		h.now = next.at
		h.trace.flush(h.now)
		if next.boot < 0 || next.boot == h.boot {
			next.do()
		}
	}
	h.now = end
	h.trace.close()
}

// begin opens what a process has from before the start, and plans its habits.
func (h *host) begin(p *process) {
	h.trace.names(p)
	for _, port := range p.Listen {
		h.pools[tcp].hold(uint16(port))
		s := &socket{process: p, transport: tcp, port: uint16(port), remote: -1, listening: true}
		h.add(s)
		h.truth.took(s, h.now)
	}
	for k := range p.Sockets {
		habit := &p.Sockets[k]
		for range habit.Held {
			s := &socket{process: p, habit: habit, transport: transportOf(habit), remote: -1}
			port, ok := h.pools[s.transport].take(h.random)
			if !ok {
				break
			}
			if s.port = port; habit.Connect {
				s.remote = h.random.IntN(habit.Remotes)
			}
			h.add(s)
			h.truth.took(s, h.now)
		}
		if habit.Rate > 0 {
			h.next(p, habit, max(h.now, ticksOf(habit.From)))
		}
		if back := ticksOf(habit.Back); back > h.now {
			h.later(back, func() { h.giveBack(p, habit) })
		}
	}
}

// giveBack closes all that a process has open by a habit, one soon after the other.
func (h *host) giveBack(p *process, habit *Sockets) {
	at := h.now
	for _, s := range h.sockets {
		if s.process == p && s.habit == habit && !s.closed {
			at += millisecond
			h.later(at, func() { h.end(s) })
		}
	}
}

func transportOf(habit *Sockets) int {
	if habit.Transport == "udp" {
		return udp
	}
	return tcp
}

// next plans the next opening of a habit.
func (h *host) next(p *process, habit *Sockets, from ticks) {
	at := from + max(1, ticks(h.random.ExpFloat64()*60/habit.Rate*float64(second)))
	if at >= ticksOf(habit.Until) {
		return
	}
	h.later(at, func() {
		h.open(p, habit)
		h.next(p, habit, at)
	})
}

func (h *host) add(s *socket) {
	s.index = len(h.sockets)
	h.sockets = append(h.sockets, s)
}

func (h *host) remove(s *socket) {
	last := h.sockets[len(h.sockets)-1]
	h.sockets[s.index], last.index = last, s.index
	h.sockets = h.sockets[:len(h.sockets)-1]
}

// endpoint gives the address of a new endpoint: that of one that was closed, if
// there is one, as Windows re-uses them.
func (h *host) endpoint() uint64 {
	if n := len(h.endpoints); n > 0 {
		e := h.endpoints[n-1]
		h.endpoints = h.endpoints[:n-1]
		return e
	}
	h.made++
	return h.address(0x8100000000, 0x20000000) + h.made*0x40
}

// open is one socket from its creation to where it is bound or refused.
func (h *host) open(p *process, habit *Sockets) {
	s := &socket{process: p, habit: habit, transport: transportOf(habit), endpoint: h.endpoint(), remote: -1}
	h.trace.create(s)
	pool, port, status := h.pools[s.transport], uint16(0), uint32(0)
	switch {
	case habit.Refused != "":
		status = refusals[habit.Refused]
	case habit.Port > 0:
		if port = uint16(habit.Port); !pool.claim(port) {
			port, status = 0, refusals["sharing-violation"]
		}
	case habit.Deferred:
	default:
		var ok bool
		if port, ok = pool.take(h.random); !ok {
			status = refusals["too-many-addresses"]
		}
	}
	s.port = port
	a := h.trace.bind(s, status)
	if status != 0 {
		if habit.Refused == "" && habit.Port == 0 {
			h.failed(s, a)
		}
		h.drop(s)
		return
	}
	h.truth.binds++
	h.truth.took(s, h.now)
	h.add(s)
	if habit.Connect {
		h.later(h.now+2*millisecond, func() { h.connect(s) })
		return
	}
	h.live(s)
}

// connect connects a socket, and chooses its port if that was put off.
func (h *host) connect(s *socket) {
	if s.closed {
		return
	}
	s.remote = h.random.IntN(s.habit.Remotes)
	status := failures[s.habit.Fails]
	if s.port == 0 && !h.choose(s) {
		status = refusals["too-many-addresses"]
	}
	a := h.trace.connect(s, status)
	if status != 0 {
		if status == tooMany {
			h.failed(s, a)
		}
		h.remove(s)
		s.remote, s.closed = -1, true
		h.truth.closed(s, h.now)
		h.drop(s)
		if s.port != 0 {
			h.later(h.now+closing, func() { h.free(s) })
		}
		return
	}
	h.live(s)
}

// choose gives a socket a port at its connect: a free one, else, if it may, one that
// serves other remote endpoints.
func (h *host) choose(s *socket) bool {
	port, ok := h.pools[s.transport].take(h.random)
	if !ok && s.habit.Reuse {
		for _, candidate := range h.reusable {
			if h.shared[candidate] != nil && !h.shared[candidate][s.remote] {
				h.pools[s.transport].hold(candidate)
				h.trace.weakly(s, candidate)
				port, ok = candidate, true
				break
			}
		}
	}
	if !ok {
		return false
	}
	s.use.chose(h.now, port)
	if s.port = port; s.habit.Reuse {
		if h.shared[port] == nil {
			h.shared[port] = map[int]bool{}
			h.reusable = append(h.reusable, port)
		}
		h.shared[port][s.remote] = true
	}
	return true
}

// failed is an attempt refused for want of a port.
func (h *host) failed(s *socket, a *attempt) {
	h.truth.failed(a)
	h.trace.notAcquired(s, a)
	h.log.exhausted(s)
	s.remote = -1
}

// live plans the end of a socket.
func (h *host) live(s *socket) {
	if s.habit.Life <= 0 {
		return
	}
	life := ticks(h.random.ExpFloat64() * float64(ticksOf(s.habit.Life)))
	at := h.now + max(life, millisecond)
	if t := h.recipe.Trace; t != nil && at > ticksOf(t.Until)-millisecond && at <= ticksOf(t.Until) {
		at = ticksOf(t.Until) + millisecond // a close of which the trace has a part only would be told in two ways
	}
	h.later(at, func() { h.end(s) })
}

// end closes a socket. One that was connected keeps its port in TIME_WAIT.
func (h *host) end(s *socket) {
	if s.closed {
		return
	}
	s.closed = true
	h.trace.closed(s)
	h.truth.closed(s, h.now)
	h.forget(s)
	if s.habit.Hangs {
		h.log.hangs(s)
		h.later(h.now+closing, func() { h.remove(s) })
		return
	}
	if s.transport == udp || s.remote < 0 || s.habit.PeerGone || h.recipe.TimeWait <= 0 {
		h.later(h.now+closing, func() {
			h.remove(s)
			h.free(s)
		})
		return
	}
	s.waiting = true
	h.waiting[s.remote]++
	h.later(h.now+ticksOf(h.recipe.TimeWait), func() {
		h.waiting[s.remote]--
		h.remove(s)
		h.free(s)
	})
}

func (h *host) free(s *socket) {
	h.truth.freed(s, h.now)
	if s.port == 0 {
		return
	}
	h.pools[s.transport].release(s.port)
	if known := h.shared[s.port]; known != nil && s.habit.Reuse {
		if delete(known, s.remote); len(known) == 0 {
			delete(h.shared, s.port)
			for i, port := range h.reusable {
				if port == s.port {
					h.reusable = append(h.reusable[:i], h.reusable[i+1:]...)
					break
				}
			}
		}
	}
}

// drop closes a socket that got nothing.
func (h *host) drop(s *socket) {
	h.trace.closed(s)
	h.forget(s)
}

// closing is how long a close takes.
const closing = 250 * microsecond

// forget gives the address of an endpoint back once it is closed.
func (h *host) forget(s *socket) {
	h.later(h.now+closing, func() { h.endpoints = append(h.endpoints, s.endpoint) })
}

// local is the machine's own time.
func (h *host) local(at ticks) time.Time {
	zone, err := time.LoadLocation(h.recipe.Host.Zone)
	if err != nil {
		zone = time.UTC // the recipe was checked
	}
	return h.time(at).In(zone)
}

func (h *host) time(at ticks) time.Time {
	return h.recipe.Start.Add(time.Duration(at) * 100)
}

// share tells of one of n with a probability.
func (h *host) share(p float64) bool { return p > 0 && h.random.Float64() < p }

// count gives a whole number around a mean.
func (h *host) count(mean float64) int {
	whole := math.Floor(mean)
	if h.random.Float64() < mean-whole {
		whole++
	}
	return int(whole)
}
