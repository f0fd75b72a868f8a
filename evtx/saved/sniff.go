package saved

import "bytes"

// Sniff tells whether event records, or the heading of a list of them, stand anywhere
// in head, the first bytes of a file, be it wrapped. A file can hold tables of other tools
// as well, so a yes excludes nothing.
func Sniff(head []byte) bool {
	return NewReader(bytes.NewReader(head)).sniff() || NewUnwrapped(bytes.NewReader(head)).sniff()
}

func (r *Reader) sniff() bool {
	for _, err := range r.Records() {
		if err == nil || r.stats.Headings {
			return true
		}
	}
	return r.stats.Headings
}
