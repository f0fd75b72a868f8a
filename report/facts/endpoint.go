package facts

import (
	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// endpoint is one open AFD endpoint.
type endpoint struct {
	process   *Process
	transport winsock.Transport
	family    uint16
	portless  bool // neither IPv4 nor IPv6, or a raw socket: no port of these pools is asked for
	serial    uint64
	bind      operation
	connect   operation
	stated    bool // the last bind asked for a stated port
	refused   bool // the last bind was refused with 0xC0000209
	hurt      bool // counted among its process's refused endpoints
	deferred  bool // bound, its port is chosen at connect
	untold    bool // bound to a port, and no record tells of which transport: it counts in no pool
	holds     bool
	holdsAs   Transport
	dynamic   bool
	port      uint16
	got       place // the record that gave it the port
	cleaned   bool
}

func (ep *endpoint) v6() bool { return ep.family == winsock.FamilyIPv6 }

// used tells whether anything happened on the endpoint since it was made.
func (ep *endpoint) used() bool {
	return ep.holds || ep.untold || ep.cleaned || ep.deferred || ep.bind.seen || ep.connect.seen
}

// watched counts the distinct ports of a view in use while a trace is read.
type watched struct {
	view *View
	in   *[1 << 16]bool
	refs [1 << 16]uint32
	used int
	peak int
	at   etl.FileTime
	gone []Hold // in use at the peak, given back since
	cut  bool   // more than are kept
}

func (w *watched) counts(ep *endpoint) bool {
	fam := IPv4
	if ep.v6() {
		fam = IPv6
	}
	return w.view.Transport == ep.holdsAs && w.view.Families&fam != 0 && w.in[ep.port]
}

// take counts the port of an endpoint. The fullest time is one of the analysed window,
// once that has begun.
func (w *watched) take(ep *endpoint, at etl.FileTime, begun bool) {
	if !w.counts(ep) {
		return
	}
	if w.refs[ep.port]++; w.refs[ep.port] == 1 {
		if w.used++; begun && w.used >= w.peak {
			w.peak, w.at, w.gone, w.cut = w.used, at, w.gone[:0], false
		}
	}
}

func (w *watched) give(ep *endpoint) {
	if !w.counts(ep) {
		return
	}
	if ep.got.time <= w.at {
		if len(w.gone) < maxHoldings {
			w.gone = append(w.gone, ep.hold())
		} else {
			w.cut = true
		}
	}
	if w.refs[ep.port]--; w.refs[ep.port] == 0 {
		w.used--
	}
}

// settled gives the peak with the endpoints that were open then.
func (w *watched) settled(open *openEndpoints) Peak {
	p := Peak{Used: w.peak, At: stamp(w.at), Holds: w.gone}
	for ep := range open.all() {
		if ep.holds && ep.got.time <= w.at && w.counts(ep) {
			p.Holds = append(p.Holds, ep.hold())
		}
	}
	sortHolds(p.Holds)
	return p
}

// process gives the process now behind an EPROCESS key, a new one when the key was not
// seen or its PID says that it was used again.
func (t *Trace) process(key uint64, pid report.PID, at etl.FileTime) *Process {
	p := t.processes[key]
	if p != nil && (pid < 0 || p.PID < 0 || p.PID == pid) {
		if p.PID < 0 && pid >= 0 {
			p.PID = pid
			t.byPID[pid] = p
		}
		p.last = max(p.last, at)
		return p
	}
	p = &Process{Key: key, PID: pid, first: at, last: at}
	if len(t.Processes) >= maxProcesses {
		t.limit("trace-too-many-processes", "further processes of this trace are not told apart")
		return p
	}
	t.processes[key] = p
	if pid >= 0 {
		t.byPID[pid] = p
	}
	t.Processes = append(t.Processes, p)
	return p
}

// endpoint gives the open endpoint of a fact, or one made on the spot for an endpoint
// older than the trace.
func (t *Trace) endpoint(f *winsock.Fact, at etl.FileTime) *endpoint {
	ep := t.endpoints.get(f.Endpoint)
	if ep == nil {
		ep = t.fresh(t.process(f.Process, report.NoPID, at))
		if t.endpoints.len() < maxEndpoints {
			t.endpoints.put(f.Endpoint, ep)
		} else {
			t.limit("trace-too-many-endpoints", "further endpoints of this trace are not followed")
		}
	}
	if f.Process != 0 && ep.process.Key != f.Process && !ep.holds {
		ep.process = t.process(f.Process, report.NoPID, at)
	}
	ep.process.last = max(ep.process.last, at)
	ep.learn(f)
	return ep
}

// learn takes what a record tells of the endpoint; what the create told stays.
func (ep *endpoint) learn(f *winsock.Fact) {
	if ep.transport == winsock.TransportUnknown {
		ep.transport = f.Transport
	}
	if ep.family == 0 {
		ep.family = f.Family
	}
	if portless(f) {
		ep.portless = true
	}
}

// portless tells that a socket takes no port of these pools: its family is neither IPv4
// nor IPv6, or it is neither a stream nor a datagram socket.
func portless(f *winsock.Fact) bool {
	return f.Family != 0 && f.Family != winsock.FamilyIPv4 && f.Family != winsock.FamilyIPv6 || f.Op == winsock.OpCreate && f.SocketType > 2
}

// fresh gives an endpoint of a process that is not in use, a closed one if there is one:
// each socket of the trace makes one.
func (t *Trace) fresh(p *Process) *endpoint {
	t.serial++
	n := len(t.closed)
	if n == 0 {
		return &endpoint{process: p, serial: t.serial}
	}
	ep := t.closed[n-1]
	t.closed = t.closed[:n-1]
	*ep = endpoint{process: p, serial: t.serial}
	return ep
}

func (t *Trace) create(at *place, f *winsock.Fact) {
	pid := report.NoPID
	if f.HasPID && (f.EnterExit == 0 || f.Legacy) {
		pid = report.PID(f.PID)
	}
	if f.EnterExit > 1 {
		return
	}
	p := t.process(f.Process, pid, at.time)
	old := t.endpoints.get(f.Endpoint)
	// The exit record of a create belongs to the endpoint its enter made.
	if old != nil && f.EnterExit == 1 && old.process == p && !old.used() {
		old.learn(f)
		return
	}
	if old != nil {
		t.close(f.Endpoint, at.time)
	}
	if t.endpoints.len() < maxEndpoints {
		ep := t.fresh(p)
		ep.learn(f)
		t.endpoints.put(f.Endpoint, ep)
	}
}

// hold notes that an endpoint has got a port.
func (t *Trace) hold(ep *endpoint, tr Transport, port uint16, dynamic bool, by *place) {
	at := by.time
	t.release(ep, at)
	ep.holds, ep.holdsAs, ep.port, ep.got, ep.dynamic, ep.deferred, ep.untold = true, tr, port, *by, dynamic, false, false
	ep.process.open[tr]++
	t.line[tr].held++
	t.inUse(ep.process, tr, at)
	for i := range t.watched {
		t.watched[i].take(ep, max(at, t.from), t.begun)
	}
}

// inUse notes how many ports a process and all of them hold now.
func (t *Trace) inUse(p *Process, tr Transport, at etl.FileTime) {
	if t.begun {
		at = max(at, t.from)
		p.Series[tr].add(at, p.open[tr])
		t.line[tr].open(at, t.line[tr].held)
	}
}

// release notes that an endpoint has given its port back.
func (t *Trace) release(ep *endpoint, at etl.FileTime) {
	if !ep.holds {
		return
	}
	tr, p := ep.holdsAs, ep.process
	t.outlives(ep, at)
	p.open[tr]--
	t.line[tr].held--
	if t.within(at) {
		p.gave[tr] = max(p.gave[tr], at)
		p.Lived[tr].add(at - ep.got.time)
		if t.within(ep.got.time) {
			p.Closed[tr]++
		}
	}
	t.inUse(p, tr, at)
	for i := range t.watched {
		t.watched[i].give(ep)
	}
	ep.holds = false
}

// close ends an endpoint: what it left unfinished is counted, its port is free.
func (t *Trace) close(key uint64, at etl.FileTime) {
	ep := t.endpoints.get(key)
	if ep == nil {
		return
	}
	t.settle(ep)
	t.release(ep, at)
	t.endpoints.remove(key)
	t.closed = append(t.closed, ep)
}

// finish counts what the end of the trace left open. An endpoint that was cleaned up is
// closing: its port is not held any more.
func (t *Trace) finish() {
	for _, key := range t.endpoints.keys() {
		ep := t.endpoints.get(key)
		if ep.cleaned {
			t.close(key, min(t.last, t.to))
			continue
		}
		t.settle(ep)
	}
	t.sortUnknown()
	for tr := range t.Runs {
		t.keepHoldings(Transport(tr))
		for fam := range t.Runs[tr] {
			t.Runs[tr][fam].finish()
		}
	}
	for _, key := range t.endpoints.keys() {
		ep := t.endpoints.get(key)
		if !t.begun {
			continue // it ended before the window
		}
		if ep.deferred {
			ep.process.Deferred++
		}
		if ep.holds || ep.untold {
			ep.process.Held = append(ep.process.Held, ep.hold())
		}
	}
	t.First, t.Last = t.Source.options.Clamp(stamp(t.first), stamp(t.last))
	t.Outside, t.GoesOn = t.seen > 0 && t.First.IsZero(), t.last > t.to
	for tr := range t.Dynamic {
		for fam := range t.Dynamic[tr] {
			sp := &t.Dynamic[tr][fam]
			sp.First, sp.Last = stamp(sp.first), stamp(sp.last)
		}
	}
	for i := range t.watched {
		if t.watched[i].cut {
			t.limit("trace-too-many-holdings", "which ports were in use when most were is not known in full")
		}
		t.Peaks = append(t.Peaks, t.watched[i].settled(t.endpoints))
	}
	t.endpoints, t.closed, t.watched = nil, nil, nil
	t.regroup()
}

func (ep *endpoint) hold() Hold {
	return Hold{ep.process, ep.holdsAs, ep.v6(), ep.dynamic, ep.port, stamp(ep.got.time), ep.got}
}
