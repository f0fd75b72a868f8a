package etl

import (
	"maps"
	"slices"
)

// EventKey is what events are counted by; the parts a kind does not have are
// zero. Kernel events have Hook and Version, manifest ones Provider, ID and
// Version, classic ones Provider, Opcode and Version, WPP ones Provider and ID.
type EventKey struct {
	Kind     Kind
	Provider GUID
	ID       uint16
	Opcode   uint8
	Hook     uint16
	Version  uint16
}

// Stats is what a walk over all events found.
type Stats struct {
	Events            int // of all kinds, the header event too
	Buffers           int
	CompressedBuffers int

	// The four add up to the size of the file. A compressed stream that was
	// unpacked counts as events, with what alignment is in it.
	HeaderBytes, EventBytes, PaddingBytes, DiagnosedBytes int64

	Counts map[EventKey]int
	// Passed has the providers of Options.Wanted that have ids, of whose events some
	// were not wanted.
	Passed map[GUID]Passed
	// First and Last are of the events that are not stamped with the session's
	// start, as the header and metadata are; 0 when there are none.
	First, Last FileTime

	LostEvents  int // by the header; else at least one for each buffer that says so
	LostBuffers int // likewise
	Wrapped     bool
	Truncated   bool
	Unfinalised bool // the session never closed the file
	// SequenceGaps counts the places where buffer sequence numbers are missing.
	// A relogged file has none to tell.
	SequenceGaps int
}

// Stats gives what the last walk over Events found. Before a walk, and during
// one, only what the headers of file and buffers say is complete.
func (r *Reader) Stats() Stats {
	s := r.stats
	s.Counts, s.Passed = maps.Clone(r.stats.Counts), maps.Clone(r.stats.Passed)
	return s
}

// initStats sets what the index tells; r.gaps becomes the entries before which
// sequence numbers are missing.
func (r *Reader) initStats() Stats {
	h := &r.header
	s := Stats{
		Buffers: r.buffers, Counts: map[EventKey]int{}, Passed: map[GUID]Passed{}, Truncated: r.truncated,
		Unfinalised: h.BuffersWritten == 0 || h.EndTime == 0, SequenceGaps: len(r.gaps), Wrapped: r.wrapped,
	}
	var lostEvents, lostBuffers int
	for i := range r.index {
		e := &r.index[i]
		if e.end == 0 {
			continue
		}
		if e.compressed() {
			s.CompressedBuffers++
		}
		if e.flags&bufferEventsLost != 0 {
			lostEvents++
		}
		if e.flags&bufferBufferLost != 0 {
			lostBuffers++
		}
	}
	s.LostEvents = max(int(h.EventsLost), lostEvents)
	s.LostBuffers = max(int(h.BuffersLost), lostBuffers)
	return s
}

// judgeSequence finds missing buffers and the signs of a ring that wrapped.
func (r *Reader) judgeSequence() {
	h := &r.header
	circular := h.LogFileMode&modeCircular != 0
	if written := int64(h.BuffersWritten); written > int64(r.buffers) {
		if circular {
			r.wrapped = true
		} else if !r.truncated && !r.damaged() {
			// The file ends where a buffer ends, so only the count tells.
			r.truncated = true
			r.damage(r.size, 0, CodeTruncated)
		}
	}
	order := make([]int32, 0, len(r.index))
	for i := range r.index {
		if r.index[i].end != 0 && r.index[i].index > 0 {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return compareInt(r.index[a].seq, r.index[b].seq) })
	if len(order) > 0 {
		r.firstSeq, r.lastSeq = r.index[order[0]].seq, r.index[order[len(order)-1]].seq
	}
	if h.LogFileMode&modeRelogged != 0 {
		return
	}
	if circular && r.firstSeq > 1 {
		r.wrapped = true
	}
	for i := 1; i < len(order); i++ {
		if d := r.index[order[i]].seq - r.index[order[i-1]].seq; d > 1 || d < 0 {
			r.gaps[order[i]] = d - 1
		}
	}
}

func (r *Reader) damaged() bool {
	for i := range r.index {
		if r.index[i].end == 0 {
			return true
		}
	}
	return false
}

func compareInt(a, b int64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}
