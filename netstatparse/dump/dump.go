// Package dump reads what Windows dump files say of themselves: of a kernel dump its kind,
// the build, when it was written and when Windows had started, and the bug check; of the
// dump of a process ("minidump") the process, the build, and its handles by type, with the
// sockets among them. Memory in a dump holds secrets: none of it is read.
//
// The layouts are those of DUMP_HEADER as Volatility and kdmp-parser have them, and of
// minidumpapiset.h. All numbers are little-endian. The 32-bit kernel header is known from
// descriptions only.
package dump

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"
)

const (
	processMagic  = "MDMP"
	kernelMagic64 = "PAGEDU64"
	kernelMagic32 = "PAGEDUMP"
)

// Dump is what a dump says of itself. Exactly one of Kernel and Process is set.
type Dump struct {
	Kernel  *Kernel
	Process *Process
	Build   int       // of Windows; 0 when it is not told
	Version string    // "10.0.20348", "" when it is not told
	Product string    // "client", "domain controller", "server" or ""
	Machine string    // "x64", "x86", "arm64" or ""
	Time    time.Time // it was written, UTC; zero when it is not told
}

// Kernel is the dump of the whole machine, or the head of one.
type Kernel struct {
	Kind      string // "complete", "kernel", "small", "automatic", ...
	Live      bool   // Windows wrote it and went on: it did not crash
	BugCheck  uint32
	Arguments [4]uint64
	Boot      time.Time // Windows started, UTC; zero when it is not told
}

// Process is the dump of one process.
type Process struct {
	PID     int // -1 when it is not told
	Image   string
	Created time.Time // UTC; zero when it is not told
	Handles *Handles  // nil when the dump has none
}

// Handles are the handles of a process by the type of their object.
type Handles struct {
	Types   map[string]int
	Total   int // that were read
	Sockets int // \Device\Afd; -1 when no file among them has a name
	// AtLeast tells that the dump is cut or damaged and there were more.
	AtLeast bool
}

// FormatError is damage. Offset and Length are bytes of the file.
type FormatError struct {
	Code           string
	Offset, Length int64
	Detail         string
}

func (e *FormatError) Error() string { return e.Detail }

// The codes of a FormatError.
const (
	CodeTruncated = "dump-truncated" // the file ends too soon
	CodeDamaged   = "dump-damaged"   // a count or an offset cannot be
)

// ErrForeign is a minidump of another system.
var ErrForeign = errors.New("the dump is not of Windows")

// Sniff tells a dump by its first bytes; its kind is "dump".
func Sniff(head []byte) (kind string, ok bool) {
	for _, magic := range []string{processMagic + "\x93\xa7", kernelMagic64, kernelMagic32} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return "dump", true
		}
	}
	return "", false
}

// Read reads a dump of size bytes. What was read before damage is good, and given with it;
// an error that is no *FormatError is that of reading, or ErrForeign.
func Read(r io.ReaderAt, size int64) (*Dump, []error) {
	f := &file{r: r, size: size}
	head := f.bytes(0, 8)
	switch {
	case bytes.HasPrefix(head, []byte(processMagic)):
		return f.process()
	case string(head) == kernelMagic64:
		return f.kernel(&layout64)
	case string(head) == kernelMagic32:
		return f.kernel(&layout32)
	}
	return nil, []error{&FormatError{CodeDamaged, 0, 8, "the file does not begin as a dump does"}}
}

// file reads at offsets that may lie anywhere.
type file struct {
	r    io.ReaderAt
	size int64
	errs []error
}

// bytes gives n bytes, or as many as there are.
func (f *file) bytes(at int64, n int) []byte {
	if at < 0 || at >= f.size {
		return nil
	}
	b := make([]byte, min(int64(n), f.size-at))
	m, err := f.r.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		f.errs = append(f.errs, err)
	}
	return b[:m]
}

func (f *file) damage(code string, at, length int64, detail string) {
	f.errs = append(f.errs, &FormatError{code, at, length, detail})
}

var le = binary.LittleEndian

// filetime counts 100 ns from 1601; zero for what cannot be a time of Windows NT.
func filetime(v uint64) time.Time {
	const to1970 = 11644473600
	t := time.Unix(int64(v/10_000_000)-to1970, int64(v%10_000_000)*100).UTC()
	if v > 1<<62 || t.Year() < 1995 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}

// unix counts seconds from 1970; zero is no time.
func unix(v uint32) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.Unix(int64(v), 0).UTC()
}

func product(n uint32) string {
	return map[uint32]string{1: "client", 2: "domain controller", 3: "server"}[n]
}
