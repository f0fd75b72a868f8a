package etl

import (
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// A stamp is what identifies an event of the composed files.
type stamp struct {
	id   uint16
	time int64
}

// mixedTrace composes buffers of several processors: within one the times never
// fall, in the file the processors take turns at random, and times tie. It gives
// the events as the file has them.
func mixedTrace(rng *rand.Rand, processors int, compress bool) (data []byte, written []stamp) {
	clock := make([]int64, processors)
	var bufs []testBuffer
	for seq := range 40 {
		cpu := rng.IntN(processors)
		tb := testBuffer{cpu: uint16(cpu), seq: int64(seq + 1), compress: compress}
		for range 1 + rng.IntN(12) {
			clock[cpu] += int64(rng.IntN(4) * rng.IntN(40))
			s := stamp{uint16(len(written)), testT0 + clock[cpu]}
			written = append(written, s)
			tb.events = append(tb.events, eventBytes(s.id, s.time, "payload"[:rng.IntN(8)])...)
		}
		bufs = append(bufs, tb)
	}
	mode := uint32(1)
	if compress {
		mode |= modeRelogged | modeCompressed
	}
	return traceBytes(mode, bufs...), written
}

// Proves that the merge by processor is the stable order of time, whatever the
// order of the buffers: nothing is lost, doubled or late, and ties stay as they
// lie in the file.
func TestMergeIsTheStableOrderOfTime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		data, want := mixedTrace(rng, 1+int(seed%7), seed%2 == 1)
		if len(want) < 100 {
			t.Fatalf("seed %d: only %d events composed", seed, len(want))
		}
		slices.SortStableFunc(want, func(a, b stamp) int { return cmp.Compare(a.time, b.time) })
		var got []stamp
		for e, err := range openBytes(t, data, nil).Events() {
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if e.Kind == KindEvent {
				got = append(got, stamp{e.ID, e.RawTime})
			}
		}
		if d := gocmp.Diff(want, got, gocmp.AllowUnexported(stamp{})); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

// Proves that the file itself is out of order where the walk is in order: on a
// file that is sorted already the test above would show nothing.
func TestRealTracesNeedTheMerge(t *testing.T) {
	t.Parallel()
	files := traceFiles(t)
	falls := 0
	for _, file := range files {
		var all []Event
		r := openBytes(t, readSample(t, file), nil)
		for e, err := range r.Events() {
			if err != nil || uint32(e.CPU) >= r.Header().Processors {
				t.Fatalf("%s: processor %d of %d: %v", file, e.CPU, r.Header().Processors, err)
			}
			all = append(all, Event{RawTime: e.RawTime, Buffer: e.Buffer, Record: e.Record, CPU: e.CPU})
		}
		if !slices.IsSortedFunc(all, func(a, b Event) int { return cmp.Compare(a.RawTime, b.RawTime) }) {
			t.Errorf("%s: the walk falls back in time", file)
		}
		byCPU := map[uint16]Event{}
		for _, e := range all {
			last, seen := byCPU[e.CPU]
			if seen && e.Buffer > 0 && (e.Buffer < last.Buffer || e.Buffer == last.Buffer && e.Record <= last.Record) {
				t.Errorf("%s: processor %d goes back from %d/%d to %d/%d", file, e.CPU, last.Buffer, last.Record, e.Buffer, e.Record)
			}
			byCPU[e.CPU] = e
		}
		slices.SortFunc(all, func(a, b Event) int {
			return cmp.Or(cmp.Compare(a.Buffer, b.Buffer), cmp.Compare(a.Record, b.Record))
		})
		for i := 1; i < len(all); i++ {
			if all[i].RawTime < all[i-1].RawTime {
				falls++
			}
		}
	}
	if falls == 0 {
		t.Errorf("no sample of %d falls back in time in the order of the file", len(files))
	}
}

// Proves that only buffers that overlap are open at one time, so memory does not
// grow with the file.
func TestFewBuffersAreOpenAtOnce(t *testing.T) {
	var bufs []testBuffer
	for i := range 500 {
		at := testT0 + int64(i)*10
		bufs = append(bufs, testBuffer{
			cpu: uint16(i % 2), seq: int64(i + 1), events: join(eventBytes(1, at, "x"), eventBytes(2, at+15, "y")),
		})
	}
	r := openBytes(t, traceBytes(1, bufs...), nil)
	w := newWalk(r, nil)
	most := 0
	w.yield = func(*Event, error) bool { most = max(most, len(w.heap)); return true }
	w.run()
	if w.events != 1001 || most < 2 || most > 4 {
		t.Errorf("%d events, %d buffers open at once", w.events, most)
	}
}

// Proves that Options.Providers changes what is yielded and nothing else: the
// wanted events are the same to the last field, and so are the statistics.
func TestFilterOnlyLeavesOut(t *testing.T) {
	t.Parallel()
	names := traceFiles(t)
	rng := rand.New(rand.NewPCG(7, 7))
	some := 0
	for _, file := range names {
		data := readSample(t, file)
		some += sameWhenFiltered(t, file, data)
		for range 1 + (1<<16)/len(data) {
			// Damage moves the order only where times fall, so counts are compared.
			b := flipped(rng, data, 40)
			r, err := NewReader(newBytes(b), int64(len(b)), nil)
			if err != nil {
				continue
			}
			all, _ := walkAll(t, r, int64(len(b)))
			f := openBytes(t, b, &Options{Providers: []GUID{{1}}})
			none, _ := walkAll(t, f, int64(len(b)))
			if d := gocmp.Diff(all, none); d != "" {
				t.Errorf("%s: %s", file, d)
			}
		}
	}
	if some == 0 {
		t.Error("no sample had an event to keep")
	}
}

// Proves the same where there are more kinds of events than the filter remembers.
func TestFilterWithManyKinds(t *testing.T) {
	var bufs []testBuffer
	for i := range 100 {
		tb := testBuffer{seq: int64(i + 1)}
		for j := range 20 {
			id := uint16(i*20 + j*j%7)
			tb.events = append(tb.events, eventBytes(id, testT0+int64(i*20+j), "x")...)
		}
		bufs = append(bufs, tb)
	}
	data := traceBytes(1, bufs...)
	all, _ := walkAll(t, openBytes(t, data, nil), int64(len(data)))
	none, _ := walkAll(t, openBytes(t, data, &Options{Providers: []GUID{{1}}}), int64(len(data)))
	if d := gocmp.Diff(all, none); d != "" || len(all.Counts) < 300 {
		t.Errorf("%d kinds: %s", len(all.Counts), d)
	}
}

// sameWhenFiltered filters a good trace by its rarest provider, and by it
// and the most common one, and says how many events were kept.
func sameWhenFiltered(t *testing.T, file string, data []byte) int {
	t.Helper()
	all := openBytes(t, data, nil)
	var events []Event
	count := map[GUID]int{}
	for e := range all.Events() {
		if e.Kind == KindEvent || e.Kind == KindFull {
			events = append(events, e.Clone())
			count[e.Provider]++
		}
	}
	var few, many GUID
	for g, n := range count {
		if count[few] == 0 || n < count[few] {
			few = g
		}
		if n > count[many] {
			many = g
		}
	}
	kept := 0
	lists := [][]GUID{{few}, {few, many}}
	if len(data) > 1<<18 {
		lists = lists[:1]
	}
	for _, providers := range lists {
		var want, got []Event
		for _, e := range events {
			if slices.Contains(providers, e.Provider) {
				want = append(want, e)
			}
		}
		r := openBytes(t, data, &Options{Providers: providers})
		for e := range r.Events() {
			got = append(got, e.Clone())
		}
		// DeepEqual, because a difference of 50,000 events takes seconds to find out.
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: %v: %d events kept, want %d, or they differ", file, providers, len(got), len(want))
		}
		if d := gocmp.Diff(all.Stats(), r.Stats()); d != "" {
			t.Errorf("%s: %v: statistics: %s", file, providers, d)
		}
		kept += len(got)
	}
	return kept
}

// traceFiles lists the real traces and those of the composed bundles, or skips.
func traceFiles(t testing.TB) []string {
	t.Helper()
	dir := samplesDir(t)
	var files []string
	for _, pattern := range []string{"etl/real/*.etl", "bundles/*/Server.etl"} {
		some, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil || len(some) == 0 {
			t.Skipf("samples not present: %s", pattern)
		}
		files = append(files, some...)
	}
	return files
}

func readSample(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
