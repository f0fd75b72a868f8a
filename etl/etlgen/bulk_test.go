package etlgen

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math"
	"testing"

	"portverdict/etl"
)

// secondPayload gives the payload of the event after the header event.
func secondPayload(t *testing.T, b []byte) string {
	t.Helper()
	r, err := etl.NewReader(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Buffer == 1 {
			return string(e.Payload)
		}
	}
	return ""
}

func bulkBytes(t *testing.T, size int64, share float64) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteBulk(&out, size, share); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWriteBulk(t *testing.T) {
	afd := "e53c6823-7bb8-44bb-90dc-3f86090d48a6"
	for _, share := range []float64{0, 0.01, 0.5, 1} {
		b := bulkBytes(t, 4<<20, share)
		if len(b) != 4<<20 {
			t.Errorf("%d bytes", len(b))
		}
		r, err := etl.NewReader(bytes.NewReader(b), int64(len(b)), nil)
		if err != nil {
			t.Fatal(err)
		}
		var part, all int
		last := etl.FileTime(0)
		ids, cpus := map[uint16]int{}, map[uint16]int{}
		for e, err := range r.Events() {
			if err != nil {
				t.Fatal(err)
			}
			if e.Time < last {
				t.Fatalf("time falls at %#x", e.Offset)
			}
			if last = e.Time; e.Buffer == 0 {
				continue
			}
			size := eventHeaderSize + len(e.Payload)
			cpus[e.CPU]++
			if all += size; e.Provider.String() == afd {
				part += size
				ids[e.ID]++
			} else if size < fillerLeast || size > fillerMost {
				t.Errorf("event of %d bytes", size)
			}
		}
		if got := float64(part) / float64(all); math.Abs(got-share) > 0.002 {
			t.Errorf("share %v, want %v", got, share)
		}
		if share > 0 && (ids[1000]-ids[1001] > 8 || ids[1000]-ids[1030] > 8 || len(ids) != 3) || len(cpus) != bulkCPUs {
			t.Errorf("ids %v, processors %v", ids, cpus)
		}
		s := r.Stats()
		if h := r.Header(); s.DiagnosedBytes != 0 || s.SequenceGaps != 0 || s.Truncated || s.Unfinalised ||
			s.Last > h.EndTime || int(h.BuffersWritten) != s.Buffers || s.PaddingBytes > 4<<20/20 {
			t.Errorf("%+v %+v", s, h)
		}
	}
}

func TestWriteBulkIsDeterministic(t *testing.T) {
	a, b := bulkBytes(t, 1<<20, 0.3), bulkBytes(t, 1<<20, 0.3)
	if sha256.Sum256(a) != sha256.Sum256(b) {
		t.Error("two runs differ")
	}
	if n := len(bulkBytes(t, 0, 1)); n != 2*bulkBuffer {
		t.Errorf("the smallest trace has %d bytes", n)
	}
}

func TestWriteBulkErrors(t *testing.T) {
	for _, share := range []float64{-0.1, 1.1, math.NaN()} {
		if err := WriteBulk(io.Discard, 1, share); err == nil {
			t.Errorf("share %v is accepted", share)
		}
	}
	if err := WriteBulk(io.Discard, math.MaxInt64, 1); err == nil {
		t.Error("a size without end is accepted")
	}
	full := errors.New("full")
	for _, room := range []int{0, 1, 2} {
		if err := WriteBulk(&limitedWriter{room, full}, 1<<20, 1); !errors.Is(err, full) {
			t.Errorf("%v after %d writes", err, room)
		}
	}
}

// A limitedWriter fails after so many writes.
type limitedWriter struct {
	left int
	err  error
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, w.err
	}
	return len(p), nil
}

func BenchmarkWriteBulk(b *testing.B) {
	const size = 256 << 20
	b.SetBytes(size)
	b.ReportAllocs()
	for range b.N {
		if err := WriteBulk(io.Discard, size, 0.1); err != nil {
			b.Fatal(err)
		}
	}
}
