package evtxgen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"portverdict/evtx"
)

// A log made in bulk is whole, and has what was asked for where it was asked for.
func TestWriteBulk(t *testing.T) {
	const size = 5 << 20
	var b bytes.Buffer
	if err := WriteBulk(&b, size, 10); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	if d := len(data) - size; d > chunkSize || d < -chunkSize {
		t.Errorf("%d bytes, want about %d", len(data), size)
	}
	chunks := (len(data) - fileHeaderSize) / chunkSize
	next := int(binary.LittleEndian.Uint64(data[24:]))
	all, s := read(t, data, nil)
	if s.Records != next-1 || len(all) != next-1 || s.Gaps != 0 || s.Leftover != 0 || s.Undecoded != 0 || s.Chunks != chunks || s.Wrapped || s.Dirty {
		t.Errorf("%d records, want %d: %+v", len(all), next-1, s)
	}
	providers := map[string]int{}
	for i, r := range all {
		providers[r.Provider]++
		if at := bulkStart.Add(time.Duration(i) * bulkInterval); r.RecordID != uint64(i+1) || !r.Time.Equal(at) || !r.Written.Equal(at) || r.Origin != evtx.OriginLive {
			t.Fatalf("record %d: %+v", i, r)
		}
	}
	if len(providers) != 5 || providers["Tcpip"] != chunks/10 {
		t.Errorf("%v in %d chunks", providers, chunks)
	}
	found, _ := read(t, data, &evtx.Options{IDs: []uint16{4231}, Providers: []string{"Tcpip"}})
	for i, r := range found {
		if chunk := (r.Offset - fileHeaderSize) / chunkSize; chunk != int64(10*i+9) || r.Qualifiers != 0x8000 || len(r.Binary) != 40 || len(r.Data) != 1 {
			t.Errorf("in chunk %d: %+v", chunk, r)
		}
	}
}

func TestLibevtxBulk(t *testing.T) {
	var b bytes.Buffer
	if err := WriteBulk(&b, 5<<20, 10); err != nil {
		t.Fatal(err)
	}
	got := export(t, b.Bytes())
	all, _ := read(t, b.Bytes(), nil)
	if len(got) != len(all) {
		t.Errorf("libevtx has %d records, want %d", len(got), len(all))
	}
	for _, r := range all {
		if e := got[r.RecordID]; e.id != uint64(r.ID) || e.source != r.Provider {
			t.Fatalf("record %d: libevtx %+v, we %+v", r.RecordID, e, r)
		}
	}
}

// The smallest log is one chunk; every 1 has each chunk tell of Tcpip, 0 none.
func TestWriteBulkSmall(t *testing.T) {
	for every, want := range map[int]int{-1: 0, 0: 0, 1: 3, 2: 1, 3: 1, 4: 0} {
		var b bytes.Buffer
		if err := WriteBulk(&b, fileHeaderSize+3*chunkSize, every); err != nil {
			t.Fatal(err)
		}
		if got, s := read(t, b.Bytes(), &evtx.Options{IDs: []uint16{4231}}); len(got) != want || s.Chunks != 3 {
			t.Errorf("every %d: %d records, want %d: %+v", every, len(got), want, s)
		}
	}
	var b bytes.Buffer
	if err := WriteBulk(&b, -5, 0); err != nil || b.Len() != fileHeaderSize+chunkSize {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
}

// full takes left bytes and then no more.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestWriteBulkFails(t *testing.T) {
	for _, left := range []int{0, fileHeaderSize, fileHeaderSize + chunkSize} {
		if err := WriteBulk(&full{left}, 1<<20, 2); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
}

func BenchmarkWriteBulk(b *testing.B) {
	const size = 500 << 20
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteBulk(io.Discard, size, 10); err != nil {
			b.Fatal(err)
		}
	}
}
