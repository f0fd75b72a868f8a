package synth

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"portverdict/evtx/evtxgen"
)

// logger is the System log.
type logger struct {
	host    *host
	want    *Log // nil: none
	entries []entry
	last    map[uint16]ticks // when an id was logged last
}

// entry is a record of a time.
type entry struct {
	at     ticks
	record evtxgen.Record
}

func newLogger(h *host) *logger {
	return &logger{host: h, want: h.recipe.Log, last: map[uint16]ticks{}}
}

// exhausted logs an attempt that was refused for want of a port: 4231 or 4266, and
// 4227 when ports wait that were connected to the same remote endpoint. None is logged
// for each attempt, and none at once.
func (l *logger) exhausted(s *socket) {
	if l.want == nil || l.want.Silent {
		return
	}
	id := uint16(4231)
	if s.transport == udp {
		id = 4266
	}
	l.throttled(id)
	if s.habit.Connect && s.remote >= 0 && l.host.waiting[s.remote] > 0 {
		l.throttled(4227)
	}
}

func (l *logger) throttled(id uint16) {
	now := l.host.now
	if last, ok := l.last[id]; ok && now-last < ticksOf(l.want.Throttle) {
		return
	}
	l.last[id] = now
	l.add(now+ticksOf(l.want.Delay), driver("Tcpip", id, nil))
}

// driver is a record as a driver logs it: an empty first string where it names no device, and the tail of an
// IO_ERROR_LOG_PACKET with the full id.
func driver(provider string, id uint16, data []string) evtxgen.Record {
	b := make([]byte, 40)
	binary.LittleEndian.PutUint32(b[12:], 0x80000000|uint32(id)) // 4227 is 0x80001083
	if provider != "AFD" || len(data) == 0 {
		data = append([]string{""}, data...)
	}
	return evtxgen.Record{ID: id, Qualifiers: 0x8000, Level: 3, Provider: provider, Data: data, Binary: b}
}

// hangs logs a close that takes longer than expected, AFD 16002: the device, the
// transport, the port and the PID.
func (l *logger) hangs(s *socket) {
	if l.want != nil && !l.want.Silent {
		l.add(l.host.now+ticksOf(l.want.Delay), driver("AFD", 16002, []string{`\Device\Afd`, "TCP", strconv.Itoa(int(s.port)), strconv.Itoa(s.process.PID)}))
	}
}

func (l *logger) add(at ticks, r evtxgen.Record) {
	off := l.host.recipe.down(at) && r.Provider != "EventLog" // nothing else logs while Windows is down
	if at >= ticksOf(l.want.From) && at <= ticksOf(l.want.Until) && !off {
		l.entries = append(l.entries, entry{at, r})
	}
}

// fill adds what others log, evenly from the first time the log has to the last, and
// the records the recipe names.
func (l *logger) fill() {
	from, until := ticksOf(l.want.From), ticksOf(l.want.Until)
	for i := range l.want.Noise {
		at := from
		if l.want.Noise > 1 {
			at += (until - from) * ticks(i) / ticks(l.want.Noise-1)
		}
		l.entries = append(l.entries, entry{at, evtxgen.Record{
			ID: 7036, Level: 4, Provider: "Service Control Manager", Data: []string{fmt.Sprintf("Service %d", l.host.random.IntN(40)), "running"},
		}})
	}
	for _, r := range l.want.Records {
		record := evtxgen.Record{ID: r.ID, Level: 3, Provider: r.Provider, Data: r.Data}
		if r.Provider == "Tcpip" || r.Provider == "AFD" {
			record = driver(r.Provider, r.ID, r.Data)
		}
		l.add(ticksOf(r.At), record)
	}
	slices.SortStableFunc(l.entries, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
}

func (l *logger) bytes(w io.Writer) error {
	log := evtxgen.Log{Dirty: l.want.Dirty}
	for i, e := range l.entries {
		r := e.record
		r.Channel, r.Computer, r.RecordID, r.PID, r.TID = "System", l.host.recipe.Host.Name, uint64(1000+i), 4, 72
		r.Time = l.host.time(e.at).Truncate(100 * time.Nanosecond)
		log.Records = append(log.Records, r)
	}
	data, err := log.Bytes()
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// count is how many records of an id of Tcpip there are.
func (l *logger) count(id uint16) int {
	n := 0
	for _, e := range l.entries {
		if e.record.Provider == "Tcpip" && e.record.ID == id {
			n++
		}
	}
	return n
}
