package facts

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sync"

	"portverdict/etl"
	"portverdict/report"
)

// Live is a trace whose events come one at a time, from a session that is going on.
// Texts that state ranges must have been added before. Take and Seen may be called from
// several goroutines at once.
type Live struct {
	mu    sync.Mutex
	trace *Trace
	file  traceFile
	stats etl.Stats
	bytes int64
	sum   hash.Hash
}

// Live opens the trace of a session, which is a source without a file: its hash is that
// of its events, and a record number counts them from 0. h tells what is known of the
// session; End closes it.
func (f *Facts) Live(src report.Source, h etl.Header) *Live {
	views := f.settledViews()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.source(src)
	f.sources = append(f.sources, s)
	t := newTrace(s, h, views)
	t.Files = []*Source{s}
	s.Trace = t
	// There is no file in which a description could stand behind its events.
	return &Live{trace: t, file: traceFile{source: s, described: true}, sum: sha256.New()}
}

// Take folds the next event, or what was wrong with it, and gives what was seen so far.
func (l *Live) Take(e *etl.Event, err error) Seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Events++
	if err == nil {
		if l.stats.First == 0 {
			l.stats.First = e.Time
		}
		l.stats.Last = max(l.stats.Last, e.Time)
		l.bytes += int64(len(e.Payload))
		var head [12]byte
		binary.LittleEndian.PutUint64(head[:], uint64(e.Time))
		binary.LittleEndian.PutUint16(head[8:], e.ID)
		binary.LittleEndian.PutUint16(head[10:], e.Version)
		l.sum.Write(head[:])
		l.sum.Write(e.Payload)
	}
	l.trace.take(&l.file, e, err)
	return l.seen()
}

// Seen is what a session saw so far: events of all providers, and attempts that were
// refused for want of a port, as AFD or the TCP/IP driver tells them.
type Seen struct{ Events, Refused int }

// Seen tells it. It may be asked after End too.
func (l *Live) Seen() Seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen()
}

func (l *Live) seen() Seen {
	t := l.trace
	attempts, acquires := 0, 0
	for tr := range t.BindRefused {
		attempts += t.BindRefused[tr].Count + t.ConnectRefused[tr].Count
		acquires += t.Acquire[tr].Count
	}
	return Seen{Events: l.stats.Events, Refused: max(attempts, acquires)} // the driver tells the same refusals
}

// End closes the trace with what the session lost. blind says what else keeps it from
// showing that ports did not run out, "" for nothing.
func (l *Live) End(lost Losses, blind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, s := l.trace, l.file.source
	l.stats.LostEvents, l.stats.LostBuffers = lost.Events, lost.Buffers
	s.Size, s.SHA256 = l.bytes, hex.EncodeToString(l.sum.Sum(nil))
	t.Blind = blind
	t.merge(l.stats)
	s.describeTrace(t.header, l.stats, l.file.events, l.file.undecoded)
	t.Damaged = s.Damaged
	t.finish()
}
