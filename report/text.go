package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// TextOptions says how WriteText may use the terminal. Width is in columns;
// 0 is 80.
type TextOptions struct {
	Color bool
	Width int
	Saved bool // the report is in a file already: how to get one is not said
}

// WriteText writes the verdict on one screen, without a trailing prompt or
// any character that could act on the terminal, except colours when asked.
func WriteText(w io.Writer, r *Report, o TextOptions) error {
	t := &screen{width: min(max(o.Width, minTextWidth), maxTextWidth), color: o.Color, saved: o.Saved}
	if o.Width <= 0 {
		t.width = 80
	}
	f := filled(r)
	t.head(f)
	t.holders(f)
	t.victims(f)
	t.sparks(f)
	t.advice(f)
	t.foot(f)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type screen struct {
	b     strings.Builder
	width int
	color bool
	saved bool
}

const (
	margin = 2
	column = 15 // where the values start
)

func (t *screen) paint(code, s string) string {
	if !t.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *screen) blank() { t.b.WriteByte('\n') }

// row writes a label and a value of at most n lines, wrapped at the width.
func (t *screen) row(label, value string, n int) {
	ls := Wrap(Visible(value), t.width-column, n)
	for i, l := range ls {
		if i > 0 {
			label = ""
		}
		t.raw(label, l)
	}
}

func (t *screen) raw(label, line string) {
	line = strings.TrimRight(Clip(line, t.width-column), " ")
	fmt.Fprintf(&t.b, "%s%s%s\n", strings.Repeat(" ", margin), t.paint("2", Pad(label, column-margin)), line)
}

func (t *screen) head(r *Report) {
	v := &r.Verdict
	f := faceOf(v.Outcome)
	what := ""
	if p := mainPool(v); p != nil {
		what = fmt.Sprintf("%s dynamic ports %d-%d (%s%s)", strings.ToUpper(Visible(p.Transport)), p.Start, lastPort(p), Grouped(p.Capacity), assumed(p))
	}
	left := f.sign + " " + f.word
	conf := Visible(string(v.Confidence))
	if columns(left)+columns(what)+columns(conf)+margin+6 > t.width {
		fmt.Fprintf(&t.b, "  %s   %s\n", t.paint("1;"+f.colour, left), conf)
		if what != "" {
			fmt.Fprintf(&t.b, "    %s\n", Wrap(what, t.width-4, 1)[0])
		}
	} else {
		gap := t.width - margin - columns(left) - 3 - columns(what) - columns(conf)
		fmt.Fprintf(&t.b, "  %s   %s%s%s\n", t.paint("1;"+f.colour, left), what, strings.Repeat(" ", max(gap, 1)), conf)
	}
	if s, n, ok := outer(v); ok {
		t.parts(spanText(s), lastingOf(s), witnessed(v, n))
	} else {
		t.indented("inputs cover: "+spanText(covered(r)), 2)
	}
	if len(v.Windows) == 0 && v.Summary != "" {
		t.indented(Visible(v.Summary), 3)
	}
	if synthetic(r) {
		fmt.Fprintf(&t.b, "    %s\n", t.paint("2", syntheticLine))
	}
}

func lastingOf(s Span) string {
	if s.To.IsZero() {
		return ""
	}
	return lasting(s.To.Sub(s.From.Time))
}

// witnessed says how often ports were seen to be out: n attempts of a trace, or,
// where only a log tells, its records.
func witnessed(v *Verdict, n int) string {
	text := Counted(n, "refused attempt", "refused attempts")
	if n == 0 {
		records := 0
		for _, w := range v.Windows {
			records += len(w.Log)
		}
		text = Counted(records, "log record", "log records")
	}
	if len(v.Windows) > 1 {
		text += " in " + Grouped(len(v.Windows)) + " windows"
	}
	return text
}

// parts writes what belongs together and breaks between the parts: within one only
// when it is wider than a line.
func (t *screen) parts(parts ...string) {
	room, line := t.width-4, ""
	for _, p := range parts {
		for _, l := range Wrap(p, room, 2) {
			switch {
			case line == "" || l == "":
				line += l
			case columns(line)+3+columns(l) <= room:
				line += "   " + l
			default:
				fmt.Fprintf(&t.b, "    %s\n", line)
				line = l
			}
		}
	}
	fmt.Fprintf(&t.b, "    %s\n", line)
}

func (t *screen) indented(s string, n int) {
	if columns(s) <= t.width-4 {
		fmt.Fprintf(&t.b, "    %s\n", s)
		return
	}
	for _, l := range Wrap(s, t.width-4, n) {
		fmt.Fprintf(&t.b, "    %s\n", l)
	}
}

// nameColumns is the room for a process; figures start behind it.
const nameColumns = 28

// entry writes a process and its figures: as many as there is room for.
func (t *screen) entry(label, name string, figures ...string) {
	line := Clip(figures[0], t.width-column-2)
	room := min(nameColumns, t.width-column-columns(line)-1)
	for _, f := range figures[1:] {
		if f != "" && column+room+1+columns(line)+3+columns(f) <= t.width {
			line += "   " + f
		}
	}
	fmt.Fprintf(&t.b, "%s%s%s %s\n", strings.Repeat(" ", margin), t.paint("2", Pad(label, column-margin)), Pad(clipName(Visible(name), room), room), line)
}

// clipName shortens a process to width columns and keeps its PID, which tells
// services of one image apart.
func clipName(name string, width int) string {
	i := strings.LastIndex(name, " (")
	if i < 0 || !strings.HasSuffix(name, ")") || columns(name[i:])+2 > width {
		return Clip(name, width)
	}
	return Clip(name[:i], width-columns(name[i:])) + name[i:]
}

func (t *screen) holders(r *Report) {
	v := &r.Verdict
	if len(v.Holders) == 0 {
		if v.Outcome != NotExhausted {
			t.blank()
			t.row("Held by", "not known: no input tells which process held the ports", 2)
		}
		return
	}
	t.blank()
	label := "Held by"
	if v.Outcome == NotExhausted || v.Outcome == Inconclusive {
		label = "Most ports"
	}
	shown := min(len(v.Holders), 2)
	for i := range shown {
		h := &v.Holders[i]
		figures := Grouped(h.Ports)
		if p := mainPool(v); p != nil && p.Capacity > 0 {
			figures += " of " + Grouped(p.Capacity)
		}
		t.entry(label, named(h.Image, h.Services, h.PID, h.ProcessKey), figures, growthText(h), statesText(h))
		label = ""
	}
	if n := len(v.Holders) - shown; n > 0 {
		t.row("", "and "+Grouped(n)+" more", 1)
	}
}

func named(image string, services []string, pid int, key string) string {
	s := processName(image, pid, key)
	if len(services) > 0 {
		s += " " + services[0]
	}
	if pid >= 0 {
		s += fmt.Sprintf(" (%d)", pid)
	}
	return s
}

func (t *screen) victims(r *Report) {
	label := "Hurt"
	shown := min(len(r.Verdict.Victims), 4)
	for _, p := range r.Verdict.Victims[:shown] {
		t.entry(label, named(p.Image, p.Services, p.PID, ""), Grouped(p.Failures))
		label = ""
	}
	if n := len(r.Verdict.Victims) - shown; n > 0 {
		t.row("", "and "+Grouped(n)+" more", 1)
	}
}

// sparks draws ports and refusals over time, and beside them the log entries
// nearest to the first refusal.
func (t *screen) sparks(r *Report) {
	bins := timed(r.Timeline)
	if len(bins) == 0 {
		return
	}
	n := min(sparkColumns, len(bins), t.width-column-14)
	open, bad, peak, worst, step := series(bins, n)
	if peak == 0 && worst == 0 {
		return
	}
	t.blank()
	log := logTexts(&r.Verdict)
	side := func(i int, left string) string {
		left = Pad(left, t.width-column-36)
		if i >= len(log) || column+columns(left)+2+columns(log[i]) > t.width {
			return left
		}
		return left + "  " + log[i]
	}
	if peak > 0 {
		full := peak
		if p := mainPool(&r.Verdict); p != nil {
			full = max(full, p.Capacity) // a healthy pool must not look full
		}
		t.raw("ports", side(0, Pad(spark(open, full), n)+" "+Grouped(peak)))
	}
	if worst > 0 {
		t.raw("refused", side(1, fmt.Sprintf("%s %s in %s", Pad(spark(bad, worst), n), Grouped(worst), step)))
	}
}

// logTexts says the first paired record of each id, with its distance to the
// first refusal of its window and how many there are.
func logTexts(v *Verdict) []string {
	var ids []int
	first := map[int]LogEntry{}
	from := map[int]Time{}
	count := map[int]int{}
	for _, w := range v.Windows {
		for _, l := range w.Log {
			if count[l.ID]++; count[l.ID] == 1 {
				ids = append(ids, l.ID)
				first[l.ID], from[l.ID] = l, w.From
			}
		}
	}
	slices.SortStableFunc(ids, func(a, b int) int { return rankLog(a) - rankLog(b) })
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		l := first[id]
		delta := l.DeltaSeconds // to the refusal nearest to it
		if !from[id].IsZero() {
			delta = l.Time.Sub(from[id].Time).Seconds()
		}
		out = append(out, fmt.Sprintf("%d at %s  %s  (%d)", id, l.Time.UTC().Format("15:04:05.0"), secondsText(delta), count[id]))
	}
	return out
}

// rankLog puts the records that witness exhaustion before those of pressure.
func rankLog(id int) int {
	order := []int{4231, 4266, 4227}
	if i := slices.Index(order, id); i >= 0 {
		return i
	}
	return len(order)
}

func (t *screen) advice(r *Report) {
	v := &r.Verdict
	if len(v.Reasons)+len(v.Missing)+len(v.NextSteps) > 0 {
		t.blank()
	}
	label := strings.TrimSpace("Why " + string(v.Confidence))
	t.some(label, len(v.Reasons), 2, func(i int) string { return v.Reasons[i] }, 2)
	t.some("Missing", len(v.Missing), 2, func(i int) string { return v.Missing[i].Input + ": " + v.Missing[i].Cost }, 1)
	t.some("Next", len(v.NextSteps), 3, func(i int) string { return v.NextSteps[i].Text }, 3)
}

func (t *screen) some(label string, n, limit int, text func(int) string, rows int) {
	for i := range min(n, limit) {
		t.row(Visible(label), text(i), rows)
		label = ""
	}
	if n > limit {
		t.row("", "and "+Grouped(n-limit)+" more", 1)
	}
}

func (t *screen) foot(r *Report) {
	var size int64
	for _, s := range r.Sources {
		size += max(s.Size, 0)
	}
	t.blank()
	line := Counted(len(r.Sources), "input", "inputs") + ", " + bytesText(size)
	told := slices.DeleteFunc(slices.Clone(r.Diagnostics), func(d Diagnostic) bool { return d.Code == redactedCode })
	if n := len(told); n > 0 {
		line += ", " + Counted(n, "diagnostic", "diagnostics")
	}
	hints := []string{".", "  Report: -o report.html", "  Evidence: -o verdict.json"}
	if t.saved {
		hints = hints[:1]
	}
	for _, s := range hints {
		if margin+columns(line+s) <= t.width {
			line += s
		}
	}
	t.b.WriteString("  " + t.paint("2", line) + "\n")
}

// unbroken are the words of s; a number and its unit are one.
func unbroken(s string) []string {
	var out []string
	for word := range strings.FieldsSeq(s) {
		if last := len(out) - 1; last >= 0 && slices.Contains(units, strings.TrimRight(word, ".,;:)")) && endsInDigit(out[last]) {
			out[last] += " " + word
			continue
		}
		out = append(out, word)
	}
	return out
}

var units = []string{"s", "ms", "min", "h", "%", "B", "KB", "MB", "GB"}

func endsInDigit(s string) bool {
	c := s[len(s)-1]
	return '0' <= c && c <= '9'
}

// Wrap breaks s at blanks into at most n lines of width columns; what is left
// over ends in an ellipsis.
func Wrap(s string, width, n int) []string {
	var out []string
	line := ""
	for _, word := range unbroken(s) {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= width:
			line += " " + word
		default:
			out, line = append(out, Clip(line, width)), word
		}
		if len(out) == n {
			out[n-1] = unfinished(out[n-1], width)
			return out
		}
	}
	return append(out, Clip(line, width))
}

// unfinished ends a line in an ellipsis, in place of its last words when there is
// no room.
func unfinished(line string, width int) string {
	for columns(line)+2 > width {
		i := strings.LastIndexByte(line, ' ')
		if i < width/2 {
			break // one long word, of which the beginning tells more than nothing
		}
		line = line[:i]
	}
	return Clip(line+" …", width)
}

// Clip shortens s to width columns.
func Clip(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// Pad fills s with blanks to width columns.
func Pad(s string, width int) string { return s + strings.Repeat(" ", max(width-columns(s), 0)) }

func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is how many terminal cells a character takes: two for the East
// Asian wide blocks and emoji, none for combining marks.
func runeColumns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && unicode.Is(wide, r):
		return 2
	}
	return 1
}

// wide are the characters of two cells: East Asian Width W and F of Unicode, in
// blocks where nothing narrow of note stands between them.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115F, 1},
		{0x231A, 0x231B, 1},
		{0x2329, 0x232A, 1},
		{0x23E9, 0x23EC, 1},
		{0x23F0, 0x23F3, 3},
		{0x25FD, 0x25FE, 1},
		{0x2614, 0x2615, 1},
		{0x2648, 0x2653, 1},
		{0x267F, 0x2693, 20},
		{0x26A1, 0x26A1, 1},
		{0x26AA, 0x26AB, 1},
		{0x26BD, 0x26BE, 1},
		{0x26C4, 0x26C5, 1},
		{0x26CE, 0x26D4, 6},
		{0x26EA, 0x26EA, 1},
		{0x26F2, 0x26F3, 1},
		{0x26F5, 0x26FA, 5},
		{0x26FD, 0x2705, 8},
		{0x270A, 0x270B, 1},
		{0x2728, 0x2728, 1},
		{0x274C, 0x274E, 2},
		{0x2753, 0x2755, 1},
		{0x2757, 0x2757, 1},
		{0x2795, 0x2797, 1},
		{0x27B0, 0x27BF, 15},
		{0x2B1B, 0x2B1C, 1},
		{0x2B50, 0x2B55, 5},
		{0x2E80, 0xA4CF, 1},
		{0xA960, 0xA97C, 1},
		{0xAC00, 0xD7A3, 1},
		{0xF900, 0xFAFF, 1},
		{0xFE10, 0xFE19, 1},
		{0xFE30, 0xFE6F, 1},
		{0xFF00, 0xFF60, 1},
		{0xFFE0, 0xFFE6, 1},
	},
	R32: []unicode.Range32{
		{0x16FE0, 0x18D08, 1},
		{0x1AFF0, 0x1B2FB, 1},
		{0x1F004, 0x1F0CF, 203},
		{0x1F18E, 0x1F18E, 1},
		{0x1F191, 0x1F19A, 1},
		{0x1F200, 0x1F265, 1},
		{0x1F300, 0x1FAFF, 1},
		{0x20000, 0x3FFFD, 1},
	},
}
