package verdict

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// trace is what one ETL source tells. Times are FILETIME, UTC.
type trace struct {
	source      *source
	header      etl.Header
	stats       etl.Stats
	first, last etl.FileTime // of the AFD and TCPIP events
	events      int          // AFD and TCPIP events
	undecoded   int
	damaged     bool // any of its files

	processes map[uint64]*process // by EPROCESS; the instance now using the key
	all       []*process          // in order of appearance
	byPID     map[uint32]*process
	endpoints map[uint64]*endpoint
	closed    []*endpoint       // to be used again
	images    map[uint32]string // PID -> image, from process events

	witness          [transports]witnesses
	stated           sample // 0x209 on a stated port
	bindSeen         sample // witnesses at bind
	connSeen         sample // witnesses at connect
	acquire          sample // TCPIP port-acquire failures with 0x209
	weakRef          sample
	success          sample
	lookalike        map[winsock.Status]*sample
	dynamic          [transports]spread // successful dynamic binds
	attempts         [transports]int
	unknownTransport int
	line             timeline
	open             int // endpoints that hold a port now
}

// transports counts the indexes used for per-transport tables.
const transports = 2

const (
	tcp = 0
	udp = 1
)

var transportNames = [transports]string{"tcp", "udp"}

// process is one life of an EPROCESS key.
type process struct {
	key      uint64
	pid      int // -1 unknown
	failures [transports]failureCount
	open     [transports]int
	opened   [transports]int // dynamic binds that succeeded
	closed   [transports]int
	series   series
	lived    lifetimes
	oldest   etl.FileTime // the first bind of what is open at the end
}

type failureCount struct {
	count       int
	endpoints   int
	first, last etl.FileTime
}

// endpoint is one open AFD endpoint.
type endpoint struct {
	process   *process
	transport winsock.Transport
	family    uint16
	bind      operation
	connect   operation
	stated    bool // the last bind asked for a stated port
	refused   bool // the last bind was refused with 0x209
	hurt      bool // counted among its process's hurt endpoints
	holds     bool
	holdsAs   int // transport index it is counted under
	port      uint16
	since     etl.FileTime // it holds the port
	cleaned   bool
}

// operation is a bind or connect between its enter and its exit record.
type operation struct {
	pending   bool
	port      int // requested; -1 unknown
	failed    bool
	at        place // of the record with the failing status
	status    winsock.Status
	lastExit  uint16 // id of the last exit record when no enter came since
	lastState winsock.Status
}

// place is where and when an event stands.
type place struct {
	source *source
	time   etl.FileTime
	offset int64
	record int32
	id     uint16
}

// witnesses are the refused attempts of one transport.
type witnesses struct {
	windows []window
	times   []etl.FileTime // thinned to minGap
	minGap  etl.FileTime
}

// spread is where and when dynamic binds succeeded.
type spread struct {
	count       int
	first, last etl.FileTime
	gap         etl.FileTime // widest time without a success
	ports       []uint32     // successes by port, 65536 long once used
}

func newTrace(s *source, h etl.Header) *trace {
	return &trace{
		source: s, header: h, processes: map[uint64]*process{}, byPID: map[uint32]*process{},
		endpoints: map[uint64]*endpoint{}, images: map[uint32]string{}, lookalike: map[winsock.Status]*sample{},
	}
}

// traceFile is one file of a trace session.
type traceFile struct {
	source            *source
	reader            *etl.Reader
	events, undecoded int
}

// readTraces reads the files of one session, in their order, as one trace, which
// is the first source's. A session that began new files has several.
func readTraces(sources []*source, readers []io.ReaderAt) {
	var files []*traceFile
	for i, s := range sources {
		reader, err := etl.NewReader(readers[i], s.Size, &etl.Options{Providers: []etl.GUID{winsock.AFD, winsock.TCPIP, winsock.KernelProcess, winsock.KernelProcessClass}})
		if err != nil {
			s.damaged = true
			s.diagnose(etlDiagnostic(err, "error"))
			continue
		}
		files = append(files, &traceFile{source: s, reader: reader})
	}
	if len(files) == 0 {
		return
	}
	t := newTrace(files[0].source, files[0].reader.Header())
	t.source.trace = t
	if len(files) == 1 {
		for e, err := range files[0].reader.Events() {
			t.take(files[0], &e, err)
		}
	} else {
		t.readSession(files)
	}
	for _, f := range files {
		st := f.reader.Stats()
		t.merge(st)
		f.source.describeTrace(f.reader.Header(), st, f.events, f.undecoded)
	}
	for _, s := range sources {
		t.damaged = t.damaged || s.damaged
	}
	t.finish()
}

// stream is a file of a session while its events are merged with the next one's.
type stream struct {
	*traceFile
	next func() (etl.Event, error, bool)
	stop func()
	e    etl.Event
	err  error
	ok   bool
}

func (f *traceFile) open() *stream {
	s := &stream{traceFile: f}
	s.next, s.stop = iter.Pull2(f.reader.Events())
	s.advance()
	return s
}

func (s *stream) advance() { s.e, s.err, s.ok = s.next() }

// readSession merges the events of files that follow each other. When a session
// begins a new file, the buffers that are being filled go to the new one, with
// events older than the last of the old.
func (t *trace) readSession(files []*traceFile) {
	now := files[0].open()
	for _, f := range files[1:] {
		following := f.open()
		for now.ok {
			s := now
			if following.ok && now.err == nil && (following.err != nil || following.e.Time < now.e.Time) {
				s = following
			}
			t.take(s.traceFile, &s.e, s.err)
			s.advance()
		}
		now.stop()
		now = following
	}
	for ; now.ok; now.advance() {
		t.take(now.traceFile, &now.e, now.err)
	}
	now.stop()
}

// take folds the next event of a file, or its damage.
func (t *trace) take(file *traceFile, e *etl.Event, err error) {
	s := file.source
	if err != nil {
		s.damaged = true
		s.diagnose(etlDiagnostic(err, "warning"))
		return
	}
	f, known, err := winsock.Decode(*e)
	if err != nil {
		t.undecoded++
		file.undecoded++
		s.damaged = true
		s.diagnose(etlDiagnostic(err, "warning"))
		return
	}
	if e.Provider == winsock.AFD || e.Provider == winsock.TCPIP {
		t.span(e.Time)
		file.events++
	}
	if known {
		t.fold(&place{s, e.Time, e.Offset, int32(e.Record), e.ID}, &f)
	}
}

// merge adds what a further file of the session lost or covers.
func (t *trace) merge(st etl.Stats) {
	sum := &t.stats
	if sum.First == 0 || st.First != 0 && st.First < sum.First {
		sum.First = st.First
	}
	sum.Last = max(sum.Last, st.Last)
	sum.LostEvents += st.LostEvents
	sum.LostBuffers += st.LostBuffers
	sum.SequenceGaps += st.SequenceGaps
	sum.Wrapped = sum.Wrapped || st.Wrapped
	sum.Truncated = sum.Truncated || st.Truncated
	sum.Unfinalised = st.Unfinalised // the last file is the one still written
}

// span widens the time the port events cover. Metadata is stamped with the
// start of the session and says nothing about it.
func (t *trace) span(at etl.FileTime) {
	if t.events == 0 || at < t.first {
		t.first = at
	}
	t.last = max(t.last, at)
	t.events++
}

func (s *source) describeTrace(h etl.Header, st etl.Stats, portEvents, undecoded int) {
	s.Decoded, s.Undecoded = st.Events-undecoded, undecoded
	s.LostEvents, s.LostBuffers = st.LostEvents, st.LostBuffers
	s.Wrapped, s.Truncated = st.Wrapped, st.Truncated
	s.Window = report.Span{From: stamp(st.First), To: stamp(st.Last)}
	s.Clock = report.Clock{Zone: "UTC", Offset: "0s", Basis: clockNames[h.Clock]}
	if s.Clock.Basis == "" {
		s.Clock.Basis = "clock type not known"
	}
	s.Facts["logger_name"] = h.LoggerName
	s.Facts["os_build"] = fmt.Sprint(h.Build)
	s.Facts["port_events"] = fmt.Sprint(portEvents)
}

var clockNames = map[uint32]string{
	1: "performance counter against the header's start time", 2: "system time", 3: "CPU cycles against the header's start time",
}

func etlDiagnostic(err error, severity string) report.Diagnostic {
	var fe *etl.FormatError
	if errors.As(err, &fe) {
		return report.Diagnostic{Code: fe.Code, Severity: severity, Offset: fe.Offset, Length: fe.Length, Text: fe.Detail}
	}
	return report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()}
}

func stamp(t etl.FileTime) report.Time { return report.Time{Time: t.Time()} }

// process gives the process now behind an EPROCESS key, a new one when the key
// was not seen or its PID says that it was re-used.
func (t *trace) process(key uint64, pid int) *process {
	p := t.processes[key]
	switch {
	case p != nil && (pid < 0 || p.pid < 0 || p.pid == pid):
		if p.pid < 0 && pid >= 0 {
			p.pid = pid
		}
		return p
	case len(t.all) >= maxProcesses:
		return &process{key: key, pid: pid}
	}
	p = &process{key: key, pid: pid}
	t.processes[key] = p
	t.all = append(t.all, p)
	return p
}

// endpoint gives the open endpoint of a fact, or one made on the spot for an
// endpoint older than the trace.
func (t *trace) endpoint(f *winsock.Fact) *endpoint {
	ep := t.endpoints[f.Endpoint]
	if ep == nil {
		ep = t.fresh()
		*ep = endpoint{process: t.process(f.Process, -1)}
		if len(t.endpoints) < maxEndpoints {
			t.endpoints[f.Endpoint] = ep
		}
	}
	if f.Process != 0 && ep.process.key != f.Process {
		ep.process = t.process(f.Process, -1)
	}
	if ep.transport == winsock.TransportUnknown {
		ep.transport = f.Transport
	}
	if ep.family == 0 {
		ep.family = f.Family
	}
	return ep
}

func (t *trace) fold(at *place, f *winsock.Fact) {
	switch f.Op {
	case winsock.OpCreate:
		t.create(f)
	case winsock.OpBind:
		t.operate(at, f, true)
	case winsock.OpConnect:
		t.operate(at, f, false)
	case winsock.OpCleanup:
		if ep := t.endpoints[f.Endpoint]; ep != nil {
			ep.cleaned = true
		}
	case winsock.OpClose:
		if f.EnterExit != 0 {
			t.close(f.Endpoint, at.time)
		}
	case winsock.OpPortFailure:
		t.portFailure(at, f)
	case winsock.OpWeakReference:
		d := seedOf(at, weaklyGiven)
		d.port = int32(f.Port)
		t.weakRef.add(groupKey{}, &d)
	case winsock.OpProcess:
		t.processEvent(f)
	}
}

func (t *trace) processEvent(f *winsock.Fact) {
	if f.Image != "" && len(t.images) < maxProcesses {
		t.images[f.PID] = f.Image
	}
	if f.Process != 0 {
		t.process(f.Process, int(f.PID))
	}
}

func (t *trace) create(f *winsock.Fact) {
	pid := -1
	if f.HasPID && f.EnterExit == 0 || f.HasPID && f.Legacy {
		pid = int(f.PID)
	}
	if f.EnterExit > 1 {
		return
	}
	p := t.process(f.Process, pid)
	old := t.endpoints[f.Endpoint]
	// The exit record of a create belongs to the endpoint its enter made.
	if old != nil && f.EnterExit == 1 && old.process == p && !old.used() {
		if old.transport == winsock.TransportUnknown {
			old.transport = f.Transport
		}
		return
	}
	if old != nil {
		t.close(f.Endpoint, 0)
	}
	if len(t.endpoints) < maxEndpoints {
		ep := t.fresh()
		*ep = endpoint{process: p, transport: f.Transport, family: f.Family}
		t.endpoints[f.Endpoint] = ep
	}
}

// fresh gives an endpoint that is not in use, a closed one if there is one: each
// socket of the trace makes one.
func (t *trace) fresh() *endpoint {
	if n := len(t.closed); n > 0 {
		ep := t.closed[n-1]
		t.closed = t.closed[:n-1]
		return ep
	}
	return &endpoint{}
}

// used tells whether anything happened on the endpoint since it was made.
func (ep *endpoint) used() bool {
	return ep.holds || ep.cleaned || ep.bind.used() || ep.connect.used()
}

func (op *operation) used() bool { return op.pending || op.failed || op.lastExit != 0 }

// close ends an endpoint: what it left unfinished is counted, its port is free.
func (t *trace) close(key uint64, at etl.FileTime) {
	ep := t.endpoints[key]
	if ep == nil {
		return
	}
	t.settle(ep, true)
	t.settle(ep, false)
	if ep.holds {
		ep.process.open[ep.holdsAs]--
		ep.process.closed[ep.holdsAs]++
		t.open--
		if at != 0 {
			ep.process.lived.add(at - ep.since)
			ep.process.series.add(at, ep.process.open[tcp]+ep.process.open[udp])
			t.line.open(at, t.open)
		}
	}
	delete(t.endpoints, key)
	t.closed = append(t.closed, ep)
}

// finish counts what the end of the trace left open. An endpoint that was
// cleaned up is closing: its port is not held any more.
func (t *trace) finish() {
	for _, key := range sortedKeys(t.endpoints) {
		ep := t.endpoints[key]
		if ep.cleaned {
			t.close(key, t.last)
			continue
		}
		t.settle(ep, true)
		t.settle(ep, false)
		if p := ep.process; ep.holds && (p.oldest == 0 || ep.since < p.oldest) {
			p.oldest = ep.since
		}
	}
	for i := range t.witness {
		t.witness[i].sortWindows()
	}
}

func (t *trace) portFailure(at *place, f *winsock.Fact) {
	if f.Status != winsock.StatusTooManyAddresses || f.HasAddress && f.Address.Port() != 0 {
		return
	}
	pid := -1
	if f.HasPID {
		pid = int(f.PID)
	}
	d := seedOf(at, notAcquired)
	d.pid, d.status = int32(pid), f.Status
	t.acquire.add(groupKey{pid: pid}, &d)
	if i := index(f.Transport); i >= 0 {
		t.witness[i].acquired(at.time)
	}
}

func index(tr winsock.Transport) int {
	switch tr {
	case winsock.TransportTCP:
		return tcp
	case winsock.TransportUDP:
		return udp
	}
	return -1
}

// duration of a FILETIME difference.
func duration(d etl.FileTime) time.Duration { return time.Duration(d) * 100 }

// ticks of a duration, 100 ns each.
func ticks(d time.Duration) etl.FileTime { return etl.FileTime(d / 100) }
