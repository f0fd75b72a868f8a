package paste

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Scanner gives the lines of a saved text as UTF-8, whatever wrote them:
// cmd (an OEM code page), PowerShell 5 (UTF-16LE), PowerShell 7 (UTF-8), or
// several of them one after the other into one file. The encoding is told anew
// at each line, since support scripts append OEM text to a UTF-16 file.
type Scanner struct {
	in         *bufio.Reader
	enc        encoding
	page       *page
	raw        []byte
	units      []uint16
	now        []byte // the line as UTF-8, until the next Scan
	line       int
	cut        bool // more of the line is behind the limit
	whole      bool // it is ASCII
	terminated bool
	err        error
}

type encoding uint8

const (
	narrow encoding = iota // UTF-8 or a code page
	utf16LE
	utf16BE
)

// NewScanner scans the lines of r.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{in: Buffer(r)}
}

// Text is the line without its end, without NULs and without blanks at its right.
func (s *Scanner) Text() string { return string(s.now) }

// Bytes is Text, valid until the next Scan.
func (s *Scanner) Bytes() []byte { return s.now }

// Line is the 1-based number of the line; line feeds are counted, or carriage returns in a
// text that has no others at its beginning.
func (s *Scanner) Line() int { return s.line }

// Cut tells that the line was too long and that Text is only its beginning. More
// gives what follows; the next Scan passes over it.
func (s *Scanner) Cut() bool { return s.cut }

// Terminated tells that the line has an end, a line feed or the end-of-file mark
// of DOS: the last line of a file that was cut has none.
func (s *Scanner) Terminated() bool { return s.terminated }

// Err is the error of the underlying reader, nil at the end of the file.
func (s *Scanner) Err() error { return s.err }

// Scan goes to the next line and is false at the end.
func (s *Scanner) Scan() bool {
	if s.cut {
		s.skipRest()
	}
	if s.err != nil {
		return false
	}
	if s.line == 0 {
		s.takeReturns()
	}
	if s.scanPlain() {
		return true
	}
	head, err := s.in.Peek(lookAhead)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			s.err = err
		}
		return false
	}
	for len(head) > 0 {
		e, n := mark(head)
		if n == 0 {
			break
		}
		s.enc = e
		s.skip(n)
		head, _ = s.in.Peek(lookAhead)
	}
	s.enc = encodingOf(head, s.enc)
	s.line++
	s.read()
	return true
}

// returnsAhead is how many bytes are looked at to tell that lines end with carriage
// returns alone.
const returnsAhead = 4 << 10

// takeReturns lets carriage returns be the ends of the lines in a text that has no others.
func (s *Scanner) takeReturns() {
	head, _ := s.in.Peek(returnsAhead)
	if bytes.IndexByte(head, '\n') < 0 && bytes.Count(head, []byte{'\r'}) > 1 {
		s.in = bufio.NewReaderSize(returns{s.in}, s.in.Size())
	}
}

// returns gives a line feed for each carriage return.
type returns struct{ in io.Reader }

func (r returns) Read(b []byte) (int, error) {
	n, err := r.in.Read(b)
	for i, c := range b[:n] {
		if c == '\r' && (i+1 == n || b[i+1] != '\n') {
			b[i] = '\n'
		}
	}
	return n, err
}

// More goes on in a line that was cut: Text is its next piece. It is false when
// nothing of the line is left.
func (s *Scanner) More() bool {
	if !s.cut || s.err != nil {
		return false
	}
	s.read()
	return len(s.now) > 0 || s.cut
}

func (s *Scanner) read() {
	s.cut, s.terminated = false, false
	if s.enc == narrow {
		s.readNarrow()
	} else {
		s.readWide()
	}
}

// skipRest passes over what is left of a line that was cut.
func (s *Scanner) skipRest() {
	s.cut, s.terminated = false, false
	if s.enc != narrow {
		for s.cut = true; s.cut && s.err == nil; {
			s.read()
		}
		return
	}
	for !s.terminated {
		part, err := s.in.ReadSlice('\n')
		s.terminated = err == nil || bytes.IndexByte(part, 0x1a) >= 0
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			s.fail(err)
			return
		}
	}
}

// scanPlain reads the line that nearly all are: ASCII, whole in the buffer, in the
// encoding of the line before. It needs no copy.
func (s *Scanner) scanPlain() bool {
	if s.enc != narrow {
		return false
	}
	// What is in the buffer is there: no error.
	head, _ := s.in.Peek(s.in.Buffered())
	i := bytes.IndexByte(head, '\n')
	if i < 0 || i > MaxLine || i+1 == len(head) || head[i+1] == 0 || !plain(head[:i]) {
		return false
	}
	s.skip(i + 1)
	s.line++
	s.cut, s.whole, s.terminated = false, true, true
	s.now = trim(head[:i])
	return true
}

// plain tells that b is ASCII without NUL and without the end-of-file mark of DOS.
func plain(b []byte) bool {
	const ones, highs, marks = 0x0101010101010101, 0x8080808080808080, 0x1a1a1a1a1a1a1a1a
	var bad uint64
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		x := w ^ marks
		bad |= w | (w-ones)&^w | (x-ones)&^x
	}
	for _, c := range b {
		if c == 0 || c == 0x1a {
			return false
		}
		bad |= uint64(c)
	}
	return bad&highs == 0
}

func (s *Scanner) skip(n int) {
	// The bytes were just peeked at: they are in the buffer.
	_, _ = s.in.Discard(n)
}

// mark is a byte order mark at the start of head and its length.
func mark(head []byte) (encoding, int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return utf16LE, 2
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return utf16BE, 2
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return narrow, 3
	}
	return narrow, 0
}

// encodingOf tells the encoding of the line that begins at head by the way it
// ends: 0D 0A is narrow, 0D 00 0A 00 is UTF-16LE, 00 0D 00 0A is UTF-16BE. A
// line feed byte alone proves little: it is half of some CJK characters.
func encodingOf(head []byte, now encoding) encoding {
	zeros := 0
	for i, b := range head {
		if b == 0 {
			zeros++
			continue
		}
		if b != '\n' {
			continue
		}
		even := i%2 == 0
		switch {
		case even && at(head, i+1) == 0 && i+1 < len(head) && (i < 2 || head[i-1] == 0 && head[i-2] == '\r'):
			if i > 0 || now == utf16LE || pairs(head, 1) {
				return utf16LE
			}
			return narrow
		case !even && head[i-1] == 0 && (i < 3 || head[i-2] == '\r' && head[i-3] == 0):
			if i > 1 || now == utf16BE || pairs(head, 0) {
				return utf16BE
			}
			return narrow
		case i > 0 && head[i-1] == '\r', zeros == 0 && (now == narrow || ascii(head[:i])):
			return narrow
		case now == narrow && pairs(head, 1):
			return utf16LE
		case now == narrow && pairs(head, 0):
			return utf16BE
		case now == narrow:
			return narrow
		}
	}
	return endless(head, now, zeros)
}

// endless tells the encoding of a line whose end is not in sight.
func endless(head []byte, now encoding, zeros int) encoding {
	switch {
	case now == narrow && pairs(head, 1):
		return utf16LE
	case now == narrow && pairs(head, 0):
		return utf16BE
	case now != narrow && zeros == 0 && ascii(head):
		return narrow
	}
	return now
}

func at(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 1
}

// pairs tells that head begins with four Latin characters in UTF-16 whose zero
// byte stands at place zero of each pair.
func pairs(head []byte, zero int) bool {
	if len(head) < 8 {
		return false
	}
	for i := 0; i < 8; i += 2 {
		c := head[i+1-zero]
		if head[i+zero] != 0 || (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c > 0x7e {
			return false
		}
	}
	return true
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0 {
			return false
		}
	}
	return true
}

func (s *Scanner) readNarrow() {
	s.raw = s.raw[:0]
	for fed := false; !s.cut && !fed; {
		part, err := s.in.Peek(1)
		if len(part) == 0 {
			s.fail(err)
			break
		}
		part, _ = s.in.Peek(s.in.Buffered()) // it is there: no error
		if i := bytes.IndexByte(part, '\n'); i >= 0 {
			part, fed = part[:i+1], true
		}
		n := s.keep(part)
		s.skip(n)
		fed = fed && n == len(part)
		s.terminated = s.terminated || fed
	}
	s.setText(s.narrowText())
}

// keep appends the bytes of a line up to the limit, without the NULs a crashed
// writer leaves behind and without the end-of-file mark. It gives how many it
// used; a character of several bytes is not divided.
func (s *Scanner) keep(part []byte) int {
	for i, b := range part {
		switch {
		case b == 0:
		case b == 0x1a:
			s.terminated = true
		case len(s.raw) >= MaxLine && b != '\n' && b != '\r' && (b < 0x80 || b >= 0xc0 || len(s.raw) >= MaxLine+4):
			s.cut, s.terminated = true, false
			return i
		default:
			s.raw = append(s.raw, b)
		}
	}
	return len(part)
}

func (s *Scanner) narrowText() string {
	if ascii(s.raw) || utf8.Valid(s.raw) {
		return string(s.raw)
	}
	if s.page == nil || s.page == &pages[0] || s.page == &ansi {
		s.page = pageOf(s.raw, s.page)
	}
	return s.page.decode(s.raw)
}

func (s *Scanner) readWide() {
	s.units = s.units[:0]
	for {
		head, err := s.in.Peek(2)
		if len(head) < 2 {
			s.skip(len(head))
			s.fail(err)
			break
		}
		u := uint16(head[0]) | uint16(head[1])<<8
		if s.enc == utf16BE {
			u = u>>8 | u<<8
		}
		s.skip(2)
		if u == '\n' {
			s.terminated = true
			break
		}
		if u == 0 {
			continue
		}
		s.units = append(s.units, u)
		if first := u >= 0xd800 && u < 0xdc00; len(s.units) >= MaxLine && (!first || len(s.units) > MaxLine) { // of a pair
			s.cut = true
			break
		}
	}
	s.setText(string(utf16.Decode(s.units)))
}

func (s *Scanner) fail(err error) {
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
}

func (s *Scanner) setText(text string) {
	s.now = []byte(strings.TrimPrefix(text, "\ufeff"))
	if s.whole = ascii(s.now); !s.cut {
		s.now = trim(s.now)
	}
}

// trim cuts the blanks and the carriage returns at the right.
func trim(b []byte) []byte {
	n := len(b)
	for n > 0 && (b[n-1] == ' ' || b[n-1] == '\t' || b[n-1] == '\r' || b[n-1] == '\n') {
		n--
	}
	return b[:n]
}
