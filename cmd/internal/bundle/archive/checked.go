package archive

import (
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"strings"
)

// Checked reads what an entry unpacks to and holds it against what the archive says of
// it. Every error but io.EOF is a *FormatError at the entry's place, or one that the
// decompressor or the meter gave as such.
type Checked struct {
	from   io.Reader
	offset int64
	size   int64 // -1: not known
	crc    uint32
	sum    hash.Hash32 // nil: no checksum is known
	n      int64
	cut    bool
	err    error
}

// NewChecked reads from an unpacked stream. offset is where the packed one begins; size
// is -1 and crc nil where the archive does not say. cut tells that the archive ends
// within the entry, which is then damaged even if all that there is unpacks.
func NewChecked(from io.Reader, offset, size int64, crc *uint32, cut bool) *Checked {
	c := &Checked{from: from, offset: offset, size: size, cut: cut}
	if crc != nil {
		c.crc, c.sum = *crc, crc32.NewIEEE()
	}
	return c
}

func (c *Checked) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if c.size >= 0 {
		p = p[:min(int64(len(p)), c.size-c.n+1)] // one more: it must not be there
	}
	n, err := c.from.Read(p)
	if c.size >= 0 && c.n+int64(n) > c.size {
		n = int(c.size - c.n)
		err = Errorf(CodeEntry, c.offset, "unpacks to more than the %d bytes that the archive says it has", c.size)
	}
	c.n += int64(n)
	if c.sum != nil {
		_, _ = c.sum.Write(p[:n])
	}
	c.err = c.judged(err)
	return n, c.err
}

// judged words the end of an entry.
func (c *Checked) judged(err error) error {
	var fe *FormatError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &fe):
		return err
	case c.cut || errors.Is(err, io.ErrUnexpectedEOF):
		return Errorf(CodeEntry, c.offset, "is cut after %d bytes: the archive ends within it", c.n)
	case errors.Is(err, io.EOF):
	case isChecksum(err):
		return Errorf(CodeChecksum, c.offset, "does not fit its checksum (%v)", err)
	default:
		return Errorf(CodeEntry, c.offset, "is damaged after %d bytes (%v)", c.n, err)
	}
	switch {
	case c.size >= 0 && c.n < c.size:
		return Errorf(CodeEntry, c.offset, "ends after %d of its %d bytes", c.n, c.size)
	case c.sum != nil && c.sum.Sum32() != c.crc:
		return Errorf(CodeChecksum, c.offset, "does not fit its checksum: it has %08x, the archive says %08x", c.sum.Sum32(), c.crc)
	}
	return io.EOF
}

// isChecksum tells errors of decompressors about their checksums.
func isChecksum(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "checksum") || strings.Contains(text, "crc")
}
