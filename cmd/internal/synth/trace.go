package synth

import (
	"container/heap"
	"encoding/binary"
	"io"
	"slices"
	"time"
	"unicode/utf16"

	"portverdict/etl"
	"portverdict/etl/etlgen"
)

// tracer is the trace session: buffers by processor, written when they are full.
type tracer struct {
	host    *host
	want    *Trace // nil: none
	pending events // recorded for a time to come
	seq     uint64
	cpus    []buffer
	done    []buffer
	written int64 // buffers so far, with those that were dropped; a ring keeps the last
	full    int   // bytes of the events of a buffer
	lost    uint32
	dropped uint32
	driver  map[uint16]int // events of TCPIP that were recorded
	spare   []etlgen.Event
	err     error
}

// event is an event on its way into a buffer.
type event struct {
	at      ticks
	seq     uint64
	attempt *attempt
	etlgen.Event
}

type events []*event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(*event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}

// buffer is a buffer of one processor and the refused attempts that it tells of.
type buffer struct {
	size        int
	events      []etlgen.Event // until it is written
	data        []byte         // as it lies in the file
	count       int
	first, last ticks
	attempts    []*attempt
}

const (
	traceZero  = 5_000_000 // raw time of the start
	bufferHead = 0x48
	headerSize = 0x50 // of an event
)

func newTracer(h *host) *tracer {
	t := &tracer{host: h, want: h.recipe.Trace, cpus: make([]buffer, h.recipe.Host.CPUs), driver: map[uint16]int{}}
	if t.want != nil {
		t.full = t.want.BufferKB<<10 - bufferHead
	}
	return t
}

// record takes an event of a time, now or soon; nil when no trace runs then.
func (t *tracer) record(at ticks, e etlgen.Event) *event {
	if t.want == nil || at < ticksOf(t.want.From) || at > ticksOf(t.want.Until) {
		return nil
	}
	if t.host.share(t.want.LostEvents) {
		t.lost++
		return nil
	}
	t.seq++
	e.Time = traceZero + int64(at-ticksOf(t.want.From))
	out := &event{at: at, seq: t.seq, Event: e}
	heap.Push(&t.pending, out)
	return out
}

// witness ties a refused attempt to the record that has its status.
func (t *tracer) witness(e *event, s *socket, kind string, status uint32, asked uint16) *attempt {
	if status == 0 {
		return nil
	}
	a := &attempt{at: t.host.now, pid: s.process.PID, kind: kind, transport: s.transport, status: status, stated: asked != 0}
	if e != nil {
		a.at, e.attempt = e.at, a
	}
	return a
}

// flush puts what was recorded for up to a time into its buffers, in order.
func (t *tracer) flush(until ticks) {
	for len(t.pending) > 0 && t.pending[0].at <= until {
		e := heap.Pop(&t.pending).(*event)
		t.put(e)
		if e.Provider != packetProvider {
			for range t.host.count(t.want.Noise) {
				t.packet(e.at)
			}
		}
	}
}

func (t *tracer) put(e *event) {
	cpu := t.host.random.IntN(len(t.cpus))
	b := &t.cpus[cpu]
	size := (headerSize + len(e.Payload) + 7) &^ 7
	if b.size+size > t.full {
		t.write(cpu)
	}
	b.size += size
	b.events = append(b.events, e.Event)
	if e.attempt != nil {
		b.attempts = append(b.attempts, e.attempt)
	}
}

// write puts a processor's buffer into the file, unless it is lost on the way.
func (t *tracer) write(cpu int) {
	b := t.cpus[cpu]
	t.cpus[cpu] = buffer{events: t.spare}
	t.spare = nil
	if len(b.events) == 0 {
		return
	}
	t.written++
	b.count = len(b.events)
	b.first, b.last = t.ticks(b.events[0].Time), t.ticks(b.events[b.count-1].Time)
	if t.host.share(t.want.LostBuffer) {
		t.dropped++
		return
	}
	h := t.header()
	var err error
	b.data, err = etlgen.AppendBuffer(nil, &h, &etlgen.Buffer{
		CPU: uint16(cpu), Sequence: t.written + t.before() - 1, Flags: t.flags(), TimeStamp: b.events[0].Time, Compress: t.want.Compressed, Events: b.events,
	})
	if t.err == nil {
		t.err = err
	}
	t.spare, b.events = b.events[:0], nil
	t.done = append(t.done, b)
	if n := t.ring(); n > 0 && len(t.done) > n {
		t.done = slices.Delete(t.done, 0, len(t.done)-n)
	}
}

// ticks is the time of an event's raw one.
func (t *tracer) ticks(raw int64) ticks { return ticks(raw-traceZero) + ticksOf(t.want.From) }

// before is how many buffers stand before those of the events.
func (t *tracer) before() int64 {
	if t.want.Schemas {
		return 2
	}
	return 1
}

// ring is how many buffers the file holds; 0 is as many as there are.
func (t *tracer) ring() int {
	if t.want.RingMB == 0 {
		return 0
	}
	return max(1, int(t.want.RingMB*(1<<20))/(t.want.BufferKB<<10)-1)
}

func (t *tracer) close() {
	t.flush(1 << 62)
	for cpu := range t.cpus {
		t.write(cpu)
	}
}

// boot is the boot that the trace is of.
func (t *tracer) boot() int {
	if r := ticksOf(t.host.recipe.Restart); r > 0 && ticksOf(t.want.From) >= r {
		return 1
	}
	return 0
}

// started is when Windows had started.
func (t *tracer) started() time.Time {
	if t.boot() > 0 {
		return t.host.time(ticksOf(t.host.recipe.Restart) + downFor)
	}
	return t.host.time(ticksOf(t.want.From)).Add(-26 * time.Hour)
}

// told are the refused attempts whose record is in the file.
func (t *tracer) told() []*attempt {
	var out []*attempt
	for i := range t.done {
		out = append(out, t.done[i].attempts...)
	}
	return out
}

// complete tells that nothing of the trace was lost or overwritten.
func (t *tracer) complete() bool {
	return t.lost == 0 && t.dropped == 0 && int64(len(t.done)) == t.written
}

// bytes writes the file.
func (t *tracer) bytes(w io.Writer) error {
	if t.err != nil {
		return t.err
	}
	first := etlgen.Buffer{Type: 4, Flags: t.flags(), TimeStamp: traceZero}
	if t.old() {
		first.SavedOffset = new(uint32)
	}
	out := etlgen.Trace{Header: t.header(), Unfinalised: t.want.NotClosed, Buffers: []etlgen.Buffer{first}}
	if t.want.Schemas {
		out.Buffers = append(out.Buffers, etlgen.Buffer{Sequence: 1, Flags: t.flags(), TimeStamp: traceZero, Compress: t.want.Compressed, Events: t.descriptions()})
	}
	if _, err := out.WriteTo(w); err != nil {
		return err
	}
	data := t.done
	if n := t.ring(); n > 0 && int(t.written) > n && len(data) == n {
		// Each buffer went where an older one stood.
		turn := int(t.written) % n
		data = slices.Concat(data[n-turn:], data[:n-turn])
	}
	for i := range data {
		if _, err := w.Write(data[i].data); err != nil {
			return err
		}
	}
	return nil
}

// old tells of Windows Vista and 7, whose buffers name the CPU in one byte and whose
// first buffer has no saved offset.
func (t *tracer) old() bool { return t.host.recipe.Host.Build < 9200 }

// flags are the BufferFlag of a buffer: whether the CPU is a number of two bytes.
func (t *tracer) flags() uint16 {
	if t.old() {
		return 0
	}
	return 0x20
}

// version is the Windows version of a build.
func version(build uint32) (major, minor uint8) {
	switch {
	case build < 7600:
		return 6, 0
	case build < 9200:
		return 6, 1
	case build < 9600:
		return 6, 2
	case build < 10240:
		return 6, 3
	}
	return 10, 0
}

func (t *tracer) header() etl.Header {
	major, minor := version(t.host.recipe.Host.Build)
	from, until := t.host.time(ticksOf(t.want.From)), t.host.time(ticksOf(t.want.Until))
	name, east := t.host.local(0).Zone()
	mode, most := uint32(1), uint32(0)
	if t.want.RingMB > 0 {
		mode, most = 2, max(1, uint32(t.want.RingMB))
	}
	h := etl.Header{
		BufferSize: uint32(t.want.BufferKB) << 10, VersionMajor: major, VersionMinor: minor, VersionSub: 1, VersionSubMinor: 5, Build: t.host.recipe.Host.Build,
		Processors: uint32(t.host.recipe.Host.CPUs), StartTime: fileTime(from), EndTime: fileTime(until), BootTime: fileTime(t.started()),
		TimerResolution: 156250, MaximumFileSize: most, LogFileMode: mode, StartBuffers: 1, BuffersWritten: uint32(t.written+t.before()) - t.dropped,
		PointerSize: uint32(t.host.recipe.Host.Bits / 8), EventsLost: t.lost, BuffersLost: t.dropped, Bias: int32(-east / 60), StandardName: name,
		PerfFreq: 1e7, CPUSpeedMHz: 2400, Clock: 1, T0: traceZero, LoggerName: "synth", LogFileName: `C:\` + t.want.File,
	}
	if t.want.Compressed {
		h.LogFileMode, h.Compression = h.LogFileMode|0x04000000, 3
	}
	return h
}

func fileTime(t time.Time) etl.FileTime {
	return etl.FileTime(t.Unix()*1e7 + int64(t.Nanosecond()/100) + 116444736000000000)
}

func appendUTF16(b []byte, s string) []byte {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return append(b, 0, 0)
}
