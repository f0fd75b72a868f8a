package evtx

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	golang "github.com/0xrawsec/golang-evtx/evtx"
)

// repeated is a log of size bytes of the chunks of a sample, those that keep
// chooses.
func repeated(b *testing.B, size int, keep func(chunk []byte) bool, path ...string) []byte {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(append([]string{"..", "..", "shared", "samples", "evtx"}, path...)...))
	if err != nil || len(files) == 0 {
		b.Skip("samples not present: nothing to measure")
	}
	var head, chunks []byte
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		head = data[:fileHeaderSize]
		for at := fileHeaderSize; at+chunkSize <= len(data); at += chunkSize {
			if c := data[at : at+chunkSize]; bytes.HasPrefix(c, chunkMagic) && keep(c) {
				chunks = append(chunks, c...)
			}
		}
	}
	if len(chunks) == 0 {
		b.Fatal("no chunk is of that kind")
	}
	out := bytes.Clone(head)
	for len(out) < size {
		out = append(out, chunks...)
	}
	// The library believes the header's count of chunks.
	n := (len(out) - fileHeaderSize) / chunkSize
	binary.LittleEndian.PutUint64(out[16:], uint64(n-1))
	binary.LittleEndian.PutUint16(out[42:], uint16(n))
	return out
}

func any(chunk []byte) bool { return true }

// without tells that no record of the chunk can be wanted.
func without(chunk []byte) bool {
	f := newFilter(&wantedOnly)
	d := newDecoder(&f)
	d.begin(chunk)
	for at := chunkHeaderSize; ; {
		fr, ok := frameAt(chunk, at)
		if !ok {
			return true
		}
		if d.glance(fr).may {
			return false
		}
		at += fr.size
	}
}

func measure(b *testing.B, data []byte) {
	b.Helper()
	o := wantedOnly
	o.Workers = 2
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		readLog(b, data, &o)
	}
}

// Chunks that cannot hold a wanted record.
func BenchmarkUnwanted(b *testing.B) {
	measure(b, repeated(b, 500<<20, without, "real", "*.evtx"))
}

// A System log.
func BenchmarkSystem(b *testing.B) { measure(b, repeated(b, 500<<20, any, "real", "system.evtx")) }

// Nothing but Tcpip records: the worst case.
func BenchmarkTcpipOnly(b *testing.B) {
	measure(b, repeated(b, 8<<20, any, "synthetic", "tcpip-dirty.evtx"))
}

// The library on the same.
func BenchmarkLibrarySystem(b *testing.B) {
	measureLibrary(b, repeated(b, 16<<20, any, "real", "system.evtx"))
}

func BenchmarkLibraryTcpipOnly(b *testing.B) {
	measureLibrary(b, repeated(b, 8<<20, any, "synthetic", "tcpip-dirty.evtx"))
}

func measureLibrary(b *testing.B, data []byte) {
	b.Helper()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := golang.New(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for range f.FastEvents() {
			n++
		}
		if n == 0 {
			b.Fatal("no events")
		}
	}
}

// Every record of the real logs, decoded and given.
func BenchmarkAll(b *testing.B) {
	data := repeated(b, 64<<20, any, "real", "*.evtx")
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(data), int64(len(data)), nil)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for range r.Records() {
			n++
		}
		if n == 0 {
			b.Fatal("no records")
		}
	}
}
