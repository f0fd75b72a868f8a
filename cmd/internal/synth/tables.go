package synth

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"portverdict/netstatparse/textgen"
)

// tabler saves connection tables as the recipe's tables ask.
type tabler struct {
	host  *host
	files map[string]*bytes.Buffer
	err   error
}

func newTabler(h *host) *tabler { return &tabler{host: h, files: map[string]*bytes.Buffer{}} }

// plan puts each table into the agenda of the host.
func (t *tabler) plan() {
	for i := range t.host.recipe.Tables {
		want := &t.host.recipe.Tables[i]
		t.files[want.File] = &bytes.Buffer{}
		t.at(want, ticksOf(want.At))
	}
}

func (t *tabler) at(want *Table, at ticks) {
	t.host.surely(at, func() {
		if !t.host.recipe.down(at) {
			t.save(want)
		}
		if next := at + ticksOf(want.Every); want.Every > 0 && next <= ticksOf(t.host.recipe.Duration) {
			t.at(want, next)
		}
	})
}

// save prints the table of now.
func (t *tabler) save(want *Table) {
	stamp := ""
	if want.Stamp != "" {
		var err error
		if stamp, err = textgen.Stamp(want.Stamp, t.host.local(t.host.now)); err != nil && t.err == nil {
			t.err = err
		}
	}
	rows := t.host.rows()
	if !strings.Contains(want.Flags, "q") {
		rows = slices.DeleteFunc(rows, func(r textgen.Row) bool { return r.State == "BOUND" })
	}
	print := textgen.Netstat{Flags: want.Flags, Language: want.Language, Page: want.Page, Command: want.Command, Stamp: stamp}
	if err := print.Print(t.files[want.File], rows); err != nil && t.err == nil {
		t.err = err
	}
	t.host.truth.tables = append(t.host.truth.tables, t.host.shown(want, rows))
}

// rows are the sockets of the host as netstat -anoq lists them: a socket that was
// bound before it was connected is there twice.
func (h *host) rows() []textgen.Row {
	var out []textgen.Row
	add := func(proto, local, remote, state string, pid int, image string) {
		out = append(out, textgen.Row{Proto: proto, Local: local, Remote: remote, State: state, PID: pid, Owner: image})
	}
	for _, s := range h.sockets {
		if s.port == 0 {
			continue
		}
		v6 := s.habit != nil && s.habit.Family != "ipv4"
		dual := s.habit != nil && s.habit.Family == "dual"
		anyHost, anyRemote, own := "0.0.0.0", "0.0.0.0:0", "192.0.2.10"
		if v6 {
			anyHost, anyRemote, own = "[::]", "[::]:0", "[2001:db8::10]"
		}
		pid, image := s.process.PID, s.process.Image
		switch {
		case s.transport == udp:
			add("UDP", fmt.Sprintf("%s:%d", anyHost, s.port), "*:*", "", pid, image)
			if dual {
				add("UDP", fmt.Sprintf("0.0.0.0:%d", s.port), "*:*", "", pid, image)
			}
		case s.listening:
			add("TCP", fmt.Sprintf("0.0.0.0:%d", s.port), "0.0.0.0:0", "LISTENING", pid, image)
		case s.waiting:
			add("TCP", fmt.Sprintf("%s:%d", own, s.port), h.remote(s), "TIME_WAIT", 0, "")
		default:
			if s.remote >= 0 {
				state := "ESTABLISHED"
				if s.habit.PeerGone {
					state = "CLOSE_WAIT"
				}
				add("TCP", fmt.Sprintf("%s:%d", own, s.port), h.remote(s), state, pid, image)
			}
			if s.remote < 0 || !s.habit.Deferred {
				add("TCP", fmt.Sprintf("%s:%d", anyHost, s.port), anyRemote, "BOUND", pid, image)
			}
			if dual && s.remote < 0 {
				add("TCP", fmt.Sprintf("0.0.0.0:%d", s.port), "0.0.0.0:0", "BOUND", pid, image)
			}
		}
	}
	slices.SortFunc(out, func(a, b textgen.Row) int {
		return cmp.Or(cmp.Compare(a.Proto, b.Proto), compareBool(a.State == "BOUND", b.State == "BOUND"), cmp.Compare(a.Local, b.Local), cmp.Compare(a.Remote, b.Remote), a.PID-b.PID)
	})
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (h *host) remote(s *socket) string {
	if s.habit.Family != "ipv4" {
		return fmt.Sprintf("[2001:db8::%x]:443", s.remote+1)
	}
	return fmt.Sprintf("198.51.%d.%d:443", 100+(s.remote+1)>>8, (s.remote+1)&0xff)
}

// texts writes the files of the other tools.
func (h *host) texts(create func(name string, to func(io.Writer) error) error) error {
	x := &h.recipe.Texts
	var ranges []textgen.Range
	var excluded []textgen.Span
	for i, r := range []*Range{&h.recipe.TCP, &h.recipe.UDP} {
		ranges = append(ranges, textgen.Range{Transport: transportNames[i], Family: "ipv4", Start: r.Start, Count: r.Count})
		for _, s := range r.Excluded {
			excluded = append(excluded, textgen.Span{Transport: transportNames[i], Start: s.Start, End: s.End})
		}
	}
	tasks := []textgen.Process{{PID: 4, Image: "System", Handles: 3000, Sockets: -1}}
	for _, p := range h.processes {
		if p.PID != 4 {
			tasks = append(tasks, textgen.Process{PID: p.PID, Image: p.Image, Services: p.Services, Handles: p.Handles, Sockets: -1})
		}
	}
	_, east := h.local(0).Zone()
	major, minor := version(h.recipe.Host.Build)
	for _, f := range []struct {
		name  string
		print func(io.Writer) error
	}{
		{x.Range, func(w io.Writer) error { return textgen.PrintRanges(w, x.Language, x.Page, ranges) }},
		{x.Excluded, func(w io.Writer) error { return textgen.PrintExcluded(w, x.Language, x.Page, excluded) }},
		{x.Tasklist, func(w io.Writer) error { return textgen.PrintTasklist(w, "svc", x.Language, x.Page, tasks) }},
		{x.Registry, func(w io.Writer) error { return textgen.PrintRegistry(w, "query", x.Values) }},
		{x.System, func(w io.Writer) error {
			return textgen.PrintSysteminfo(w, x.Page, textgen.Host{Name: h.recipe.Host.Name, Version: fmt.Sprintf("%d.%d.%d", major, minor, h.recipe.Host.Build), OffsetMinutes: east / 60})
		}},
	} {
		if f.name == "" {
			continue
		}
		if err := create(f.name, f.print); err != nil {
			return err
		}
	}
	return nil
}
