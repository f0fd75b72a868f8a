package netstatparse

import (
	"bytes"
	"slices"
	"strings"
)

// state is the state of a word of this file and the word, kept once.
func (r *Reader) state(word []byte) (State, string) {
	if len(word) == 0 {
		return StateUnknown, ""
	}
	if r.last.String() == string(word) {
		return r.last, r.last.String() // most rows have the state of the row above
	}
	if s, ok := englishStates[string(word)]; ok {
		r.last = s
		return s, s.String() // no copy of the line is held
	}
	text := r.kept.name(bytes.Join(bytes.Fields(word), []byte(" ")))
	if s, ok := stateOf(text); ok {
		return s, text
	}
	return r.learned[text], text
}

// evidence is what the rows of one unknown word have in common.
type evidence struct {
	rows      int
	mapper    bool // a row of port 135 without a peer
	owned     bool // a row with a PID other than 0
	peerless  bool // a row without a peer
	withoutID bool // a row without a PID
	peered    bool // a row with a peer
}

// learn finds the meaning of state words in a language not known here, by
// facts that do not depend on the language: the endpoint mapper listens on TCP
// port 135, only TIME_WAIT has peers and belongs to PID 0, and in a table taken with -q
// whose word for LISTENING is another, only BOUND belongs to a process and never has a peer.
func (r *Reader) learn(s *Snapshot) {
	unknown := map[string]*evidence{}
	for i := range s.Entries {
		e := &s.Entries[i]
		if e.Proto != "tcp" || e.State != StateUnknown || e.StateText == "" {
			continue
		}
		v := unknown[e.StateText]
		if v == nil {
			if len(unknown) >= maxWords {
				continue
			}
			v = &evidence{}
			unknown[e.StateText] = v
		}
		v.rows++
		v.mapper = v.mapper || e.Local.Port() == 135 && e.Remote.Port() == 0
		v.owned = v.owned || e.PID > 0
		v.peerless = v.peerless || e.Remote.Port() == 0
		v.withoutID = v.withoutID || e.PID < 0
		v.peered = v.peered || e.Remote.Port() != 0
	}
	listening := slices.ContainsFunc(s.Entries, func(e Entry) bool { return e.State == Listening })
	for _, v := range unknown {
		listening = listening || v.mapper
	}
	for word, v := range unknown {
		switch {
		case len(r.learned) >= maxWords:
		case v.mapper:
			r.learned[word] = Listening
		case !v.owned && !v.peerless && !v.withoutID:
			r.learned[word] = TimeWait
		case listening && s.HasQ && v.owned && !v.peered && !v.mapper:
			r.learned[word] = Bound
		}
	}
	for i := range s.Entries {
		e := &s.Entries[i]
		if e.State == StateUnknown && e.StateText != "" {
			e.State = r.learned[e.StateText]
			s.HasBound = s.HasBound || e.State == Bound
		}
	}
}

// failures are messages of netstat in the place of a table.
var failures = []struct{ text, why string }{
	{"requires elevation", "elevation"},
	{"erfordert erhöhte Rechte", "elevation"},
	{"nécessite une élévation", "elevation"},
	{"requiere elevación", "elevation"},
	{"Displays protocol statistics and current TCP/IP network connections", "usage"},
	{"Zeigt Protokollstatistiken und aktuelle TCP/IP-Netzwerkverbindungen an", "usage"},
}

// failure tells why a line says that netstat wrote no table, "" when it does not.
func failure(text string) string {
	for _, f := range failures {
		if strings.Contains(text, f.text) {
			return f.why
		}
	}
	return ""
}

// mentionsNetstat tells a line that names a netstat command and is none: what
// follows may be its output.
func mentionsNetstat(text string) bool {
	return strings.Contains(text, "netstat ") || strings.Contains(text, "Netstat ") || strings.Contains(text, "NETSTAT ")
}

// firstWords begin the header of a connection table, in the languages known.
var firstWords = []string{"Proto", "Имя", "协议", "協定", "프로토콜", "プロトコル", "İl.Kr."}

// slashed stand in titles and headers in French, Spanish, Portuguese and Italian, whose own
// dates are 10/03/2026 with the day first. Where Windows speaks a language that writes them
// otherwise, a date with slashes is of settings that nobody knows.
var slashed = []string{"Connexions actives", "Adresse locale", "Conexiones activas", "Dirección local", "Conexões ativas", "Endereço local", "Connessioni attive", "Indirizzo locale"}

// daysFirst tells a title or a header in such a language.
func daysFirst(line []byte) bool {
	return slices.ContainsFunc(slashed, func(words string) bool { return bytes.Contains(line, []byte(words)) })
}

// known tells a title or a header of netstat whose words are known.
func known(line []byte) bool {
	bare := bytes.TrimSpace(line)
	if titles[string(bare)] {
		return true
	}
	word, rest := nextField(bare)
	if slices.Contains(firstWords, string(word)) {
		second, rest := nextField(rest)
		third, _ := nextField(rest)
		return len(third) > 0 && second[0] != ':' // a property of a list
	}
	return false
}

// isHeader tells a header in any language from prose: it has three columns that two
// blanks or a tab divide.
func isHeader(text string) bool {
	columns := 0
	for part := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(text), "\t", "  "), "  ") {
		if strings.TrimSpace(part) != "" {
			columns++
		}
	}
	return columns >= 3
}
