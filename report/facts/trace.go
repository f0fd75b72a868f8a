package facts

import (
	"errors"
	"fmt"
	"io"
	"time"

	"portverdict/etl"
	"portverdict/etl/schema"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// Trace is what one trace session tells.
type Trace struct {
	Source *Source
	Files  []*Source // of the session, in order
	Build  int       // of Windows, 0 when the header does not tell
	// Booted is the start of Windows by the header, zero when that tells none.
	Booted report.Time
	// First and Last are the times of its first and last AFD or TCPIP event; metadata is
	// stamped with the start of the session and says nothing of the span.
	First, Last report.Time
	Events      int // AFD and TCPIP events
	AFDEvents   int
	Undecoded   int
	Damaged     bool // any of its files
	// Outside tells that none of its time lies in the analysed window, GoesOn that it does
	// not end with it.
	Outside, GoesOn bool
	Lost            Losses
	// Blind says what else keeps a live session from showing that ports did not run out,
	// "" for nothing, as in any saved trace.
	Blind string

	Processes []*Process          // in order of appearance
	Runs      [transports][3]Runs // by family: any, IPv4, IPv6
	Unknown   []UnknownAttempt    // refused attempts whose transport no record tells, by time
	UnknownN  int                 // all of them; Unknown may be cut
	Dynamic   [transports][3]Spread
	Peaks     []Peak // by view

	BindRefused, ConnectRefused, Acquire [transports + 1]Sample // witnesses by transport
	Stated                               Sample                 // 0xC0000209 for a stated port
	NoPort                               Sample                 // 0xC0000209 on a socket that takes no port of these pools
	WeakRef                              Sample
	Success                              [transports]Sample
	Failed                               map[uint32]*Sample // attempts that failed with another status
	Attempts                             int                // binds and connects that ended, of any transport

	header    etl.Header
	stats     etl.Stats
	first     etl.FileTime // of all its port events, those outside of the window too
	last      etl.FileTime
	from, to  etl.FileTime // the analysed window
	begun     bool         // it has
	seen      int          // port events
	processes map[uint64]*Process
	byPID     map[report.PID]*Process // its latest
	endpoints *openEndpoints
	closed    []*endpoint // to be used again
	names     []nameEvent
	line      [transports]timeline
	watched   []watched
	holdings  int
	cut       map[string]bool // limits that were reached
	serial    uint64
	decoder   winsock.Decoder
	fact      winsock.Fact // of the event that is folded now
	at        place        // and where it stands
}

// Losses are what a trace does not have.
type Losses struct {
	Events, Buffers, Gaps           int
	Wrapped, Truncated, Unfinalised bool
}

// Any tells that something is missing from the middle of the trace.
func (l *Losses) Any() bool { return l.Events > 0 || l.Buffers > 0 || l.Gaps > 0 }

// Process is one life of an EPROCESS.
type Process struct {
	Key   uint64
	PID   report.PID
	Image string // by the process events of the trace, "" when they do not tell
	Later bool   // the PID went to another process afterwards
	// Refused counts its refused attempts by transport, the unknown one last.
	Refused  [transports + 1][3]Refusals
	Opened   [transports]int // dynamic binds that succeeded
	Closed   [transports]int // of those that hold a port, given back
	Held     []Hold          // ports it holds at the end of the trace, those of unknown transport too
	Deferred int             // endpoints open at the end whose port is chosen at connect
	Series   [transports]Series
	Lived    [transports]Lifetimes
	Attempts int         // binds and connects that ended
	Ended    report.Time // the process ended, zero when no event tells

	first, last etl.FileTime             // its events
	gave        [transports]etl.FileTime // it gave a port back last
	open        [transports]int
}

// Refusals are refused attempts of one process. Endpoints are distinct.
type Refusals struct {
	Count, Endpoints int
	First, Last      report.Time
}

// Hold is a port that an endpoint of a process holds.
type Hold struct {
	Process   *Process
	Transport Transport
	V6        bool
	Dynamic   bool // asked for port 0
	Port      uint16
	Since     report.Time
	at        place // of the record that gave it
}

// UnknownAttempt is a refused attempt whose transport no record tells.
type UnknownAttempt struct {
	At       report.Time
	Process  *Process
	V6       bool
	Endpoint uint64 // tells endpoints apart
}

// Peak is the most distinct ports in use at one time, the last of equals, and the
// endpoints that had them.
type Peak struct {
	Used  int
	At    report.Time
	Holds []Hold
}

// Place is where an event of a trace stands.
type place struct {
	source *Source
	time   etl.FileTime
	offset int64
	record int32
	id     uint16
}

func newTrace(s *Source, h etl.Header, views []View) *Trace {
	t := &Trace{
		Source: s, Build: int(h.Build), header: h, processes: map[uint64]*Process{}, byPID: map[report.PID]*Process{},
		endpoints: newOpenEndpoints(), Failed: map[uint32]*Sample{}, cut: map[string]bool{},
	}
	if s.options.Catalog != nil {
		t.decoder = winsock.NewDecoder(s.options.Catalog())
	}
	if h.BootTime > 0 && h.BootTime <= h.StartTime {
		t.Booted = report.Time{Time: h.BootTime.Time().Add(s.moved)}
	}
	t.from, t.to = s.options.ticksOf()
	t.begun = s.options.Window.From.IsZero()
	for i := range views {
		t.watched = append(t.watched, watched{view: &views[i], in: views[i].inView()})
	}
	return t
}

// traceFile is one file of a trace session.
type traceFile struct {
	source            *Source
	bytes             io.ReaderAt
	reader            *etl.Reader
	events, undecoded int
	described         bool // all its descriptions were learned
}

// readTraces reads the files of one session as one trace, which is the first source's. A
// session that began new files has several, in their order; so has a capture of which
// parts, and what they were merged to, were given.
func readTraces(sources []*Source, readers []io.ReaderAt, views []View) {
	var files []*traceFile
	for i, s := range sources {
		wanted := append(winsock.Wanted(), etl.Wanted{Provider: schema.Metadata})
		if s.options.Asked() { // each event by itself says whether it is in the window
			for i := range wanted {
				wanted[i].IDs = nil
			}
		}
		reader, err := etl.NewReader(readers[i], s.Size, &etl.Options{Wanted: wanted, Jobs: s.options.Jobs})
		if err != nil {
			s.Damaged = true
			s.diagnose(etlDiagnostic(err, "error"))
			continue
		}
		files = append(files, &traceFile{source: s, bytes: readers[i], reader: reader})
	}
	if len(files) == 0 {
		return
	}
	t := newTrace(files[0].source, files[0].reader.Header(), views)
	t.Source.Trace = t
	switch {
	case len(files) == 1:
		files[0].reader.Each(func(e *etl.Event, err error) bool {
			if err == nil {
				e.Time = files[0].move(e.Time)
			}
			t.take(files[0], e, err)
			return true
		})
	case files[0].reader.Continues(files[1].reader):
		t.readSession(files)
	default:
		t.readCopies(files)
	}
	for _, f := range files {
		st := f.stats()
		t.passOver(f, st.Passed)
		t.merge(st)
		t.Files = append(t.Files, f.source)
		f.source.describeTrace(f.reader.Header(), st, f.events, f.undecoded)
	}
	for _, s := range sources {
		t.Damaged = t.Damaged || s.Damaged
	}
	t.finish()
}

// take folds the next event of a file, or its damage.
func (t *Trace) take(file *traceFile, e *etl.Event, err error) {
	s := file.source
	if err != nil {
		s.Damaged = true
		s.diagnose(etlDiagnostic(err, "warning"))
		return
	}
	if e.Provider == schema.Metadata {
		t.learn(s, e)
		return
	}
	known, err := t.decode(file, e)
	if err != nil {
		t.Undecoded++
		file.undecoded++
		s.Damaged = true
		s.diagnose(etlDiagnostic(err, "warning"))
		return
	}
	if file.count(e) {
		t.span(s, e.Time)
		if e.Provider == winsock.AFD {
			t.AFDEvents++
		}
	}
	if known {
		t.at = place{s, e.Time, e.Offset, int32(e.Record), e.ID}
		t.fold(&t.at, &t.fact)
	}
}

// learn takes in what the trace says of an event.
func (t *Trace) learn(s *Source, e *etl.Event) {
	if err := t.decoder.Learn(e); err != nil {
		s.diagnose(etlDiagnostic(err, "info"))
	}
}

// decode decodes an event. Where a version has no known layout all descriptions of the file
// are learned first: one may stand behind the events it describes.
func (t *Trace) decode(file *traceFile, e *etl.Event) (bool, error) {
	known, err := t.decoder.Decode(&t.fact, e)
	var fe *etl.FormatError
	if file.described || !errors.As(err, &fe) || fe.Code != winsock.CodeVersion {
		return known, err
	}
	file.described = true
	reader, openErr := etl.NewReader(file.bytes, file.source.Size, &etl.Options{Providers: []etl.GUID{schema.Metadata}})
	if openErr != nil {
		return known, err
	}
	for e, damage := range reader.Events() {
		if damage == nil {
			_ = t.decoder.Learn(&e) // what is wrong with it is told where it stands
		}
	}
	return t.decoder.Decode(&t.fact, e)
}

// count notes an event of the file and tells whether it is one of AFD or TCPIP.
func (f *traceFile) count(e *etl.Event) bool {
	port := e.Provider == winsock.AFD || e.Provider == winsock.TCPIP
	if port {
		f.events++
	}
	return port
}

// passOver counts the AFD and TCPIP events of a file that hold no fact.
func (t *Trace) passOver(file *traceFile, passed map[etl.GUID]etl.Passed) {
	afd, tcpip := passed[winsock.AFD], passed[winsock.TCPIP]
	for _, p := range []etl.Passed{afd, tcpip} {
		if p.Events > 0 {
			t.cover(p.Events, p.First, p.Last)
		}
	}
	file.events += afd.Events + tcpip.Events
	t.AFDEvents += afd.Events
}

// merge adds what a further file of the session lost or covers.
func (t *Trace) merge(st etl.Stats) {
	sum := &t.stats
	if sum.First == 0 || st.First != 0 && st.First < sum.First {
		sum.First = st.First
	}
	sum.Last = max(sum.Last, st.Last)
	l := &t.Lost
	l.Events += st.LostEvents
	l.Buffers += st.LostBuffers
	l.Gaps += st.SequenceGaps
	l.Wrapped = l.Wrapped || st.Wrapped
	l.Truncated = l.Truncated || st.Truncated
	l.Unfinalised = st.Unfinalised // the last file is the one still written
}

// span widens the time the port events cover.
func (t *Trace) span(s *Source, at etl.FileTime) {
	t.cover(1, at, at)
	if !t.within(at) {
		t.Events--
		s.outside++
	}
	if !t.begun && at >= t.from {
		t.begin()
	}
}

// cover does so for many.
func (t *Trace) cover(events int, first, last etl.FileTime) {
	if t.seen == 0 || first < t.first {
		t.first = first
	}
	t.last = max(t.last, last)
	t.seen += events
	t.Events += events
}

// Whole is the time of all events of the trace, of any provider.
func (t *Trace) Whole() (from, to report.Time) { return stamp(t.stats.First), stamp(t.stats.Last) }

func (s *Source) describeTrace(h etl.Header, st etl.Stats, portEvents, undecoded int) {
	s.Decoded, s.Undecoded = st.Events-undecoded, undecoded
	s.LostEvents, s.LostBuffers = st.LostEvents, st.LostBuffers
	s.Wrapped, s.Truncated = st.Wrapped, s.Truncated || st.Truncated
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

func stamp(t etl.FileTime) report.Time {
	if t == 0 {
		return report.Time{}
	}
	return report.Time{Time: t.Time()}
}

// duration of a FILETIME difference.
func duration(d etl.FileTime) time.Duration { return time.Duration(d) * 100 }

// ticks of a duration, 100 ns each.
func ticks(d time.Duration) etl.FileTime { return etl.FileTime(d / 100) }

// limit notes that a limit was reached, once each.
func (t *Trace) limit(code, text string) {
	if !t.cut[code] {
		t.cut[code] = true
		t.Source.diagnose(report.Diagnostic{Code: code, Severity: "warning", Text: text})
	}
}
