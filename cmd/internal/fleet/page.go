package fleet

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"portverdict/report"
)

//go:embed page.css
var pageCSS string

//go:embed page.html
var pageHTML string

// pageRows is how many bundles the page lists; the tables have them all.
const pageRows = 2000

// monthWidth is how wide the bar of a month is.
const monthWidth = 400

// ranked is how many lines a ranking of the page has.
const ranked = 20

// page is what the fleet page shows.
type page struct {
	Policy  template.HTML
	Style   template.CSS
	Total   string
	Counts  []bar
	Months  []month
	Holders []bar
	Causes  []bar
	Builds  []bar
	Drivers []bar
	Bundles []BundleRow
	More    string
}

// bar is one line of a ranking: how many bundles, and of how many machines.
type bar struct {
	Name     string
	Count    int
	Machines int
	From     int // where its part of a month begins, of 400
	Share    int // how long that part is
}

// month counts the outcomes of the bundles whose last exhaustion, or else whose end, is in it.
type month struct {
	Name  string
	Parts []bar
	Total int
}

var outcomes = []string{"exhausted", "likely", "inconclusive", "not-exhausted", "failed"}

// tally counts bundles and machines by name.
type tally map[string]*struct {
	bundles  int
	machines map[string]bool
}

func (t tally) add(name, host string) {
	x := t[name]
	if x == nil {
		x = &struct {
			bundles  int
			machines map[string]bool
		}{machines: map[string]bool{}}
		t[name] = x
	}
	x.bundles++
	if host != "" {
		x.machines[host] = true
	}
}

// top are the names with most bundles, most first.
func (t tally) top() []bar {
	var out []bar
	for name, x := range t {
		out = append(out, bar{Name: name, Count: x.bundles, Machines: len(x.machines)})
	}
	slices.SortFunc(out, func(a, b bar) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	return out[:min(len(out), ranked)]
}

// writePage writes the fleet page of what is in the lake.
func writePage(w io.Writer, l *lake) error {
	p := &page{Style: template.CSS(pageCSS), Policy: report.Policy(pageCSS, "")}
	stuck, err := p.gather(l)
	if err != nil {
		return err
	}
	if err := p.drivers(l, stuck); err != nil {
		return err
	}
	t, err := template.New("fleet").Parse(pageHTML)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

// outcome is the row's outcome, "failed" where it has none.
func (b *BundleRow) outcome() string { return cmp.Or(b.Outcome, "failed") }

// When is the day that the bundle speaks of.
func (b *BundleRow) When() string {
	at := cmp.Or(b.ExhaustedFrom, b.LastTime)
	if at == nil {
		return ""
	}
	text, _ := at.MarshalJSON() // a time is always written
	return string(text[1:11])
}

// Class is the outcome as the page's style knows it.
func (b *BundleRow) Class() string { return b.outcome() }

// gather reads the bundles. It gives those with closes that hang, and their machines.
func (p *page) gather(l *lake) (map[ID]string, error) {
	counts, holders, causes, builds := tally{}, tally{}, tally{}, tally{}
	months := map[string]tally{}
	hosts := map[ID]string{}
	err := read(l, "bundles", func(b *BundleRow) {
		counts.add(b.outcome(), b.Host)
		if b.Holder != "" {
			holders.add(b.Holder, b.Host)
		}
		if b.Cause != "" {
			causes.add(b.Cause, b.Host)
		}
		if b.OSBuild != "" {
			builds.add(b.OSBuild, b.Host)
		}
		if when := b.When(); when != "" {
			m := months[when[:7]]
			if m == nil {
				m = tally{}
				months[when[:7]] = m
			}
			m.add(b.outcome(), b.Host)
		}
		hosts[b.ID] = b.Host
		p.Bundles = append(p.Bundles, *b)
	})
	if err != nil {
		return nil, err
	}
	p.Counts, p.Holders, p.Causes, p.Builds = counts.top(), holders.top(), causes.top(), builds.top()
	p.months(months)
	p.list()
	stuck := map[ID]string{}
	err = read(l, "findings", func(f *FindingRow) {
		if f.Finding == "evtx-stuck-closes" {
			stuck[f.ID] = hosts[f.ID]
		}
	})
	return stuck, err
}

func (p *page) months(all map[string]tally) {
	for name, t := range all {
		m := month{Name: name}
		for _, o := range outcomes {
			if x := t[o]; x != nil {
				m.Parts = append(m.Parts, bar{Name: o, Count: x.bundles})
				m.Total += x.bundles
			}
		}
		before := 0
		for i := range m.Parts {
			x := &m.Parts[i]
			x.From = monthWidth * before / m.Total
			before += x.Count
			x.Share = monthWidth*before/m.Total - x.From
		}
		p.Months = append(p.Months, m)
	}
	slices.SortFunc(p.Months, func(a, b month) int { return cmp.Compare(a.Name, b.Name) })
}

// list sorts the bundles, the worst and latest first, and keeps what the page can show.
func (p *page) list() {
	slices.SortStableFunc(p.Bundles, func(a, b BundleRow) int {
		return cmp.Or(slices.Index(outcomes, a.outcome())-slices.Index(outcomes, b.outcome()), cmp.Compare(b.When(), a.When()), cmp.Compare(a.Path, b.Path))
	})
	p.Total = report.Counted(len(p.Bundles), "bundle", "bundles")
	if n := len(p.Bundles) - pageRows; n > 0 {
		p.More = report.Counted(n, "more bundle is", "more bundles are")
		p.Bundles = p.Bundles[:pageRows]
	}
}

// drivers ranks the network drivers that the logs of bundles with closes that hang say
// were installed: what they have in common is worth a look, and proves nothing.
func (p *page) drivers(l *lake, stuck map[ID]string) error {
	cited := map[ID]map[string]bool{}
	err := read(l, "findings", func(f *FindingRow) {
		if _, ok := stuck[f.ID]; ok && f.Finding == "evtx-network-drivers" {
			if cited[f.ID] == nil {
				cited[f.ID] = map[string]bool{}
			}
			for _, id := range f.Evidence {
				cited[f.ID][id] = true
			}
		}
	})
	if err != nil {
		return err
	}
	names := tally{}
	seen := map[ID]map[string]bool{}
	err = read(l, "evidence", func(e *EvidenceRow) {
		name := driverName(e)
		if !cited[e.ID][e.Evidence] || name == "" || seen[e.ID][name] {
			return
		}
		if seen[e.ID] == nil {
			seen[e.ID] = map[string]bool{}
		}
		seen[e.ID][name] = true
		names.add(name, stuck[e.ID])
	})
	p.Drivers = names.top()
	return err
}

// driverName is the driver's file in the record that tells of it, else the record's text.
func driverName(e *EvidenceRow) string {
	for word := range strings.FieldsFuncSeq(e.Text, func(r rune) bool { return strings.ContainsRune(" \\/\"", r) }) {
		if strings.HasSuffix(strings.ToLower(word), ".sys") {
			return strings.ToLower(word)
		}
	}
	return e.Text
}
