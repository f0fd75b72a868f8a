package pstext

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"portverdict/netstatparse/paste"
)

// JSONText gives r as UTF-8 if it is JSON from its first character, in UTF-8 or UTF-16;
// otherwise as it is. ConvertTo-Json -Compress writes all objects into one line, which a
// reader of lines would cut.
func JSONText(r io.Reader) (in *bufio.Reader, ok bool) {
	in = paste.Buffer(r)
	head, _ := in.Peek(256)
	text := bytes.TrimLeft(bytes.TrimLeft(bytes.ReplaceAll(head, []byte{0}, nil), "\xff\xfe\xef\xbb\xbf"), " \t\r\n")
	if line, _, _ := bytes.Cut(text, []byte{'\n'}); !OpensJSON(string(bytes.TrimSpace(line))) {
		return in, false
	}
	decoder := unicode.BOMOverride(transform.Nop)
	if len(head) > 1 && head[1] == 0 {
		decoder = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
	}
	return paste.Buffer(transform.NewReader(in, decoder)), true
}
