package codec

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"testing/iotest"
)

func TestDelta(t *testing.T) {
	want := []byte{1, 2, 3, 250, 5, 6, 7, 8}
	packed := bytes.Clone(want)
	for i := len(packed) - 1; i >= 2; i-- {
		packed[i] -= packed[i-2]
	}
	got, err := io.ReadAll(NewDelta(iotest.OneByteReader(bytes.NewReader(packed)), 2))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

// A call is made relative again, also over the end of the buffer; what only looks like one
// and the last bytes are as they were.
func TestBCJ(t *testing.T) {
	le := binary.LittleEndian
	want := make([]byte, 10_000)
	for i := range want {
		want[i] = 0x90
	}
	packed := bytes.Clone(want)
	for _, at := range []int{0, 77, 4093, 8190, 9000} {
		want[at], packed[at] = 0xe8, 0xe8
		le.PutUint32(want[at+1:], 300)
		le.PutUint32(packed[at+1:], uint32(at+5+300))
	}
	for _, b := range [][]byte{want, packed} {
		copy(b[5000:], []byte{0xe8, 1, 2, 3, 0x44}) // too far
		copy(b[len(b)-4:], []byte{0xe8, 0, 0, 0})
	}
	got, err := io.ReadAll(NewBCJ(iotest.HalfReader(bytes.NewReader(packed))))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if got, err := io.ReadAll(NewBCJ(bytes.NewReader([]byte{0xe8, 1}))); err != nil || !bytes.Equal(got, []byte{0xe8, 1}) {
		t.Errorf("%x, %v", got, err)
	}
}
