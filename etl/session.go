package etl

// modeNewFile is EVENT_TRACE_FILE_MODE_NEWFILE: the session begins a new file
// whenever one is full.
const modeNewFile = 0x00000008

// Continues tells whether next goes on where r ends: their headers are of one
// session that began new files, and the buffers of next are numbered on from those
// of r. A file's first buffer, which holds its header, is number 0 in each.
func (r *Reader) Continues(next *Reader) bool {
	a, b := &r.header, &next.header
	if a.LogFileMode&modeNewFile == 0 || a.LogFileMode != b.LogFileMode || a.LoggerName != b.LoggerName {
		return false
	}
	if !sameClock(a, b) || a.Processors != b.Processors || a.BufferSize != b.BufferSize {
		return false
	}
	return next.firstSeq > 0 && next.firstSeq == r.lastSeq+1
}

// SameCapture tells whether both are of one capture, so that an event can be in both: one
// machine's clock, and the same start, or one session's name and times that overlap. The
// files of a session that began new files share no event; Continues tells those.
func (r *Reader) SameCapture(other *Reader) bool {
	a, b := &r.header, &other.header
	if (a.LogFileMode|b.LogFileMode)&modeNewFile != 0 || !sameClock(a, b) || a.StartTime == 0 || b.StartTime == 0 {
		return false
	}
	if a.StartTime == b.StartTime {
		return true
	}
	return a.BootTime != 0 && a.LoggerName == b.LoggerName && a.StartTime < b.EndTime && b.StartTime < a.EndTime
}

// sameClock tells that the times of two files are of one machine's clock.
func sameClock(a, b *Header) bool {
	return a.BootTime == b.BootTime && a.PerfFreq == b.PerfFreq && a.Clock == b.Clock && a.PointerSize == b.PointerSize && a.Build == b.Build
}
