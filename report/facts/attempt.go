package facts

import (
	"cmp"
	"fmt"
	"slices"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// operation is one attempt to bind or to connect: an enter record and what follows it on
// the endpoint, up to the next enter, create or close. It is counted once, at the first
// record that has its failing status.
type operation struct {
	seen    bool // a record of this kind was seen on the endpoint
	entered bool // the enter record of the present attempt was seen
	port    int  // requested; -1 unknown
	told    bool // its end is counted, or known to be a success
	exit    uint16
	exitAt  etl.FileTime
	// A failing record that AFD wrote for itself counts only if no other tells of it.
	internal bool
	at       place
	status   winsock.Status
}

func (t *Trace) fold(at *place, f *winsock.Fact) {
	if at.time > t.to && f.Op != winsock.OpProcess {
		return
	}
	switch f.Op {
	case winsock.OpCreate:
		t.create(at, f)
	case winsock.OpBind:
		t.operate(at, f, true)
	case winsock.OpConnect:
		t.operate(at, f, false)
	case winsock.OpCleanup:
		if ep := t.endpoints.get(f.Endpoint); ep != nil {
			ep.cleaned = true
		}
	case winsock.OpClose:
		if f.EnterExit != 0 {
			t.close(f.Endpoint, at.time)
		}
	case winsock.OpPortFailure:
		t.portFailure(at, f)
	case winsock.OpWeakReference:
		if t.within(at.time) {
			d := seedOf(at, weaklyGiven)
			d.port = int32(f.Port)
			t.WeakRef.add(groupKey{}, &d)
		}
	case winsock.OpProcess:
		t.processEvent(at, f)
	}
}

// operate folds one bind or connect record.
func (t *Trace) operate(at *place, f *winsock.Fact, bind bool) {
	ep := t.endpoint(f, at.time)
	op := &ep.connect
	if bind {
		op = &ep.bind
	}
	port := -1
	if bind && f.HasAddress {
		port = int(f.Address.Port())
	}
	switch {
	case begins(f):
		t.settleOne(ep, bind)
		*op = operation{seen: true, entered: true, port: port}
		if bind {
			ep.refused = false
		}
		if failing(f.Status) {
			op.told = true
			t.refuse(at, ep, f.Status, port, bind)
		}
	case f.EnterExit == 1 || f.Legacy:
		t.exit(at, f, ep, op, port, bind)
	default:
		op.seen = true
		if failing(f.Status) && !op.told && !op.internal {
			op.internal, op.status, op.at = true, f.Status, *at
		}
	}
}

// begins tells that a record begins an attempt. Of Vista's, which have no phase, 4 and 5
// begin a connect that 6 completes.
func begins(f *winsock.Fact) bool {
	if f.Legacy {
		return f.ID == 4 || f.ID == 5
	}
	return f.EnterExit == 0
}

// exit folds the record of a completion. 1029 and 1030 both tell of one; a second record
// of the same id is a further attempt whose enter was lost.
func (t *Trace) exit(at *place, f *winsock.Fact, ep *endpoint, op *operation, port int, bind bool) {
	again := op.exit == f.ID || !op.entered && op.exit != 0 && at.time-op.exitAt > ticks(sameExit)
	if again {
		t.settleOne(ep, bind)
		*op = operation{}
		if bind {
			ep.refused = false
		}
	}
	known := op.told
	requested := -1
	if op.entered {
		requested = op.port
	}
	if requested < 0 && failing(f.Status) {
		requested = port
	}
	op.seen, op.exit, op.exitAt, op.internal = true, f.ID, at.time, false
	switch {
	case known:
		return
	case failing(f.Status):
		op.told = true
		t.refuse(at, ep, f.Status, requested, bind)
	case f.Status != winsock.StatusSuccess:
		return // STATUS_PENDING and its kin are not final
	case bind:
		op.told = f.HasAddress // a record without an address leaves the port to the other
		t.bound(at, f, ep, requested)
	default:
		op.told = true
		t.attempted(at, ep.process)
	}
}

// attempted counts an attempt that ended.
func (t *Trace) attempted(at *place, p *Process) {
	if t.within(at.time) {
		t.Attempts++
		p.Attempts++
	}
}

// settle counts what AFD wrote for itself of an endpoint's last attempts.
func (t *Trace) settle(ep *endpoint) {
	t.settleOne(ep, true)
	t.settleOne(ep, false)
}

func (t *Trace) settleOne(ep *endpoint, bind bool) {
	op := &ep.connect
	if bind {
		op = &ep.bind
	}
	if !op.internal || op.told {
		return
	}
	port := -1
	if op.entered {
		port = op.port
	}
	op.internal, op.told = false, true
	t.refuse(&op.at, ep, op.status, port, bind)
}

// bound folds a successful bind. A port of 0 given means that the choice is deferred to
// the connect: it proves nothing and holds nothing yet.
func (t *Trace) bound(at *place, f *winsock.Fact, ep *endpoint, requested int) {
	ep.refused, ep.stated = false, requested > 0
	if ep.portless {
		return
	}
	if f.HasAddress && f.Address.Port() == 0 {
		t.attempted(at, ep.process)
		ep.deferred = true
		return
	}
	if !f.HasAddress {
		return
	}
	tr, port := transportOf(ep.transport), f.Address.Port()
	if tr == Unknown {
		if !ep.holds {
			ep.untold, ep.holdsAs, ep.port, ep.got, ep.dynamic = true, Unknown, port, *at, requested <= 0
		}
		return
	}
	t.attempted(at, ep.process)
	t.hold(ep, tr, port, requested == 0, at)
	if requested != 0 || !t.within(at.time) {
		return
	}
	p := ep.process
	p.Opened[tr]++
	sp := &t.Dynamic[tr]
	sp[0].add(at.time, port)
	if ep.v6() {
		sp[2].add(at.time, port)
	} else {
		sp[1].add(at.time, port)
	}
	t.line[tr].success(at.time)
	t.succeedRun(tr, at.time, ep.v6())
	d := seedOf(at, bindGiven)
	d.transport, d.status, d.port = tr, f.Status, int32(port)
	d.pid, d.process, d.endpoint = p.PID, f.Process, f.Endpoint
	t.Success[tr].add(groupKey{}, &d)
}

func transportOf(t winsock.Transport) Transport {
	switch t {
	case winsock.TransportTCP:
		return TCP
	case winsock.TransportUDP:
		return UDP
	}
	return Unknown
}

// refuse folds a failed attempt.
func (t *Trace) refuse(at *place, ep *endpoint, status winsock.Status, requested int, bind bool) {
	p := ep.process
	tr := transportOf(ep.transport)
	d := seedOf(at, connectRefused)
	if bind {
		d.what = bindRefused
	}
	d.transport, d.status, d.port = tr, status, int32(requested)
	d.pid, d.process, d.v6 = p.PID, p.Key, ep.v6()
	if !bind && ep.refused {
		return // the same attempt, counted at the bind
	}
	full := status == winsock.StatusTooManyAddresses
	if bind && full {
		ep.refused = true
	}
	if !t.within(at.time) {
		return
	}
	if full && ep.portless {
		t.NoPort.add(p.group(), &d)
		return
	}
	t.attempted(at, p)
	switch {
	case !full:
		t.other(status, p, &d)
	case requested > 0 || !bind && ep.stated:
		t.Stated.add(p.group(), &d)
	default:
		t.witness(at, ep, &d, bind)
	}
}

// witness folds an attempt that found no dynamic port.
func (t *Trace) witness(at *place, ep *endpoint, d *seed, bind bool) {
	p, tr := ep.process, d.transport
	if bind {
		t.BindRefused[tr].add(p.group(), d)
	} else {
		t.ConnectRefused[tr].add(p.group(), d)
	}
	if tr == Unknown {
		t.UnknownN++
		if len(t.Unknown) < maxUnknown {
			t.Unknown = append(t.Unknown, UnknownAttempt{stamp(at.time), p, ep.v6(), ep.serial})
		} else {
			t.limit("trace-unknown-transport", "further refused attempts of unknown transport have no time")
		}
		return
	}
	fam := 1
	if ep.v6() {
		fam = 2
	}
	for _, i := range []int{0, fam} {
		p.Refused[tr][i].add(at.time, !ep.hurt)
	}
	ep.hurt = true
	t.line[tr].refused(at.time)
	t.refuseRun(tr, at.time, ep.family, false)
}

func (r *Refusals) add(at etl.FileTime, fresh bool) {
	when := stamp(at)
	if r.Count == 0 || when.Before(r.First.Time) {
		r.First = when
	}
	if when.After(r.Last.Time) {
		r.Last = when
	}
	r.Count++
	if fresh {
		r.Endpoints++
	}
}

// other keeps failures that are not exhaustion.
func (t *Trace) other(status winsock.Status, p *Process, d *seed) {
	sm := t.Failed[uint32(status)]
	if sm == nil {
		if len(t.Failed) >= maxStatuses {
			t.limit("trace-too-many-statuses", "further failing statuses are not counted")
			return
		}
		sm = &Sample{}
		t.Failed[uint32(status)] = sm
	}
	sm.add(p.group(), d)
}

// group is the key under which a process's evidence rows are sampled.
func (p *Process) group() groupKey {
	if p.PID >= 0 {
		return groupKey{pid: p.PID}
	}
	return groupKey{pid: report.NoPID, key: p.Key}
}

func (t *Trace) portFailure(at *place, f *winsock.Fact) {
	if f.Status != winsock.StatusTooManyAddresses || f.HasAddress && f.Address.Port() != 0 || !t.within(at.time) {
		return
	}
	d := seedOf(at, notAcquired)
	d.status, d.transport = f.Status, transportOf(f.Transport)
	if f.HasPID {
		d.pid = report.PID(f.PID)
	}
	t.Acquire[d.transport].add(groupKey{pid: d.pid}, &d)
	if d.transport != Unknown {
		t.refuseRun(d.transport, at.time, f.Family, true)
	}
}

// sortUnknown puts the attempts of unknown transport by time.
func (t *Trace) sortUnknown() {
	slices.SortStableFunc(t.Unknown, func(a, b UnknownAttempt) int { return a.At.Compare(b.At.Time) })
}

// HexKey is an EPROCESS as verdict.json has it, "" for none.
func HexKey(v uint64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("0x%016X", v)
}

// Spread is where and when dynamic binds of a pool succeeded.
type Spread struct {
	Count       int
	First, Last report.Time
	Gap         etl.FileTime // widest time without a success, in 100 ns
	Ports       []uint32     // successes by port, 65536 long once used

	first, last etl.FileTime
}

func (sp *Spread) add(at etl.FileTime, port uint16) {
	if sp.Ports == nil {
		sp.Ports = make([]uint32, 1<<16)
		sp.first = at
	} else {
		sp.Gap = max(sp.Gap, at-sp.last)
	}
	sp.last = at
	sp.Count++
	sp.Ports[port]++
}

// LongestGap is the widest time without a success.
func (sp *Spread) LongestGap() (seconds float64) { return duration(sp.Gap).Seconds() }

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// failing is NT_SUCCESS turned round: warnings and errors, severity 2 and 3.
func failing(s winsock.Status) bool { return s >= 0x80000000 }

// StatusName is the name of an NTSTATUS, "" when it is not known.
func StatusName(status uint32) string { return winsock.Status(status).Name() }

// Witnesses are the samples of refused attempts of a transport, and of those whose
// transport no record tells.
func (t *Trace) Witnesses(tr Transport) []*Sample {
	if tr == Unknown {
		return []*Sample{&t.BindRefused[Unknown], &t.ConnectRefused[Unknown]}
	}
	return []*Sample{&t.BindRefused[tr], &t.ConnectRefused[tr], &t.BindRefused[Unknown], &t.ConnectRefused[Unknown]}
}
