package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

// operate folds one bind or connect record. An attempt is one exit record, or
// one failing enter (or AFD-internal) record that no exit follows.
func (t *trace) operate(at *place, f *winsock.Fact, bind bool) {
	ep := t.endpoint(f)
	op := &ep.connect
	if bind {
		op = &ep.bind
	}
	port := -1
	if bind && f.HasAddress {
		port = int(f.Address.Port())
	}
	switch {
	case f.EnterExit == 0 && !f.Legacy:
		t.settle(ep, bind)
		*op = operation{pending: true, port: port}
		op.note(at, f)
	case f.EnterExit == 1 || f.Legacy:
		t.exit(at, f, ep, op, port, bind)
	default:
		op.note(at, f)
	}
}

// note keeps a failing status that is not final yet.
func (op *operation) note(at *place, f *winsock.Fact) {
	if !failing(f.Status) || op.failed {
		return
	}
	op.failed, op.status, op.at = true, f.Status, *at
}

// settle counts a failing enter or internal record that no exit followed.
func (t *trace) settle(ep *endpoint, bind bool) {
	op := &ep.connect
	if bind {
		op = &ep.bind
	}
	if !op.failed {
		return
	}
	at, status, port := op.at, op.status, op.port
	if !op.pending {
		port = -1
	}
	*op = operation{lastExit: op.lastExit, lastState: op.lastState}
	t.refuse(&at, ep, status, port, bind)
}

func (t *trace) exit(at *place, f *winsock.Fact, ep *endpoint, op *operation, port int, bind bool) {
	if !op.pending && op.lastExit != 0 && op.lastExit != f.ID && op.lastState == f.Status {
		// 1029 and 1030 can both tell of the same completion.
		return
	}
	requested := -1
	if op.pending {
		requested = op.port
	}
	if requested < 0 && failing(f.Status) {
		requested = port
	}
	*op = operation{lastExit: f.ID, lastState: f.Status}
	switch {
	case failing(f.Status):
		t.refuse(at, ep, f.Status, requested, bind)
	case f.Status != winsock.StatusSuccess:
		return // STATUS_PENDING and its kin are not final
	case bind:
		t.bound(at, f, ep, requested)
	}
}

// bound folds a successful bind. A port of 0 given means that the choice is
// deferred to the connect: it proves nothing and holds nothing yet.
func (t *trace) bound(at *place, f *winsock.Fact, ep *endpoint, requested int) {
	ep.refused, ep.stated = false, requested > 0
	i := t.transportOf(ep)
	t.attempts[i]++
	if !f.HasAddress || f.Address.Port() == 0 {
		return
	}
	port := f.Address.Port()
	p := ep.process
	if ep.holds {
		p.open[ep.holdsAs]--
		t.open--
	}
	ep.holds, ep.holdsAs, ep.port, ep.since = true, i, port, at.time
	p.open[i]++
	t.open++
	p.series.add(at.time, p.open[tcp]+p.open[udp])
	t.line.open(at.time, t.open)
	if requested != 0 {
		return
	}
	p.opened[i]++
	t.dynamic[i].add(at.time, port)
	t.line.success(at.time)
	d := seedOf(at, bindGiven)
	d.transport, d.status, d.port = uint8(i), f.Status, int32(port)
	d.pid, d.process, d.endpoint = int32(p.pid), f.Process, f.Endpoint
	t.success.add(groupKey{}, &d)
}

// transportOf gives the index of the endpoint's transport. One that was never
// told counts as TCP, and how often is kept for the reasons.
func (t *trace) transportOf(ep *endpoint) int {
	if i := index(ep.transport); i >= 0 {
		return i
	}
	t.unknownTransport++
	return tcp
}

// refuse folds a failed attempt.
func (t *trace) refuse(at *place, ep *endpoint, status winsock.Status, requested int, bind bool) {
	p := ep.process
	d := seedOf(at, connectRefused)
	if bind {
		d.what = bindRefused
	}
	d.transport, d.status, d.port = uint8(max(index(ep.transport), 0)), status, int32(requested)
	d.pid, d.process = int32(p.pid), p.key
	if status != winsock.StatusTooManyAddresses {
		t.other(status, p, &d)
		return
	}
	i := t.transportOf(ep)
	if !bind && ep.refused {
		return // the same attempt, counted at the bind
	}
	t.attempts[i]++
	if bind {
		ep.refused = true
	}
	if requested > 0 || !bind && ep.stated {
		t.stated.add(p.group(), &d)
		return
	}
	if bind {
		t.bindSeen.add(p.group(), &d)
	} else {
		t.connSeen.add(p.group(), &d)
	}
	fc := &p.failures[i]
	if fc.count == 0 {
		fc.first = at.time
	}
	fc.count++
	fc.last = max(fc.last, at.time)
	fc.first = min(fc.first, at.time)
	if !ep.hurt {
		ep.hurt = true
		fc.endpoints++
	}
	t.line.refused(at.time)
	t.witness[i].failed(at.time, ep.family)
}

// other keeps failures that are not exhaustion.
func (t *trace) other(status winsock.Status, p *process, d *seed) {
	sm := t.lookalike[status]
	if sm == nil {
		if len(t.lookalike) >= 256 {
			return
		}
		sm = &sample{}
		t.lookalike[status] = sm
	}
	sm.add(p.group(), d)
}

// group is the key under which a process's evidence rows are sampled.
func (p *process) group() groupKey {
	if p.pid >= 0 {
		return groupKey{pid: p.pid}
	}
	return groupKey{pid: -1, key: p.key}
}

func hex64(v uint64) string { return fmt.Sprintf("0x%016X", v) }

func (sp *spread) add(at etl.FileTime, port uint16) {
	if sp.ports == nil {
		sp.ports = make([]uint32, 1<<16)
		sp.first = at
	} else {
		sp.gap = max(sp.gap, at-sp.last)
	}
	sp.last = at
	sp.count++
	sp.ports[port]++
}

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
