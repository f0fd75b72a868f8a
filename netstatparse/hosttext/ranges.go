package hosttext

import (
	"regexp"
	"strings"
)

// takeNumber reads a "label : number" line of a dynamicport block.
func (p *parser) takeNumber() bool {
	i := strings.LastIndexAny(p.text, ":：")
	if i < 0 {
		return false
	}
	n, ok := integer(strings.Trim(p.text[i:], ":： \t\"',`"))
	if !ok {
		if !p.table.bare || len(p.table.numbers) != 2 {
			p.table.numbers = nil
		}
		return false
	}
	// A third number tells a block of statistics; more need not be kept.
	if len(p.table.numbers) < 3 {
		p.table.numbers = append(p.table.numbers, number{n, p.line})
	}
	return true
}

// endTable ends the present table; a dynamicport block has exactly two numbers.
func (p *parser) endTable() {
	t := p.table
	p.table = table{}
	if t.kind == handleTypes || t.kind == handleCounts {
		p.addSummary(&t.summary)
	}
	if t.kind != dynamicPorts || len(t.numbers) != 2 {
		return
	}
	if t.bare {
		p.command.object = ""
	}
	p.addRange(Range{Transport: t.transport, Family: p.family(), Start: t.numbers[0].value, Count: t.numbers[1].value, Line: t.numbers[0].line})
}

func (p *parser) addRange(r Range) {
	switch {
	case r.Start < 1 || r.Count < 1 || r.Start+r.Count > 1<<16:
		p.failAt(r.Line, "hosttext-range", "the dynamic %s range of %d ports from %d is not one", r.Transport, r.Count, r.Start)
	case len(p.facts.Ranges) >= maxRanges:
		p.failAt(r.Line, "hosttext-too-many", "more than %d ranges", maxRanges)
	default:
		p.facts.Ranges = append(p.facts.Ranges, r)
	}
}

// takeExcluded reads "start end", with a star when an administrator set it.
func (p *parser) takeExcluded() bool {
	fields := strings.Fields(strings.Trim(p.text, "`\"', \t"))
	administered := len(fields) == 3 && fields[2] == "*"
	if administered {
		fields = fields[:2]
	}
	if len(fields) != 2 {
		return false
	}
	start, ok := integer(fields[0])
	end, ok2 := integer(fields[1])
	switch {
	case !ok || !ok2:
		return false
	case start > end || end > 65535:
		p.failAt(p.line, "hosttext-excluded", "ports %d to %d are not a range", start, end)
	case len(p.facts.Excluded) >= maxRanges:
		p.failAt(p.line, "hosttext-too-many", "more than %d excluded ranges", maxRanges)
	default:
		p.facts.Excluded = append(p.facts.Excluded, Excluded{
			Transport: p.table.transport, Start: start, End: end, Line: p.line, Family: p.family(), Administered: administered, Maker: makerOf(start, end, administered),
		})
	}
	return true
}

func makerOf(start, end int, administered bool) Maker {
	switch {
	case administered:
		return MakerAdministrator
	case end-start+1 == 100:
		return MakerWinNAT
	}
	return MakerUnknown
}

// excludedBelow tells that a rule of two groups is that of excluded ranges although no
// title says so: netsh's command stands above it, or the rule has netsh's own lengths,
// which no language changes.
func (p *parser) excludedBelow(groups []string) bool {
	if p.command.verb == "show" && p.command.object == excludedObject && p.command.near(p.line) {
		return true
	}
	return len(groups[0]) == 10 && len(groups[1]) == 8
}

// takeBareRange begins a range whose title and rule are gone, below the command that
// shows it: the two lines alone, perhaps as strings of a list ("- 'Start Port : 49152'").
func (p *parser) takeBareRange() bool {
	c := &p.command
	if p.table.kind != noTable || c.verb != "show" || c.object != dynamicObject || c.transport == "" || !c.near(p.line) {
		return false
	}
	p.table = table{kind: dynamicPorts, transport: c.transport, bare: true}
	if !p.takeNumber() || p.table.numbers[0].value == 0 {
		p.table = table{}
		return false
	}
	return true
}

// oneLine is a range whose lines became one.
var oneLine = regexp.MustCompile(`(?i)start ?port\s*[:=]\s*(\d{1,5})\b.{0,20}\bnumber ?of ?ports\s*[:=]\s*(\d{1,5})\b`)

// takeOneLine reads such a line, which or above which stands the transport.
func (p *parser) takeOneLine() bool {
	if !holdsAny(p.text, "umber") {
		return false
	}
	m := oneLine.FindStringSubmatch(p.text)
	if m == nil {
		return false
	}
	transport := transportOf(p.text)
	if c := &p.command; transport == "" && c.object == dynamicObject && c.near(p.line) {
		transport = c.transport
	}
	if transport == "" {
		transport = transportOf(p.above[0])
	}
	start, ok := integer(m[1])
	count, ok2 := integer(m[2])
	if transport == "" || !ok || !ok2 {
		return false
	}
	p.addRange(Range{Transport: transport, Family: p.family(), Start: start, Count: count, Line: p.line})
	return true
}

// takeUntitled keeps rows of two ports without a title, a rule or a command: they are
// excluded ranges if netsh's last line, with the star that stands for an administrator,
// is below them.
func (p *parser) takeUntitled() bool {
	last := p.text[len(p.text)-1]
	switch {
	case p.table.kind == noTable && len(p.untitled) < maxRanges && (last == '*' || last >= '0' && last <= '9') && excludedRow.MatchString(p.text):
		p.untitled = append(p.untitled, untitledRow{strings.Clone(p.text), p.line})
		return true
	case len(p.untitled) > 0 && strings.HasPrefix(strings.TrimSpace(p.text), "* - ") && holdsAny(p.text, exclusion[:]...):
		rows, text, line := p.untitled, p.text, p.line
		p.table, p.exclusions = table{kind: excludedPorts}, true
		for _, r := range rows {
			p.text, p.line = r.text, r.line
			p.takeExcluded()
		}
		p.table, p.text, p.line = table{}, text, line
	}
	p.untitled = p.untitled[:0]
	return false
}

type untitledRow struct {
	text string
	line int
}

// excludedRow is a row of excluded ranges.
var excludedRow = regexp.MustCompile(`^\s*\d{1,5}\s+\d{1,5}(?:\s+\*)?$`)

// exclusion are parts of the title of excluded ranges, in the languages known.
var exclusion = [...]string{"xclu", "usschl", "exclus", "esclus", "除外", "排除", "сключ", "제외", "ykluc"}

// takeBareExcluded reads the first row of excluded ranges whose heading and rule are gone,
// below the command that shows them or below their title.
func (p *parser) takeBareExcluded() bool {
	if last := p.text[len(p.text)-1]; p.table.kind != noTable || last != '*' && (last < '0' || last > '9') || !excludedRow.MatchString(p.text) {
		return false
	}
	transport := ""
	if c := &p.command; c.verb == "show" && c.object == excludedObject && c.near(p.line) {
		transport = c.transport
	} else if transport = transportOf(p.above[0]); transport == "" || !holdsAny(p.above[0], exclusion[:]...) {
		return false
	}
	p.table, p.exclusions = table{kind: excludedPorts, transport: transport}, true
	return p.takeExcluded()
}
