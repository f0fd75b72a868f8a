package etlgen

import (
	"bytes"
	"io"
	"testing"
	"time"

	"portverdict/etl"
)

// A trace made where it is read is the same however it is read, and a valid one.
func TestLong(t *testing.T) {
	l, err := NewLong(20_000, 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(io.NewSectionReader(l, 0, l.Size()))
	if err != nil || int64(len(whole)) != l.Size() {
		t.Fatalf("%d bytes of %d, %v", len(whole), l.Size(), err)
	}
	for _, at := range []int{0, 1, 65535, 65536, 65537, 200_000, len(whole) - 70_000, len(whole) - 1} {
		part := make([]byte, 70_000)
		n, err := l.ReadAt(part, int64(at))
		if !bytes.Equal(part[:n], whole[at:min(at+len(part), len(whole))]) || (err == io.EOF) != (n < len(part)) {
			t.Errorf("at %d: %d bytes, %v", at, n, err)
		}
	}
	r, err := etl.NewReader(bytes.NewReader(whole), l.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, last := 0, etl.FileTime(0)
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == etl.KindEvent {
			n++
			if e.Time < last {
				t.Fatalf("event %d is earlier than the one before", n)
			}
			last = e.Time
		}
	}
	if n != 20_000 {
		t.Errorf("%d events", n)
	}
	for _, bad := range [][2]int64{{0, 1}, {1, 0}, {1 << 40, 1}} {
		if _, err := NewLong(bad[0], bad[1], time.Minute); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
