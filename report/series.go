package report

import (
	"math"
	"slices"
	"strings"
	"time"
)

// timed are the steps whose time is known, in order.
func timed(bins []Bin) []Bin {
	out := make([]Bin, 0, len(bins))
	for _, b := range bins {
		if !b.T.IsZero() {
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b Bin) int { return a.T.Compare(b.T.Time) })
	return out
}

// held is the most ports known in use at a step.
func held(b *Bin) int {
	if b.UsedPorts != nil {
		return max(b.OpenSockets, *b.UsedPorts, 0)
	}
	return max(b.OpenSockets, 0)
}

// merge folds steps into at most n: counts are added, levels are the highest.
func merge(bins []Bin, n int) []Bin {
	if len(bins) <= n || n < 1 {
		return bins
	}
	per := (len(bins) + n - 1) / n
	out := make([]Bin, 0, n)
	for i := 0; i < len(bins); i += per {
		m := bins[i]
		for _, b := range bins[i+1 : min(i+per, len(bins))] {
			m.BindOK += b.BindOK
			m.Bind0x209 += b.Bind0x209
			m.EVTX4227 += b.EVTX4227
			m.EVTX4231 += b.EVTX4231
			m.EVTX4266 += b.EVTX4266
			m.StepSeconds += b.StepSeconds
			m.OpenSockets = max(m.OpenSockets, b.OpenSockets)
			if b.UsedPorts != nil && (m.UsedPorts == nil || *b.UsedPorts > *m.UsedPorts) {
				m.UsedPorts = b.UsedPorts
			}
		}
		out = append(out, m)
	}
	return out
}

// series are the two rows of the terminal with their highest values.
func series(bins []Bin, n int) (ports, refused []int, peak, worst int) {
	merged := merge(bins, n)
	for i := range merged {
		p := held(&merged[i])
		ports, refused = append(ports, p), append(refused, merged[i].Bind0x209)
		peak, worst = max(peak, p), max(worst, merged[i].Bind0x209)
	}
	return ports, refused, peak, worst
}

func stepOf(bins []Bin) time.Duration {
	if len(bins) == 0 {
		return 0
	}
	return time.Duration(min(max(bins[0].StepSeconds, 1), math.MaxInt32)) * time.Second
}

// spark draws values as blocks of eight heights; zero is a blank.
func spark(values []int, top int) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range values {
		if v <= 0 || top <= 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(blocks[min(int(float64(v)/float64(top)*float64(len(blocks))), len(blocks)-1)])
	}
	return b.String()
}

// stepSeconds are the widths that steps are folded to.
var stepSeconds = []int{1, 2, 5, 10, 30, 60, 5 * 60, 30 * 60, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600, 365 * 24 * 3600, 3650 * 24 * 3600}

// foldBins folds steps into at most n that begin at round times: counts are added, levels
// are the highest.
func foldBins(bins []Bin, n int) []Bin {
	if len(bins) <= n || n < 1 {
		return bins
	}
	first, last := bins[0].T.Unix(), bins[len(bins)-1].T.Unix()
	step := int64(stepSeconds[len(stepSeconds)-1])
	for _, s := range stepSeconds {
		if time.Duration(s)*time.Second >= stepOf(bins) && (last-first)/int64(s)+1 < int64(n) {
			step = int64(s)
			break
		}
	}
	floor := func(t Time) int64 { return t.Unix() - ((t.Unix()%step)+step)%step }
	var out []Bin
	for i := range bins {
		b := &bins[i]
		at := floor(b.T)
		if len(out) == 0 || out[len(out)-1].T.Unix() != at {
			m := Bin{T: Time{time.Unix(at, 0).UTC()}, StepSeconds: int(step)}
			out = append(out, m)
		}
		out[len(out)-1].fold(b)
	}
	return out
}

// fold takes a later, shorter step into this one.
func (m *Bin) fold(b *Bin) {
	m.BindOK += b.BindOK
	m.Bind0x209 += b.Bind0x209
	m.EVTX4227 += b.EVTX4227
	m.EVTX4231 += b.EVTX4231
	m.EVTX4266 += b.EVTX4266
	m.EVTX16002 += b.EVTX16002
	m.OpenSockets = max(m.OpenSockets, b.OpenSockets)
	if b.UsedPorts != nil && (m.UsedPorts == nil || *b.UsedPorts > *m.UsedPorts) {
		m.UsedPorts = b.UsedPorts
	}
}
