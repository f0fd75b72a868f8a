package paste

import "bytes"

// spacing tells of a text in which an empty line was put behind every line, as a mail or a
// web page does when it is copied.
type spacing uint8

const (
	spacingUnknown spacing = iota
	notSpaced
	isSpaced
)

// enoughSpaced is how many lines with an empty one behind each make such a text.
const enoughSpaced = 6

// settleSpacing looks at the beginning of the text.
func (p *Reader) settleSpacing() {
	p.spaced = notSpaced
	if head, _ := p.s.in.Peek(min(returnsAhead, p.s.in.Size())); spacedHead(head) {
		p.spaced = isSpaced
	}
}

// between tells whether a line is one of those that were put between the others.
func (p *Reader) between(b []byte) bool {
	switch {
	case len(b) == 0 && p.textAbove:
		p.textAbove = false
		return true
	case len(b) > 0 && p.textAbove:
		p.spaced = notSpaced // lines follow each other after all
	}
	p.textAbove = len(b) > 0
	return false
}

// spacedHead tells that the lines of a head, as far as they are whole, stand with an empty
// line behind each.
func spacedHead(head []byte) bool {
	head = bytes.ReplaceAll(bytes.ReplaceAll(head, []byte{0}, nil), []byte{'\r'}, nil)
	end := bytes.LastIndexByte(head, '\n')
	if end < 0 {
		return false
	}
	texts, above := 0, false
	for line := range bytes.SplitSeq(head[:end], []byte{'\n'}) {
		text := len(bytes.TrimSpace(line)) > 0
		if text && above {
			return false
		}
		if !text && above {
			texts++
		}
		above = text
	}
	return texts >= enoughSpaced
}
