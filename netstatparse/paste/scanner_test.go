package paste

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// The segmenter gives valid text, as many lines as line feeds, and no line longer
// than what is kept.
func FuzzLines(f *testing.F) {
	f.Add([]byte(string(littleEndian("\ufeffRpcSs\r\n")) + "ABH\x99REN\r\n" + "\x00P\x00r\x00o\x00t\x00o\x00\r\x00\n" + "\x00\x00\x1a"))
	f.Add([]byte("\xff\xfe\xff\xfe\xef\xbb\xbf\n\x00\n\x00\x0a\x0d\r\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, feeds := 0, bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r"))+1
		for s := NewScanner(bytes.NewReader(data)); s.Scan(); {
			if lines++; s.Line() != lines || lines > feeds {
				t.Fatalf("line %d is given as %d of at most %d", lines, s.Line(), feeds)
			}
			if text := s.Text(); len(text) > 4*MaxLine || strings.ContainsAny(text, "\x00\n") || !utf8.ValidString(text) {
				t.Fatalf("line %d: %d bytes %.80q", lines, len(text), text)
			}
		}
	})
}
