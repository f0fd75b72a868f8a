package sevenzip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portverdict/cmd/internal/bundle/archive"
)

var limits = archive.Limits{Window: 1 << 20, Entries: 1000, Meter: func(r io.Reader) io.Reader { return io.LimitReader(r, 1<<22) }}

// list reads an archive: a line for each entry and each error.
func list(data []byte) []string {
	var out []string
	for e, err := range Walk(bytes.NewReader(data), int64(len(data)), limits) {
		var text []byte
		switch {
		case err != nil:
		case e.Refused != nil:
			err = e.Refused
		case e.Data == nil:
			out = append(out, e.Name+" "+e.Mode.String())
			continue
		default:
			text, err = io.ReadAll(e.Data)
		}
		var fe *archive.FormatError
		if errors.As(err, &fe) {
			out = append(out, strings.TrimSpace(e.Name+" "+fe.Code))
			continue
		}
		out = append(out, e.Name+" "+string(text))
	}
	return out
}

// archiveOf is a 7z of packed bytes and a header, whose checksums are right.
func archiveOf(packed, header []byte) []byte {
	le := binary.LittleEndian
	start := le.AppendUint64(le.AppendUint64(nil, uint64(len(packed))), uint64(len(header)))
	start = le.AppendUint32(start, crc32.ChecksumIEEE(header))
	out := append(bytes.Clone(signature), 0, 4)
	out = le.AppendUint32(out, crc32.ChecksumIEEE(start))
	return append(append(append(out, start...), packed...), header...)
}

// names is the property of the names of files.
func names(all ...string) []byte {
	text := []byte{0}
	for _, n := range all {
		for _, c := range n + "\x00" {
			text = append(text, byte(c), 0)
		}
	}
	return append([]byte{idNames, byte(len(text))}, text...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// copied are the streams of two files of 3 and 2 bytes in one folder that is stored.
func copied(coders ...byte) []byte {
	if coders == nil {
		coders = []byte{1, 1, 0}
	}
	return join([]byte{idMainStreams, idPack, 0, 1, idSize, 5, idEnd, idUnpack, idFolder, 1, 0}, coders,
		[]byte{idUnpackSize, 5, idEnd, idSubStreams, idNumUnpack, 2, idSize, 3, idCRC, 1}, sums("one", "23"), []byte{idEnd, idEnd})
}

func sums(all ...string) []byte {
	var out []byte
	for _, s := range all {
		out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(s)))
	}
	return out
}

func TestWalk(t *testing.T) {
	header := func(parts ...[]byte) []byte { return join([]byte{idHeader}, join(parts...), []byte{idEnd}) }
	two := join([]byte{idFiles, 2}, names("a", "d/b"), []byte{idEnd})
	four := join([]byte{idFiles, 4}, names("a", "e", "d", "b"), []byte{idEmptyStream, 1, 0x60, idEmptyFile, 1, 0x80, idEnd})
	for name, c := range map[string]struct{ packed, header, want string }{
		"two files":          {"one23", string(header(copied(), two)), "a one; d/b 23"},
		"empty and a folder": {"one23", string(header(copied(), four)), "a one; e ; d d---------; b 23"},
		"checksum":           {"oNe23", string(header(copied(), two)), "a archive-checksum; d/b 23"},
		"too many files":     {"one23", string(header(copied(), join([]byte{idFiles, 3}, names("a", "b", "c"), []byte{idEnd}))), "a one; b 23; archive-damaged"},
		"PPMd":               {"one23", string(header(copied(1, 3, 3, 4, 1), two)), "a archive-method; d/b archive-method"},
		"AES":                {"one23", string(header(copied(1, 4, 6, 0xf1, 7, 1), two)), "a archive-encrypted; d/b archive-encrypted"},
		"one size for two":   {"one23", string(header(copied(2, 1, 0, 1, 0, 0, 0), two)), "archive-damaged"},
		"coder to itself":    {"one23", string(header(bytes.Replace(copied(2, 1, 0, 1, 0, 0, 0), []byte{idUnpackSize, 5}, []byte{idUnpackSize, 5, 5}, 1), two)), "a archive-entry; d/b archive-entry"},
		"2^28 files":         {"", string(header([]byte{idFiles, 0xf0, 0, 0, 0, 0x10})), "archive-damaged"},
		"2^60 folders":       {"", string(header([]byte{idMainStreams, idUnpack, idFolder, 0xff, 0, 0, 0, 0, 0, 0, 0, 0x10})), "archive-damaged"},
		"no header":          {"one23", "\x09", "archive-damaged"},
	} {
		if got := strings.Join(list(archiveOf([]byte(c.packed), []byte(c.header))), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := list(archiveOf(nil, nil)); got != nil {
		t.Errorf("an empty archive: %v", got)
	}
}

// An archive that is cut has lost its list of files, whatever the length.
func TestCut(t *testing.T) {
	whole := archived(t, "lzma2.7z")
	for n := range whole {
		if got := list(whole[:n]); len(got) != 1 || got[0] != archive.CodeDamaged {
			t.Fatalf("cut at %d: %v", n, got)
		}
	}
	for i := range startSize {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x10
		if got := list(changed); i != 6 && i != 7 && (len(got) != 1 || got[0] == "") {
			t.Errorf("byte %d changed: %v", i, got)
		}
	}
}

func archived(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "archives", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func FuzzWalk(f *testing.F) {
	for _, name := range []string{"lzma2.7z", "bzip2-notsolid.7z", "bcj2.7z", "delta.7z"} {
		f.Add(archived(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if le := binary.LittleEndian; hasSignature(data) && len(data) > startSize { // what checksums guard is read too
			if at, n := le.Uint64(data[12:])+startSize, le.Uint64(data[20:]); at < uint64(len(data)) && n <= uint64(len(data))-at {
				le.PutUint32(data[28:], crc32.ChecksumIEEE(data[at:at+n]))
			}
			le.PutUint32(data[8:], crc32.ChecksumIEEE(data[12:startSize]))
		}
		list(data)
	})
}
