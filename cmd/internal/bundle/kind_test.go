package bundle

import (
	"runtime"
	"testing"
)

// Looking at a small file takes memory of its own size, not of a large one's: 20,000
// small files would spend most of the time on buffers that are cleared.
func TestKindOfASmallFileIsCheap(t *testing.T) {
	const times, most = 200, 128 << 10
	head := []byte("nothing that any reader knows")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		if kind := Kind(head); kind != kindUnknown {
			t.Fatal(kind)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / times; each > most {
		t.Errorf("%d bytes are allocated for a file of %d", each, len(head))
	}
}
