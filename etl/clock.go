package etl

import (
	"math"
	"math/bits"
)

// The clocks of TRACE_LOGFILE_HEADER.ReservedFlags.
const (
	clockQPC    = 1
	clockSystem = 2
	clockCycles = 3
)

// A clock turns the session's counter into FILETIME: start + (t-t0)*mul/div,
// in integers. Windows prints the same value; a computation in floating point
// is off by one unit in most events when the frequency is not 10 MHz.
type clock struct {
	direct   bool // the counter is a FILETIME
	t0       int64
	start    int64
	mul, div uint64 // div 0: no usable frequency, every time is start
}

// newClock also says whether the header names a clock that can be used.
func newClock(h *Header) (clock, bool) {
	c := clock{t0: h.T0, start: int64(h.StartTime)}
	switch h.Clock {
	case clockSystem:
		c.direct = true
		return c, true
	case clockCycles:
		// MHz are counts a microsecond, and a microsecond is ten units.
		c.mul, c.div = 10, uint64(h.CPUSpeedMHz)
		return c, h.CPUSpeedMHz != 0
	}
	if h.PerfFreq > 0 {
		c.mul, c.div = 1e7, uint64(h.PerfFreq)
	}
	return c, h.Clock == clockQPC && h.PerfFreq > 0
}

func (c *clock) fileTime(raw int64) FileTime {
	if c.direct {
		return FileTime(raw)
	}
	if c.div == 0 {
		return FileTime(c.start)
	}
	if raw >= c.t0 {
		return FileTime(addSaturated(c.start, c.scale(uint64(raw)-uint64(c.t0))))
	}
	return FileTime(addSaturated(c.start, -c.scale(uint64(c.t0)-uint64(raw))))
}

// scale gives ticks*mul/div rounded down, at most MaxInt64.
func (c *clock) scale(ticks uint64) int64 {
	if c.mul == c.div && ticks <= math.MaxInt64 {
		return int64(ticks)
	}
	hi, lo := bits.Mul64(ticks, c.mul)
	if hi >= c.div {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, c.div)
	return int64(min(q, math.MaxInt64))
}

func addSaturated(a, b int64) int64 {
	s := a + b
	if a > 0 && b > 0 && s < 0 {
		return math.MaxInt64
	}
	if a < 0 && b < 0 && s >= 0 {
		return math.MinInt64
	}
	return s
}
