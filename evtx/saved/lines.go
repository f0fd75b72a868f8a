package saved

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"portverdict/netstatparse/paste"
)

// A line is a line of the file, or a piece of a long one, as UTF-8 without its end.
type line struct {
	text   []byte // valid until the next one is read
	number int    // 1-based
	offset int64  // of text in the file, in bytes
	first  bool   // text begins a line
	last   bool   // text ends a line
	exact  bool   // text is the bytes of the file
}

// lines cuts a file into lines, whatever wrote it: the encoding is told anew at the
// beginning of each, since scripts append to files that another tool began.
type lines struct {
	in     *bufio.Reader
	enc    encoding
	page   pageFinder
	buf    []byte
	at     int64
	number int
	inside bool // of a line that came in pieces
	now    line
	err    error
	plain  *paste.Reader // gives the lines instead, without what is wrapped around them
}

type encoding uint8

const (
	narrow encoding = iota // UTF-8 or a code page
	utf16LE
	utf16BE
)

// newLines reads the lines of r. The buffer of a text in memory is no larger than it.
func newLines(r io.Reader) *lines {
	size := blockSize
	if in, ok := r.(*bytes.Reader); ok {
		size = min(size, in.Len()+1)
	}
	return &lines{in: bufio.NewReaderSize(r, size)}
}

// next goes to the next piece and is false at the end or at an error, which err is then.
func (s *lines) next() bool {
	if s.err != nil {
		return false
	}
	if s.plain != nil {
		return s.nextPlain()
	}
	if _, err := s.in.Peek(1); err != nil {
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
		return false
	}
	first := !s.inside
	if first {
		s.number++
		s.settle()
	}
	s.now = line{number: s.number, offset: s.at, first: first}
	if s.enc == narrow {
		s.readNarrow()
	} else {
		s.readWide()
	}
	s.inside = !s.now.last
	return true
}

// nextPlain goes to the next line of the text that is wrapped. Its place in the file is
// not known, only its line.
func (s *lines) nextPlain() bool {
	if !s.plain.Scan() {
		s.err = s.plain.Err()
		return false
	}
	s.number = s.plain.Line()
	text := s.plain.Bytes()
	if cells := s.plain.Now().Cells; cells != nil {
		text = bytes.Join(cells, []byte{'\t'})
	}
	s.now = line{text: text, number: s.number, first: true, last: true}
	return true
}

func (s *lines) skip(n int) {
	// The bytes were just peeked at: they are in the buffer.
	_, _ = s.in.Discard(n)
	s.at += int64(n)
}

// settle tells the encoding of the line that begins here: by a byte order mark, by
// Latin characters whose every other byte is zero, or, after UTF-16, by their absence.
func (s *lines) settle() {
	head, _ := s.in.Peek(64)
	for {
		n := 0
		switch {
		case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
			s.enc, n = utf16LE, 2
		case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
			s.enc, n = utf16BE, 2
		case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
			s.enc, n = narrow, 3
		}
		if n == 0 {
			break
		}
		s.skip(n)
		head, _ = s.in.Peek(64)
	}
	switch {
	case s.enc == narrow && pairs(head, 1):
		s.enc = utf16LE
	case s.enc == narrow && pairs(head, 0):
		s.enc = utf16BE
	case s.enc != narrow && looksNarrow(head):
		s.enc = narrow
	}
}

// pairs tells that head begins with four Latin characters in UTF-16 whose zero
// byte stands at place zero of each pair.
func pairs(head []byte, zero int) bool {
	if len(head) < 8 || head[1] != 0 && head[0] != 0 {
		return false
	}
	for i := 0; i < 8; i += 2 {
		c := head[i+1-zero]
		if head[i+zero] != 0 || c < ' ' && c != '\t' && c != '\r' && c != '\n' || c > '~' {
			return false
		}
	}
	return true
}

// looksNarrow tells that head is no UTF-16: half the bytes of Latin text are zero
// there, and bytes of CJK text are rarely ASCII.
func looksNarrow(head []byte) bool {
	other := 0
	for _, c := range head {
		if c == 0 {
			return false
		}
		if c >= 0x80 {
			other++
		}
	}
	return len(head) >= 16 && other <= len(head)/8
}

func (s *lines) readNarrow() {
	head, _ := s.in.Peek(s.in.Buffered())
	i := bytes.IndexByte(head, '\n')
	end := false
	if i < 0 && len(head) <= maxPiece {
		var err error
		head, err = s.in.Peek(maxPiece + 1)
		i, end = bytes.IndexByte(head, '\n'), err != nil
	}
	var raw []byte
	switch {
	case i >= 0 && i <= maxPiece:
		raw, s.now.last = head[:i], true
		s.skip(i + 1)
	case end && len(head) <= maxPiece:
		raw, s.now.last = head, true
		s.skip(len(head))
	default:
		raw = head[:wholeRunes(head[:maxPiece])]
		s.skip(len(raw))
	}
	if s.now.last {
		raw = bytes.TrimRight(raw, "\r\x1a")
	}
	s.now.text, s.now.exact = raw, true
	if plain(raw) {
		return
	}
	s.now.exact = false
	if bytes.IndexByte(raw, 0) >= 0 {
		s.buf = s.buf[:0]
		for _, c := range raw {
			if c != 0 {
				s.buf = append(s.buf, c)
			}
		}
		raw = s.buf
	} else if utf8.Valid(raw) {
		s.now.exact = true
		return
	}
	s.now.text = raw
	if !utf8.Valid(raw) {
		s.now.text = s.page.decode(raw)
	}
}

// wholeRunes is how much of b there is without a character that is cut at its end.
func wholeRunes(b []byte) int {
	for n := 1; n < utf8.UTFMax && n < len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return len(b) - n
			}
			break
		}
	}
	return len(b)
}

// plain tells that b is ASCII without NUL.
func plain(b []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	var bad uint64
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		bad |= w | (w-ones)&^w
	}
	for _, c := range b {
		if c == 0 {
			return false
		}
		bad |= uint64(c)
	}
	return bad&highs == 0
}

func (s *lines) readWide() {
	s.buf = s.buf[:0]
	for !s.now.last && len(s.buf) < maxPiece {
		if head, _ := s.in.Peek(4); len(head) < 2 {
			s.skip(len(head))
			s.now.last = true
			break
		}
		head, _ := s.in.Peek(s.in.Buffered())
		s.skip(s.decodeWide(head))
	}
	if s.now.last {
		s.buf = bytes.TrimRight(s.buf, "\r\x1a")
	}
	s.now.text = s.buf
}

// decodeWide appends the characters of head to the piece, up to a line feed or the
// limit, and returns how many bytes it took. A half of a pair at the end of head is
// left for the next time, unless nothing else is there.
func (s *lines) decodeWide(head []byte) int {
	order := binary.ByteOrder(binary.LittleEndian)
	if s.enc == utf16BE {
		order = binary.BigEndian
	}
	i := 0
	for i+1 < len(head) && len(s.buf) < maxPiece {
		u := rune(order.Uint16(head[i:]))
		if utf16.IsSurrogate(u) {
			if i+3 >= len(head) && i > 0 {
				return i
			}
			if i+3 < len(head) {
				if r := utf16.DecodeRune(u, rune(order.Uint16(head[i+2:]))); r != utf8.RuneError {
					s.buf = utf8.AppendRune(s.buf, r)
					i += 4
					continue
				}
			}
			u = utf8.RuneError
		}
		i += 2
		switch {
		case u == '\n':
			s.now.last = true
			return i
		case u != 0 && u < utf8.RuneSelf:
			s.buf = append(s.buf, byte(u))
		case u != 0 && u != 0xfeff:
			s.buf = utf8.AppendRune(s.buf, u)
		}
	}
	return i
}
