package paste

import "bytes"

// runOn tells how a line holds several: by line ends that a program wrote in letters, by
// carriage returns, or as rows one behind the other, whose line ends were lost.
func (p *Reader) runOn(b []byte) unfolding {
	if len(b) < 16 {
		return folded
	}
	switch {
	case bytes.Contains(b, []byte(`\r\n`)) || bytes.Contains(b, []byte(`\n  `)) && bytes.Count(b, []byte(`\n`)) > 1:
		return asEscapes
	case bytes.IndexByte(b, '\r') > 0:
		return asReturns
	}
	if len(b) > maxRow || len(b) > 100 && nextProto(b) >= 0 {
		if i := joinedIn(b); i >= 0 && joinedIn(b[i+3:]) > 0 {
			return asRows
		}
	}
	return folded
}

// runOnLines divides a piece of such a line. What is left of it goes on in the next.
func (p *Reader) runOnLines(b []byte, last bool) {
	line := p.s.Line()
	if p.unfold == asEscapes && len(p.left) == 0 && p.stringAt != line {
		p.stringAt = line
		b = bytes.TrimLeft(b, " \t(")
		if rest, ok := bytes.CutPrefix(b, []byte("b'")); ok {
			b = rest
		} else {
			b = bytes.TrimPrefix(b, []byte("'"))
		}
	}
	b = append(p.left, b...)
	p.left = nil
	given := false
	for len(b) > 0 {
		n, next := p.runOnEnd(b, last)
		if n < 0 {
			break
		}
		p.push(b[:n], line, false)
		b, given = b[next:], true
	}
	switch {
	case last && (len(b) > 0 || !given):
		if p.unfold == asEscapes {
			b = bytes.TrimSuffix(bytes.TrimRight(b, ")"), []byte("'"))
		}
		p.push(b, line, false)
	case !last:
		if len(b) > 2*MaxLine {
			b = b[:2*MaxLine]
		}
		p.left = bytes.Clone(b)
	}
}

// runOnEnd is where a line ends in b and where the next begins; -1 where none ends.
func (p *Reader) runOnEnd(b []byte, last bool) (end, next int) {
	switch p.unfold {
	case asReturns:
		i := bytes.IndexByte(b, '\r')
		return i, i + 1
	case asRows:
		from := 0
		if i := joinedIn(b); i == 0 || i > 0 && len(bytes.TrimSpace(b[:i])) == 0 {
			from = i + 3
		}
		i := joinedIn(b[from:])
		if i < 0 || !last && len(b)-from-i < maxRow {
			return -1, 0
		}
		return from + i, from + i
	}
	i := bytes.Index(b, []byte(`\n`))
	if i < 0 || i+2 == len(b) && !last {
		return -1, 0
	}
	return len(bytes.TrimSuffix(b[:i], []byte(`\r`))), i + 2
}
