package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/wish"
	"portverdict/report"
	"portverdict/report/compare"
	"portverdict/report/facts"
	"portverdict/report/redact"
)

// A request is what the page wants judged. With two sides the second is compared with
// the first. Empty words are wishes that nobody has.
type request struct {
	Sides [][]string `json:"sides"` // the paths of a bundle each
	Zone  string     `json:"zone"`
	Host  string     `json:"host"`
	TCP   string     `json:"tcp"` // START+COUNT
	UDP   string     `json:"udp"`
}

// An answer is what the page has to know of the result; the result itself it has written.
type answer struct {
	Summary string   `json:"summary"`
	Formats []string `json:"formats"`
	Zone    string   `json:"zone"`   // what has local times without a zone; "": nothing
	Range   string   `json:"range"`  // that the range is assumed; "": it is known
	Hosts   []string `json:"hosts"`  // of several machines
	Faults  []string `json:"faults"` // of this program, in sentences
}

// A session is one run: what was judged, and what is written of it.
type session struct {
	sides    []side
	redactor *redact.Redactor
	key      string // of the redactor
}

// side is one bundle and its report.
type side struct {
	paths  []string
	saved  bool // the report was read, not judged
	report *report.Report
}

// judge reads and judges all sides.
func (s *session) judge(ctx context.Context, q *request, tell told) (*answer, error) {
	o, err := q.options()
	if err != nil {
		return nil, err
	}
	a := &answer{Formats: []string{"html", "json", "md", "csv"}, Hosts: []string{}, Faults: []string{}}
	for i, paths := range q.Sides {
		name := ""
		if len(q.Sides) > 1 {
			name = []string{"before", "after"}[i]
		}
		one, faults, err := judgeSide(ctx, paths, name, *o, tell)
		if err != nil {
			return nil, err
		}
		s.sides = append(s.sides, one)
		for _, f := range faults {
			a.Faults = append(a.Faults, fmt.Sprintf("The program has a fault: it could not read %s (%s). The report does without it; please report this with the version.", f.Source, f.Value))
		}
	}
	if len(s.sides) > 1 {
		a.Formats = []string{"html", "json", "txt"}
		a.Summary = compare.Compare(s.sides[0].report, s.sides[1].report).Summary
		return a, nil
	}
	a.asks(s.sides[0].report)
	return a, nil
}

// options are the wishes as values.
func (q *request) options() (*analysis.Options, error) {
	o := &analysis.Options{Jobs: 1, Evidence: facts.EvidenceDefault, Host: q.Host, Ranges: map[string]facts.PortRange{}}
	if len(q.Sides) > 1 {
		o.Host = "" // each side has machines of its own
	}
	if q.Zone != "" {
		zone, err := wish.Zone(q.Zone)
		if err != nil {
			return nil, fmt.Errorf("the time zone %w", err)
		}
		o.Zone = zone
	}
	for transport, text := range map[string]string{"tcp": q.TCP, "udp": q.UDP} {
		if text == "" {
			continue
		}
		_, r, err := wish.Range(transport + "=" + text)
		if err != nil {
			return nil, fmt.Errorf("the %s range %q: give the first port and how many there are, like 49152+16384", strings.ToUpper(transport), text)
		}
		o.Ranges[transport] = r
	}
	return o, nil
}

// judgeSide gives the report of one side: a verdict.json's as it stands, else the
// judgement of now.
func judgeSide(ctx context.Context, paths []string, name string, o analysis.Options, tell told) (side, []analysis.Fault, error) {
	one := side{paths: paths}
	if name != "" && len(paths) == 1 {
		switch is, err := wish.IsVerdict(paths[0]); {
		case err != nil:
			return one, nil, shown(name, err)
		case is:
			one.saved = true
			one.report, err = wish.ReadVerdict(paths[0])
			return one, nil, shown(name, err)
		}
	}
	watch := newWatch(name, tell)
	b, err := bundle.Load(ctx, paths, bundle.Options{Jobs: 1, Watch: watch.loading()})
	if err != nil {
		return one, nil, shown(name, err)
	}
	watch.work.Expect(b.Inputs)
	o.Watch = watch.reads
	res, err := analysis.Run(ctx, b, o)
	if err != nil {
		return one, nil, shown(name, err)
	}
	if one.report = res.Report; !res.Usable {
		return one, nil, shown(name, useless(res.Report))
	}
	return one, res.Faults, nil
}

// maxTold is how many diagnostics an error that nothing is usable tells of.
const maxTold = 20

// useless says that nothing is usable, and what is wrong with each input.
func useless(r *report.Report) error {
	var b strings.Builder
	b.WriteString("nothing here can show port exhaustion: give a netsh trace (.etl), the System log (.evtx) or a netstat text")
	for i, d := range r.Diagnostics {
		if i == maxTold {
			fmt.Fprintf(&b, "\nand %d more", len(r.Diagnostics)-i)
			break
		}
		b.WriteString("\n")
		if d.Source != "" {
			b.WriteString(d.Source + ": ")
		}
		b.WriteString(d.Sentence())
	}
	return errors.New(b.String())
}

// inputFolder is where the page puts what was dropped: sides in it, and in them a folder
// for each thing.
const inputFolder = "/in/"

// shown is an error as the user reads it: of which side it is, without the folders that
// the page made up, and what to do when there is no room for an archive.
func shown(name string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if errors.Is(err, syscall.ENOSPC) {
		text = fmt.Sprintf("the archives unpack to more than %d MB, which this page does not hold in memory: unpack them and drop the folder, or use the command line", maxUnpacked/1_000_000)
	}
	for {
		before, rest, found := strings.Cut(text, inputFolder)
		if !found {
			break
		}
		_, rest, _ = strings.Cut(rest, "/") // the side
		_, rest, _ = strings.Cut(rest, "/") // the thing
		text = before + rest
	}
	if name != "" {
		text = name + ": " + text
	}
	return errors.New(text)
}

// asks finds what the report asks the user for and the page has a field for.
func (a *answer) asks(r *report.Report) {
	a.Summary = r.Verdict.Summary
	for _, m := range r.Verdict.Missing {
		switch text := m.Input + ": " + m.Cost; {
		case strings.HasPrefix(m.Input, "time zone of "):
			a.Zone = text
		case m.Input == "dynamic port range":
			a.Range = text
		}
	}
	if len(r.Bundle.Hosts) > 1 {
		a.Hosts = r.Bundle.Hosts
	}
}

// write writes the result in a format, with names and addresses replaced by tokens if
// asked for. An empty key is one for this session.
func (s *session) write(ctx context.Context, format string, redacted bool, key string) ([]byte, error) {
	var reports []*report.Report
	for _, one := range s.sides {
		reports = append(reports, one.report)
	}
	if redacted {
		if err := s.redactUnder(ctx, key); err != nil {
			return nil, err
		}
		if len(reports) > 1 { // a name has one token in both
			s.redactor.LearnReport(reports[0])
			s.redactor.LearnReport(reports[1])
		}
		for i, r := range reports {
			reports[i] = s.redactor.Report(r)
		}
	}
	var b bytes.Buffer
	var err error
	switch form := wish.FormOf(format); {
	case len(reports) > 1:
		err = writeComparison(&b, compare.Compare(reports[0], reports[1]), format)
	case form != nil:
		err = form(&b, reports[0])
	}
	return b.Bytes(), err
}

func writeComparison(w io.Writer, c *compare.Comparison, format string) error {
	switch format {
	case "json":
		return c.WriteJSON(w)
	case "md":
		return c.WriteMarkdown(w)
	case "html":
		return c.WriteHTML(w)
	}
	return c.WriteText(w, report.TextOptions{})
}

// redactUnder makes the redactor of a key. The inputs are opened once more, for the names
// in their texts.
func (s *session) redactUnder(ctx context.Context, key string) error {
	if s.redactor != nil && s.key == key {
		return nil
	}
	var bytes []byte
	if key != "" {
		bytes = []byte(key)
	}
	r, err := wish.Redactor(bytes)
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	for _, one := range s.sides {
		if one.saved {
			continue
		}
		b, err := bundle.Load(ctx, one.paths, bundle.Options{Jobs: 1})
		if err != nil {
			return shown("", err)
		}
		wish.Learn(ctx, r, b.Inputs)
		_ = b.Close() // the folder is one of this tab's memory
	}
	s.redactor, s.key = r, key
	return nil
}
