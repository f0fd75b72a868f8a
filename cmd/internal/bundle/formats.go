package bundle

import (
	"bytes"
	"io"
	"iter"
	"strconv"
	"strings"

	"portverdict/cmd/internal/bundle/archive"
	"portverdict/cmd/internal/bundle/cab"
	"portverdict/cmd/internal/bundle/mail"
	"portverdict/cmd/internal/bundle/pkzip"
	"portverdict/cmd/internal/bundle/sevenzip"
)

// walker yields the entries of an archive; damage is an error that does not end it.
type walker func(*source, archive.Limits) iter.Seq2[archive.Entry, error]

// source is an archive while it is read: its files, one behind the other.
type source struct {
	joined
	name  string
	names []string // of the files
	disks []int64  // of a zip that was split: where each begins, -1 for one that is missing
	// alone is set by the walker of a single compressed file before it yields that: it is
	// no folder of files.
	alone bool
}

// formats are archives by how they begin. Those without a walker are named only: texts may
// stand in them as they are.
var formats = []struct {
	title string
	is    func(head []byte) bool
	walk  walker
}{
	{"zip", begins("PK\x03\x04", "PK\x05\x06", "PK\x07\x08PK\x03\x04", "PK00PK\x03\x04"), walkZip},
	{"gzip", begins("\x1f\x8b\x08"), walkStream(unpackGzip)},
	{"bzip2", isBzip2, walkStream(unpackBzip2)},
	{"xz", begins("\xfd7zXZ\x00"), walkStream(unpackXZ)},
	{"zstd", begins("\x28\xb5\x2f\xfd"), walkStream(unpackZstd)},
	{"tar", isTar, walkTar},
	{"cabinet", begins(cabinetMagic), walkCabinet},
	{"7-Zip", begins("7z\xbc\xaf\x27\x1c"), walk7z},
	{"RAR", begins("Rar!\x1a\x07"), nil},
}

// packedAs names an archive by its head, with how it is read; "" for what is none.
func packedAs(head []byte) (title string, walk walker) {
	for _, f := range formats {
		if f.is(head) {
			return f.title, f.walk
		}
	}
	return "", nil
}

func begins(magics ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, m := range magics {
			if bytes.HasPrefix(head, []byte(m)) {
				return true
			}
		}
		return false
	}
}

// isBzip2: a digit, and the mark of a block or of the end.
func isBzip2(head []byte) bool {
	return len(head) >= 10 && bytes.HasPrefix(head, []byte("BZh")) && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17rE8P\x90")
}

const tarBlock = 512

// isTar tells a header of tar, by its mark or, where the oldest form has none, by its
// checksum: the sum of its bytes, with the checksum itself as blanks, in octal.
func isTar(head []byte) bool {
	if len(head) < tarBlock {
		return len(head) >= 262 && string(head[257:262]) == "ustar"
	}
	if string(head[257:262]) == "ustar" {
		return true
	}
	want, err := strconv.ParseInt(strings.Trim(string(head[148:156]), " \x00"), 8, 64)
	if err != nil || head[0] == 0 {
		return false
	}
	sum := int64(8 * ' ')
	for i, b := range head[:tarBlock] {
		if i < 148 || i >= 156 {
			sum += int64(b)
		}
	}
	return sum == want
}

func walkZip(s *source, l archive.Limits) iter.Seq2[archive.Entry, error] {
	return pkzip.Walk(s, s.size, s.disks, l)
}

func walkMail(s *source, l archive.Limits) iter.Seq2[archive.Entry, error] {
	return mail.Walk(s, s.size, l)
}

func walk7z(s *source, l archive.Limits) iter.Seq2[archive.Entry, error] {
	return sevenzip.Walk(s, s.size, l)
}

const cabinetMagic = "MSCF\x00\x00\x00\x00"

func walkCabinet(s *source, l archive.Limits) iter.Seq2[archive.Entry, error] {
	volumes := make([]cab.Volume, len(s.parts))
	for i := range volumes {
		volumes[i] = cab.Volume{Name: s.names[i], R: s.parts[i], Size: s.end(i) - s.starts[i]}
	}
	return cab.Walk(volumes, l)
}

// joined are readers one behind the other.
type joined struct {
	parts  []io.ReaderAt
	starts []int64 // where each begins
	size   int64
}

func (j *joined) add(r io.ReaderAt, size int64) {
	j.parts, j.starts = append(j.parts, r), append(j.starts, j.size)
	j.size += size
}

// end is where the reader behind one begins.
func (j *joined) end(i int) int64 {
	if i+1 < len(j.starts) {
		return j.starts[i+1]
	}
	return j.size
}

func (j *joined) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for i, part := range j.parts {
		want := p[n:max(min(int64(len(p)), j.end(i)-at), int64(n))] // nothing of what ends before
		m, err := part.ReadAt(want, at+int64(n)-j.starts[i])
		n += m
		if n == len(p) {
			return n, nil
		}
		if m < len(want) {
			return n, err
		}
	}
	return n, io.EOF
}
