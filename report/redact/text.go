package redact

import (
	"slices"
	"strings"
)

// Text gives a text with what it names replaced by tokens; all else stays byte for
// byte. Names are learned from it first.
func (r *Redactor) Text(text string) string {
	r.learnFrom(text)
	return r.replace(text)
}

// replace replaces what is known already, line by line: nothing that is replaced
// goes over the end of a line.
func (r *Redactor) replace(text string) string { return r.replaceIn(text, nil) }

// replaceIn is replace of a text that is written in another way: shown gives a line as
// a reader sees it, and for each byte of it, and for its end, its place in the line.
// nil is a text that is written as it is seen.
func (r *Redactor) replaceIn(text string, shown func(string) (string, []int)) string {
	var b strings.Builder
	rest, at := 0, 0 // what is not written yet begins at rest
	for line := range strings.Lines(text) {
		seen, place := line, []int(nil)
		if shown != nil {
			seen, place = shown(line)
		}
		for _, s := range r.spans(seen) {
			if s.class == "" || s.class == rowClass && r.again {
				continue
			}
			from, to := s.from, s.to
			if place != nil {
				from, to = place[from], place[to]
			}
			b.WriteString(text[rest : at+from])
			if s.class == rowClass {
				b.WriteString(r.rowID(s.value))
			} else {
				b.WriteString(r.token(s.kind, s.class, s.value))
			}
			rest = at + to
		}
		at += len(line)
	}
	if rest == 0 {
		return text
	}
	b.WriteString(text[rest:])
	return b.String()
}

// unescaped gives a line of Markdown without the backslashes that keep punctuation
// from being markup.
func unescaped(line string) (string, []int) {
	out := make([]byte, 0, len(line))
	place := make([]int, 0, len(line)+1)
	for i := 0; i < len(line); i++ {
		start := i
		if line[i] == '\\' && i+1 < len(line) && strings.IndexByte(`\`+"`*_{}[]#|!~@>/", line[i+1]) >= 0 {
			i++
		}
		out = append(out, line[i])
		place = append(place, start)
	}
	return string(out), append(place, len(line))
}

// rowID is the id of a row of evidence under the key: the old one is a hash of what
// the row says, which could be guessed.
func (r *Redactor) rowID(id string) string {
	if r.again || !rowIDs.MatchString(id) {
		return id
	}
	return "ev-" + r.sum(rowClass, id)[:12]
}

// spans are what is to be replaced in a line, in order and apart: what stands in a
// pattern, and between these the names that are known.
func (r *Redactor) spans(line string) []span {
	f := find(line)
	for _, s := range r.names.find(line) {
		f.add(s.from, s.to, s.kind, s.class, s.value, false)
	}
	f.files()
	out := make([]span, 0, len(f.all))
	for _, s := range f.all {
		out = append(out, s.span)
	}
	slices.SortFunc(out, func(a, b span) int { return a.from - b.from })
	return out
}

// files replaces the words in the names of input files that are none of those that
// such names are made of: people name files after machines, customers and themselves.
func (f *finder) files() {
	if !f.dotted() {
		return
	}
	f.each(inputs, func(m []int) {
		for at := m[0]; at < m[2]; {
			end := wordEnd(f.text[:m[2]], at)
			if end == at {
				at++
				continue
			}
			word := f.text[at:end]
			stem := strings.ToLower(strings.TrimRight(word, "0123456789"))
			if len(stem) > 1 && !fileWords[stem] && !registry[stem] && !everywhere[stem] {
				f.add(at, end, Other, "name", word, false)
			}
			at = end
		}
	})
}
