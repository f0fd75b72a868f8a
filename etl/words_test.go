package etl

import "testing"

func TestMissingBuffersAreCounted(t *testing.T) {
	for n, want := range map[int64]string{1: "1 buffer is missing before buffer 7", 2: "2 buffers are missing before buffer 7"} {
		if got := missingBuffers(n, 7); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
