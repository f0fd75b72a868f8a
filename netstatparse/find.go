package netstatparse

import (
	"bytes"
	"errors"
	"io"
)

const (
	// findWindow is how much of a text is read as a table where one may begin, and
	// findLimit how much of a text is looked through.
	findWindow = 64 << 10
	findLimit  = 1 << 30
	// findBefore is how far above the first row its header is looked for.
	findBefore = 512
)

// hints are what every table has in its rows, in one byte a character and in two.
var hints = [...][]byte{
	[]byte("TCP"), []byte("UDP"), []byte("LocalPort"), []byte("InstanceID"), []byte("T\x00C\x00P\x00"), []byte("U\x00D\x00P\x00"), []byte("L\x00o\x00c\x00a\x00l\x00P\x00o\x00r\x00t"),
}

// Find tells whether a text of size bytes holds a connection table anywhere, as
// Sniff tells it of a head. Offset is where the part that shows it begins, a line
// or a little above it. Only lines near a hint are read, so that a text without any
// costs a search of its bytes. An error of r ends the search.
func Find(r io.ReaderAt, size int64) (kind string, offset int64, ok bool) {
	buf := make([]byte, min(blockSize+findWindow, size))
	if n, err := r.ReadAt(buf[:min(findWindow, size)], 0); err == nil || errors.Is(err, io.EOF) {
		if kind, ok = Sniff(buf[:n]); ok {
			return kind, 0, true
		}
	}
	for at := int64(0); at < min(size, findLimit); {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) || n == 0 {
			return "", 0, false
		}
		block, last := buf[:n], at+int64(n) >= size || errors.Is(err, io.EOF)
		from := 0
		for from < n && (from < blockSize || last) {
			i := nextHint(block[from:])
			if i < 0 {
				from = n
				break
			}
			start := max(lineStart(block, from+i), from)
			window := block[start:min(n, start+findWindow)]
			if len(window) < findWindow && !last {
				from = start
				break // read on from here
			}
			// A line feed of UTF-16 is followed by a zero, its own or the next character's.
			for skip := range 2 {
				if kind, ok = Sniff(window[min(skip, len(window)):]); ok {
					return kind, at + int64(start+skip), true
				}
				if window[0] != 0 {
					break
				}
			}
			from = max(start+findWindow/2, from+i+1)
		}
		if last {
			break
		}
		// The end of the block may divide a hint, and the header of a table.
		at += int64(max(min(from, n-findBefore), 1))
	}
	return "", 0, false
}

func nextHint(b []byte) int {
	first := -1
	for _, h := range hints {
		if first >= 0 {
			b = b[:min(len(b), first+len(h))]
		}
		if i := bytes.Index(b, h); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// lineStart is where a line begins some way above b[i].
func lineStart(b []byte, i int) int {
	from := max(0, i-findBefore)
	if from == 0 {
		return 0
	}
	if j := bytes.IndexByte(b[from:i], '\n'); j >= 0 {
		return from + j + 1
	}
	return from
}
