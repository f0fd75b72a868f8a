package evtx

import (
	"bytes"
	"encoding/binary"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

var mutants = flag.Int("mutants", 200, "how many damaged logs TestMutants reads")

// victim is a log of three chunks and what each chunk gives when it is whole.
type victim struct {
	name    string
	data    []byte
	options *Options
	whole   [3][]uint64
}

// victims are the committed case and, where they are, the samples.
func victims(t *testing.T) []*victim {
	t.Helper()
	logs := map[string][]byte{"case": composed(t)}
	dir := filepath.Join("..", "..", "shared", "samples", "evtx")
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*.evtx"))
	if len(files) == 0 {
		t.Log("samples not present: only the committed case is damaged")
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		logs[filepath.Base(f)] = data
	}
	var all []*victim
	for _, name := range slices.Sorted(maps.Keys(logs)) {
		data := bytes.Clone(logs[name][:fileHeaderSize])
		chunks := logs[name][fileHeaderSize:]
		for i := range 3 {
			n := min(i, len(chunks)/chunkSize-1)
			data = append(data, chunks[n*chunkSize:][:chunkSize]...)
		}
		twice := wantedOnly
		twice.SecondReader = twice.IDs
		for _, o := range []*Options{nil, &wantedOnly, &twice} {
			v := &victim{name: name, data: data, options: o}
			v.whole = byChunk(readLog(t, data, o))
			all = append(all, v)
		}
	}
	return all
}

func byChunk(res outcome) (by [3][]uint64) {
	for i := range res.records {
		c := (res.records[i].Offset - fileHeaderSize) / chunkSize
		by[c] = append(by[c], res.records[i].RecordID)
	}
	return by
}

// mutate damages one place of b, which is a chunk: bits, bytes, a sector of zeros, a
// field of the chunk header, or one of a record's.
func mutate(b []byte, random *rand.Rand) {
	switch random.IntN(5) {
	case 0:
		b[random.IntN(len(b))] ^= 1 << random.IntN(8)
	case 1:
		for range 1 + random.IntN(40) {
			b[random.IntN(len(b))] = byte(random.Uint32())
		}
	case 2:
		clear(b[random.IntN(len(b)/512)*512:][:512])
	case 3:
		binary.LittleEndian.PutUint32(b[random.IntN(chunkHeaderSize/4)*4:], random.Uint32()>>random.IntN(32))
	default:
		at := chunkHeaderSize
		for range random.IntN(100) {
			if f, ok := frameAt(b, at); ok && at+f.size+minRecord < len(b) {
				at += f.size
			}
		}
		binary.LittleEndian.PutUint32(b[at+random.IntN(16)*4:], random.Uint32()>>random.IntN(32))
	}
}

// allocated is how many bytes f takes, given back or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Damage in one chunk of three costs records of that chunk alone and little memory, ends,
// and kills nothing.
func TestMutants(t *testing.T) {
	const seed = 20260310
	all := victims(t)
	t.Logf("%d mutants of %d logs, seed %d", *mutants, len(all), seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var most uint64
	for n := range *mutants {
		v := all[random.IntN(len(all))]
		hit := random.IntN(3)
		d := bytes.Clone(v.data)
		mutate(d[fileHeaderSize+hit*chunkSize:][:chunkSize], random)
		if random.IntN(10) == 0 {
			d = d[:fileHeaderSize+hit*chunkSize+random.IntN(chunkSize)]
		}
		var got [3][]uint64
		took := allocated(func() { got = byChunk(readLog(t, d, v.options)) })
		if most = max(most, took); took > 16<<20 {
			t.Fatalf("mutant %d of %s took %d bytes", n, v.name, took)
		}
		for i := range got {
			if i != hit && len(d) >= fileHeaderSize+(i+1)*chunkSize && !slices.Equal(got[i], v.whole[i]) {
				t.Fatalf("mutant %d of %s damages chunk %d; chunk %d gives %d records of %d", n, v.name, hit, i, len(got[i]), len(v.whole[i]))
			}
		}
	}
	t.Logf("the worst took %d KiB", most>>10)
}
