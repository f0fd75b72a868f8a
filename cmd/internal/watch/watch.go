// Package watch follows one machine while it runs: events of a live session are folded
// into the same facts as those of a saved trace, connection tables are asked for from
// time to time, and the rules that judge files judge what was seen so far.
//
// A table becomes a text as netstat would have printed it and is read as one; so does
// what commands say of ranges and processes. The report rests on these texts and on the
// session, and nothing else.
//
// Watching is the same on every system; the Machine it asks exists on Windows with cgo
// only. That Machine was built for Windows and run under Wine, never on Windows.
package watch

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"portverdict/etl"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/verdict"
)

// Machine is what a watch asks of the machine it runs on.
type Machine struct {
	Name  string
	Build int // of Windows, 0 unknown
	Now   func() time.Time
	// Ranges is what netsh prints of dynamic and excluded port ranges, each command
	// echoed above its output; Processes what tasklist prints.
	Ranges, Processes func() []byte
	// Table is the connections now.
	Table func() (Table, error)
	// Session calls started once events can come, and gives them to take, one call at a
	// time, until ctx ends. It returns before ctx has ended only with an error.
	Session func(ctx context.Context, started func(), take func(*etl.Event, error)) error
	// Lost is what the running session lost so far.
	Lost func() (events, buffers int, err error)
}

// Options are the wishes of the user. Ranges overrides the dynamic range of "tcp" or
// "udp". Ticks says when to look again; a time on Deadline or Stop ends the watch.
type Options struct {
	Ranges   map[string]facts.PortRange
	Version  string
	Evidence int
	Ticks    <-chan time.Time
	Deadline <-chan time.Time
	Stop     <-chan struct{}
}

// Display shows what goes on; Run calls Show and Alarm, one at a time, and whoever writes
// the report End.
type Display interface {
	Show(*State) error
	Alarm(*Alarm) error
	End(*End) error
}

// End is why a watch ended, and what was judged: "exhausted", "duration", "interrupted"
// or "session-ended".
type End struct {
	At     time.Time
	Reason string
	Report *report.Report
}

// watcher is a watch that goes on.
type watcher struct {
	m       *Machine
	o       *Options
	ranges  []byte
	all     *facts.Facts // of the report
	live    *facts.Live
	series  series
	began   time.Time
	lost    facts.Losses
	blind   blindness
	armed   map[poolKey]int // the alarm level that was told, by pool
	refused chan struct{}   // an attempt was refused for want of a port

	over       chan struct{} // the session has ended
	sessionErr error         // with this, read once over is closed
}

// blindness is what keeps a watch from showing that ports did not run out.
type blindness struct {
	losses, tables, bound, ended string
}

func (b *blindness) text() string {
	for _, s := range []string{b.ended, b.losses, b.tables, b.bound} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Run watches until an attempt is refused or a pool is judged exhausted, until Deadline
// or Stop, and judges all that was seen. It fails when the session cannot be started,
// when the display fails, and with the error of ctx.
func Run(ctx context.Context, m *Machine, o Options, d Display) (*End, error) {
	w := &watcher{m: m, o: &o, began: m.Now(), armed: map[poolKey]int{}, refused: make(chan struct{}, 1), over: make(chan struct{})}
	w.ranges = m.Ranges()
	w.all = w.newFacts()
	h := etl.Header{Build: uint32(m.Build), LoggerName: "portverdict", Clock: 2, StartTime: fileTime(w.began)}
	w.live = w.all.Live(report.Source{Path: sessionPath, Kind: "etl", Facts: map[string]string{"live": "true"}}, h)
	session, end := context.WithCancel(ctx)
	defer end()
	begun := make(chan struct{})
	go func() {
		w.sessionErr = m.Session(session, func() { close(begun) }, w.take)
		close(w.over)
	}()
	select {
	case <-w.over:
		return nil, cmp.Or(ctx.Err(), w.sessionErr)
	case <-begun:
	}
	reason, failed := w.follow(ctx, d)
	w.askLost()
	end()
	<-w.over
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case failed != nil:
		return nil, failed
	case reason == "session-ended" && w.live.Seen().Events == 0: // it never began
		return nil, w.sessionErr
	case reason == "session-ended":
		w.blind.ended = "the session ended before the watch did: " + w.sessionErr.Error()
	}
	w.poll() // what the table shows now tells who has the ports
	return &End{At: m.Now(), Reason: reason, Report: w.judge()}, nil
}

// take folds one event; it is called by the session.
func (w *watcher) take(e *etl.Event, err error) {
	if w.live.Take(e, err).Refused > 0 {
		select {
		case w.refused <- struct{}{}:
		default:
		}
	}
}

// follow looks at the machine at each tick until something ends the watch, and says what.
// The error is that of the display.
func (w *watcher) follow(ctx context.Context, d Display) (reason string, err error) {
	for {
		s := w.look()
		if err := w.alarm(s, d); err != nil {
			return "", err
		}
		if err := d.Show(s); err != nil {
			return "", err
		}
		if s.Outcome == report.Exhausted || len(w.refused) > 0 { // whatever else ends it at the same time
			return "exhausted", nil
		}
		select {
		case <-ctx.Done():
			return "", nil
		case <-w.over:
			return "session-ended", nil
		case <-w.refused:
			return "exhausted", nil
		case <-w.o.Stop:
			return "interrupted", nil
		case <-w.o.Deadline:
			return "duration", nil
		case <-w.o.Ticks:
		}
	}
}

// poll asks for the connections and keeps them.
func (w *watcher) poll() *Table {
	t, err := w.m.Table()
	if err != nil {
		w.blind.tables = "the connection tables could not be read: " + err.Error()
		return nil
	}
	if !t.Bound {
		w.blind.bound = "this Windows does not show ports that are bound and not connected: a leak of them would not show"
	}
	w.series.add(&t)
	return &t
}

// askLost asks how much the session has lost.
func (w *watcher) askLost() {
	events, buffers, err := w.m.Lost()
	if err != nil {
		w.blind.losses = "how many events the session lost could not be asked: " + err.Error()
		return
	}
	w.lost.Events, w.lost.Buffers = max(w.lost.Events, events), max(w.lost.Buffers, buffers)
}

// look asks the machine and judges what the tables show: the latest alone for what is in
// use, all of them for where it leads.
func (w *watcher) look() *State {
	t := w.poll()
	w.askLost()
	s := &State{At: w.m.Now(), Began: w.began, Seen: w.live.Seen(), Lost: w.lost, Blind: w.blind.text()}
	if t == nil {
		return s
	}
	s.take(w.judgeTables(t.text()), w.judgeTables(w.series.text()))
	return s
}

// newFacts begins a collection with the texts that state ranges.
func (w *watcher) newFacts() *facts.Facts {
	f := facts.New(facts.Options{Ranges: w.o.Ranges, Jobs: 1, Evidence: w.o.Evidence})
	add(f, "hosttext.range", rangesPath, w.ranges)
	add(f, "hosttext.system", systemPath, w.system())
	return f
}

// system is what systeminfo would print of the machine.
func (w *watcher) system() []byte {
	text := fmt.Appendf(nil, "Host Name:                 %s\r\nOS Name:                   Microsoft Windows\r\n", w.m.Name)
	if w.m.Build > 0 {
		text = fmt.Appendf(text, "OS Version:                10.0.%d N/A Build %d\r\n", w.m.Build, w.m.Build)
	}
	return text
}

// judgeTables judges saved tables without the session.
func (w *watcher) judgeTables(text []byte) *report.Report {
	f := w.newFacts()
	addTables(f, text)
	return verdict.Judge(f.Settled(), verdict.Options{Version: w.o.Version})
}

// judge closes the session and judges everything.
func (w *watcher) judge() *report.Report {
	w.live.End(w.lost, w.blind.text())
	add(w.all, "hosttext.processes", processesPath, w.m.Processes())
	addTables(w.all, w.series.text())
	return verdict.Judge(w.all.Settled(), verdict.Options{Version: w.o.Version})
}
