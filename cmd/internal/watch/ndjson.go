package watch

import (
	"encoding/json"
	"io"
	"time"

	"portverdict/report"
)

// Lines shows a watch as one JSON object a line: "state" at each look, "alarm", and
// "end" as the last.
type Lines struct{ W io.Writer }

type poolLine struct {
	Transport string           `json:"transport"`
	Family    string           `json:"family"`
	Start     int              `json:"start"`
	Count     int              `json:"count"`
	Capacity  int              `json:"capacity"`
	Used      int              `json:"used"`
	Outcome   report.Outcome   `json:"outcome"`
	Forecast  *report.Forecast `json:"forecast"`
}

func (p *Pool) line() poolLine {
	l := poolLine{p.Transport, p.Family, p.Start, p.Count, p.Capacity, p.Used, p.Outcome, nil}
	if p.Forecast != nil {
		f := *p.Forecast
		f.Evidence = []string{} // of a report that is not written
		l.Forecast = &f
	}
	return l
}

type holderLine struct {
	Transport string     `json:"transport"`
	PID       report.PID `json:"pid"`
	Image     string     `json:"image"`
	Instances int        `json:"instances"`
	Ports     int        `json:"ports"`
	Share     float64    `json:"share"`
}

type stateLine struct {
	Type        string         `json:"type"`
	Time        time.Time      `json:"time"`
	Pools       []poolLine     `json:"pools"`
	Holders     []holderLine   `json:"holders"`
	Outcome     report.Outcome `json:"outcome"`
	Events      int            `json:"events"`
	Refused     int            `json:"refused"`
	LostEvents  int            `json:"lost_events"`
	LostBuffers int            `json:"lost_buffers"`
	Blind       string         `json:"blind"`
}

type alarmLine struct {
	Type  string    `json:"type"`
	Time  time.Time `json:"time"`
	Level int       `json:"level"`
	Pool  poolLine  `json:"pool"`
}

type endLine struct {
	Type       string            `json:"type"`
	Time       time.Time         `json:"time"`
	Reason     string            `json:"reason"`
	Outcome    report.Outcome    `json:"outcome"`
	Confidence report.Confidence `json:"confidence"`
	Summary    string            `json:"summary"`
}

func (l Lines) write(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = l.W.Write(append(b, '\n'))
	}
	return err
}

// Show writes a "state" line.
func (l Lines) Show(s *State) error {
	out := stateLine{
		Type: "state", Time: s.At.UTC(), Pools: []poolLine{}, Holders: []holderLine{}, Outcome: s.Outcome, Events: s.Seen.Events,
		Refused: s.Seen.Refused, LostEvents: s.Lost.Events, LostBuffers: s.Lost.Buffers, Blind: s.Blind,
	}
	for i := range s.Pools {
		out.Pools = append(out.Pools, s.Pools[i].line())
	}
	for i := range s.Holders[:min(len(s.Holders), maxShown)] {
		h := &s.Holders[i]
		out.Holders = append(out.Holders, holderLine{h.Transport, h.PID, h.Image, h.Instances, h.Ports, h.Share})
	}
	return l.write(out)
}

// Alarm writes an "alarm" line.
func (l Lines) Alarm(a *Alarm) error {
	return l.write(alarmLine{"alarm", a.At.UTC(), a.Level, a.Pool.line()})
}

// End writes the "end" line.
func (l Lines) End(e *End) error {
	v := &e.Report.Verdict
	return l.write(endLine{"end", e.At.UTC(), e.Reason, v.Outcome, v.Confidence, v.Summary})
}
