package counts

import (
	"regexp"
	"strings"

	"portverdict/netstatparse/pstext"
)

// Scripts, monitoring checks and `sort | uniq -c` write a state and a number, without a
// common form: "TIME_WAIT: 14211", "Bound=1034", "  14211 TIME_WAIT".
var (
	stateBefore     = regexp.MustCompile(`(?i)\b(closed|listen(?:ing)?|syn[_-]?sent|syn[_-]?(?:received|rcvd|recv)|established|fin[_-]?wait[_-]?[12]|close[_-]?wait|closing|last[_-]?ack|time[_-]?wait|delete[_-]?tcb|bound)(?:[ _](?:count|ports|connections|sockets|rows))?["']?\s*$`)
	numberThenState = regexp.MustCompile(`^\s*(\d{1,7})\s+([A-Za-z]+(?:_[A-Z0-9]+)*)$`)
	stateThenNumber = regexp.MustCompile(`^\s*([A-Z]+(?:_[A-Z0-9]+)*)\s+(\d{1,7})$`)
)

// maxLabel is how many bytes before a number may name its state.
const maxLabel = 40

// takeNumbered reads a number with a state behind it. A block of such lines is kept when
// one state in it is a word that nothing but TCP has: tickets are closed, too.
func (p *parser) takeNumbered(text string) bool {
	if len(text) < maxLabel {
		if m := numberThenState.FindStringSubmatch(text); m != nil {
			return p.takeState(m[2], m[1])
		}
		if m := stateThenNumber.FindStringSubmatch(text); m != nil {
			return p.takeState(m[1], m[2])
		}
	}
	return false
}

// takeLabelled reads states with numbers behind them.
func (p *parser) takeLabelled(text string) bool {
	found := false
	for at, pairs := 0, 0; pairs < 16; {
		i := strings.IndexAny(text[at:], ":=")
		if i < 0 {
			break
		}
		at += i + 1
		rest := strings.TrimLeft(text[at:], " \t")
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		label := strings.TrimRight(text[max(0, at-1-maxLabel):at-1], " \t\"'")
		if n == 0 || n > 7 || !endsLikeState(label) {
			continue
		}
		if m := stateBefore.FindStringSubmatch(label); m != nil {
			pairs++
			found = p.takeState(m[1], rest[:n]) || found
		}
	}
	return found
}

// endsLikeState tells a text that ends with a letter, or with the number of FIN_WAIT_1.
func endsLikeState(label string) bool {
	if label == "" {
		return false
	}
	c := label[len(label)-1]
	return c|0x20 >= 'a' && c|0x20 <= 'z' || (c == '1' || c == '2') && len(label) > 8
}

func (p *parser) takeState(word, number string) bool {
	state, ok := stateOf(word)
	n, isNumber := integer(number)
	if !ok || !isNumber || len(p.loose) >= maxCounts {
		return false
	}
	c := Count{Unit: Rows, PID: -1, State: state, Rows: n, Line: p.line}
	if stamp, ok := pstext.StampAt(p.in.Timed()); ok {
		c.stamped(stamp)
	}
	p.loose = append(p.loose, c)
	word = strings.ToLower(word)
	p.states = p.states || strings.Contains(word, "wait") || strings.Contains(word, "syn") || strings.Contains(word, "ack") || strings.Contains(word, "tcb")
	return true
}

// endBlock keeps or drops the states of the lines since the last blank one.
func (p *parser) endBlock() {
	if p.states {
		for _, c := range p.loose {
			p.add(c)
		}
	}
	p.loose, p.states = p.loose[:0], false
}
