package paste

import "bytes"

// cellMark divides the cells of a row of HTML in the queue.
const cellMark = 0x1f

// tableRow reads a row of a Markdown table, which begins with "|"; false leaves it.
func (p *Reader) tableRow(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("||")) // a header of Jira
	b = bytes.TrimSuffix(bytes.TrimPrefix(b, []byte("|")), []byte("|"))
	p.cells = p.cells[:0]
	rules := 0
	for more := true; more; {
		var cell []byte
		if cell, b, more = bytes.Cut(b, []byte("|")); len(p.cells) == maxCells {
			return false
		}
		cell = bytes.Trim(cell, " \t`")
		if n := len(cell); n > 4 && string(cell[:2]) == "**" && string(cell[n-2:]) == "**" {
			cell = cell[2 : n-2]
		}
		p.cells = append(p.cells, cell)
		if bytes.IndexByte(cell, '-') >= 0 && len(bytes.Trim(cell, ":-")) == 0 {
			rules++
		}
	}
	switch {
	case len(p.cells) < 2:
		return false
	case rules == len(p.cells):
		p.line.Text, p.line.Break, p.line.Rule, p.terminated = nil, true, true, true
		return true
	}
	p.setCells()
	return true
}

// headed are the words that begin the header of a table which is looked for, and its rows.
var headed = map[string]bool{
	"TCP": true, "UDP": true, "Proto": true, "Protocol": true, "LocalAddress": true, "LocalPort": true, "Count": true, "State": true, "OwningProcess": true,
	"PID": true, "Id": true, "Image": true, "ProcessName": true,
}

// piped tells a row of a Markdown table that has no bar at its ends: below its rule, or by
// what it begins with. A command line has bars too.
func (p *Reader) piped(b []byte) bool {
	if bytes.IndexByte(b, '|') < 0 {
		return false
	}
	within := p.pipes > 0 && p.pipes == p.line.Number-1
	if within || len(bytes.Trim(b, "-:| ")) == 0 && bytes.IndexByte(b, '-') >= 0 {
		p.pipes = p.line.Number
		return true
	}
	first, _ := word(b)
	return headed[string(first)] && bytes.Count(b, []byte(" | ")) > 1
}

// setCells makes the present line of the cells.
func (p *Reader) setCells() {
	out := p.joined[:0]
	for _, cell := range p.cells {
		if len(cell) == 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, "  "...)
		}
		out = append(out, cell...)
	}
	p.line.Text, p.line.Cells, p.joined = out, p.cells, out
}

// markedRow makes a line of a row of HTML.
func (p *Reader) markedRow(b []byte) {
	p.cells = p.cells[:0]
	for more := true; more && len(p.cells) < maxCells; {
		var cell []byte
		cell, b, more = bytes.Cut(b, []byte{cellMark})
		p.cells = append(p.cells, bytes.TrimSpace(cell))
	}
	p.setCells()
}
