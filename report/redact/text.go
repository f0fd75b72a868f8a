package redact

import (
	"slices"
	"strconv"
	"strings"
)

// Text gives a text with what it names replaced by tokens; all else stays byte for
// byte. Names are learned from it first.
func (r *Redactor) Text(text string) string {
	r.learnFrom(text)
	return r.replace(text)
}

// learnFrom learns the names and addresses of a text by their places in it.
func (r *Redactor) learnFrom(text string) {
	text = strings.TrimPrefix(text, "\uFEFF")
	r.learning = true
	found := r.find(text)
	r.learning = false
	for _, s := range found.all {
		switch {
		case !s.learned:
		case s.kind == IP4 || s.kind == IP6 || s.kind == MAC:
			r.learnNumber(s)
		default:
			r.learn(s.kind, s.value)
		}
	}
	c := context{r: r}
	for line := range strings.Lines(text) {
		c.follow(line)
	}
	if ours(text) {
		r.learnReportText(text)
	}
	r.learnRows(text)
}

// replace replaces what is known already.
func (r *Redactor) replace(text string) string { return r.replaceIn(text, nil) }

// replaceIn is replace of a text that is written in another way: shown gives a text as
// a reader sees it, and for each byte of it, and for its end, its place in the text.
// nil is a text that is written as it is seen.
func (r *Redactor) replaceIn(text string, shown func(string) (string, []int)) string {
	seen, place := text, []int(nil)
	if shown != nil {
		seen, place = shown(text)
	}
	var b strings.Builder
	rest := 0 // what is not written yet begins here
	for _, s := range r.spans(seen) {
		by, ok := r.standIn(s)
		if !ok {
			continue
		}
		from, to := s.from, s.to
		if place != nil {
			from, to = place[from], place[to]
		}
		b.WriteString(text[rest:from])
		b.WriteString(by)
		rest = to
	}
	if rest == 0 {
		return text
	}
	b.WriteString(text[rest:])
	return b.String()
}

// standIn is what a span is replaced by; false leaves it.
func (r *Redactor) standIn(s span) (string, bool) {
	switch s.class {
	case "":
		return "", false
	case rowClass:
		return r.rowID(s.value), !r.again
	case hashClass:
		by := r.hash(s.value)
		return by, by != s.value
	}
	return r.token(s.kind, s.class, s.value), true
}

// unescaped gives Markdown without the backslashes that keep punctuation from being
// markup.
func unescaped(text string) (string, []int) {
	out := make([]byte, 0, len(text))
	place := make([]int, 0, len(text)+1)
	for i := 0; i < len(text); i++ {
		start := i
		if text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`\`+"`*_{}[]#|!~@>/", text[i+1]) >= 0 {
			i++
		}
		out = append(out, text[i])
		place = append(place, start)
	}
	return string(out), append(place, len(text))
}

// rowID is the id of a row of evidence under the key: the old one is a hash of what
// the row says, which could be guessed.
func (r *Redactor) rowID(id string) string {
	if r.again || !rowIDs().MatchString(id) {
		return id
	}
	return "ev-" + r.sum(rowClass, id)[:12]
}

// hash is a hash, or other bytes in hexadecimal, under the key and as long: the old one
// confirms a file that somebody has. Its second half is a check of the first, so that
// what was made with this key is known again and stays.
func (r *Redactor) hash(old string) string {
	half := len(old) / 2
	check := func(first string) string { return r.digits("check", strings.ToLower(first), len(old)-half) }
	if strings.EqualFold(old[half:], check(old[:half])) {
		return old
	}
	first := r.digits(hashClass, strings.ToLower(old), half)
	by := first + check(first)
	r.count(Hash, by)
	if strings.ToUpper(old) == old {
		return strings.ToUpper(by)
	}
	return by
}

// digits are n of the keyed hash of a value.
func (r *Redactor) digits(kind, value string, n int) string {
	first := r.sum(kind, value)
	var b strings.Builder
	b.WriteString(first)
	for i := 0; b.Len() < n; i++ {
		b.WriteString(r.sum(kind, first+strconv.Itoa(i)))
	}
	return b.String()[:n]
}

// spans are what is to be replaced in a text, in order and apart: what stands in a
// pattern, and between these the names that are known.
func (r *Redactor) spans(text string) []span {
	f := r.find(text)
	for i := range f.all {
		f.all[i] = r.agreed(f.all[i])
	}
	r.names.find(text, func(from, to int, is *name) {
		f.take(span{from, to, is.kind, classOf[is.kind], is.value, false})
	})
	f.base = 0
	for line := range strings.Lines(text) {
		f.line = line
		f.files()
		f.base += len(line)
	}
	slices.SortFunc(f.all, func(a, b span) int { return a.from - b.from })
	return f.all
}

// agreed gives a name the kind and value that it has wherever it stands.
func (r *Redactor) agreed(s span) span {
	if precedence[s.kind] == 0 || precedence[s.kind] >= precedence[IP4] || s.class == "" {
		return s
	}
	if is := r.names.byText[folded(s.value)]; is != nil && (is.exact == "" || is.exact == s.value) {
		s.kind, s.class, s.value = is.kind, classOf[is.kind], is.value
	}
	return s
}

var (
	inputs     = pattern(`(?i)[^\s"'<>|:;,=()]+(\.(?:etl|evtx?|txt|log|csv|zip|cab|7z|reg))\b`)
	inputsEnds = []string{".etl", ".ev", ".txt", ".log", ".csv", ".zip", ".cab", ".7z", ".reg"}
)

// files replaces the words in the names of input files that are none of those that
// such names are made of: people name files after machines, customers and themselves.
func (f *finder) files() {
	if !dotted(f.line) {
		return
	}
	low := folded(f.line)
	if !slices.ContainsFunc(inputsEnds, func(end string) bool { return strings.Contains(low, end) }) {
		return
	}
	f.each(inputs(), func(m []int) {
		for at := m[0]; at < m[2]; {
			end := wordEnd(f.line[:m[2]], at)
			if end == at {
				at++
				continue
			}
			if word := f.line[at:end]; strange(word) {
				f.add(at, end, Other, "name", word, false)
			}
			at = end
		}
	})
}
