package bundle

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const archives = "testdata/archives"

// contents are the inputs of a bundle with their hashes.
func contents(t *testing.T, b *Bundle) []string {
	t.Helper()
	var out []string
	for _, in := range b.Inputs {
		sum := in.SHA256
		if sum == "" {
			var err error
			if sum, err = in.Hasher(t.Context()).Sum(); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, fmt.Sprintf("%s %s %d %s %v", in.Kind, in.Path, in.Size, sum, in.Damaged))
	}
	return out
}

// archiveFiles are the archives of testdata: those in several files as one.
func archiveFiles(t testing.TB) map[string][]string {
	t.Helper()
	entries, err := os.ReadDir(archives)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, e := range entries {
		name := e.Name()
		for _, set := range []string{"parts.zip", "parts.7z", "lzxset", "set"} {
			if strings.HasPrefix(name, set) {
				name = set
				break
			}
		}
		out[name] = append(out[name], filepath.Join(archives, e.Name()))
	}
	return out
}

// unread are archives that are named, by what is said of them.
var unread = map[string]string{
	"aes256.zip": "AES-256", "zipcrypto.zip": "ZipCrypto", "ppmd.zip": "method 98 (PPMd)", "ppmd.7z": "PPMd", "aes.7z": "AES-256",
	"aes-headers.7z": "the names of its files too", "bcj2.7z": "BCJ2", "quantum18.cab": "Quantum",
}

// One folder, in every archive that programs pack it into, is the same four inputs.
func TestEveryArchive(t *testing.T) {
	want := contents(t, mustLoad(t, filepath.Join(archives, "deflate.zip")))
	if len(want) != 4 {
		t.Fatalf("%v", want)
	}
	for name, files := range archiveFiles(t) {
		slices.Reverse(files) // in any order
		b := mustLoad(t, files...)
		if says, named := unread[name]; named {
			if len(b.Inputs) != 0 || len(b.Diagnostics) == 0 || !strings.Contains(b.Diagnostics[0].Text, says) || !b.Diagnostics[0].Unread() {
				t.Errorf("%s: %v, %+v", name, b.Inputs, b.Diagnostics)
			}
			continue
		}
		if d := cmp.Diff(want, contents(t, b)); d != "" || len(b.Diagnostics) > 0 {
			t.Errorf("%s (-want +got):\n%s%+v", name, d, b.Diagnostics)
		}
	}
}

// A part of an archive that is missing is told, and what is there is read.
func TestPartAlone(t *testing.T) {
	for file, want := range map[string][2]string{
		"set-1.cab": {"", "archive-part"}, "set-3.cab": {"dynamicport.txt netstat.txt tasklist.txt", "archive-part"}, "lzxset-2.cab": {"dynamicport.txt netstat.txt tasklist.txt", "archive-part"},
		"parts.7z.001": {"", "archive-damaged"}, "parts.zip.001": {"", "archive-damaged"},
	} {
		b := mustLoad(t, filepath.Join(archives, file))
		var names, codes []string
		for _, in := range b.Inputs {
			if !in.Damaged {
				names = append(names, in.Path)
			}
		}
		for _, d := range b.Diagnostics {
			codes = append(codes, d.Code)
		}
		if got := strings.Join(names, " "); got != want[0] || !slices.Contains(codes, want[1]) {
			t.Errorf("%s: %q, %v", file, got, codes)
		}
	}
}

// A cabinet whose blocks do not fit their checksums says where, and what it gave is not
// taken for whole.
func TestBrokenChecksum(t *testing.T) {
	for _, file := range []string{"mszip-reserve.cab", "two-folders.cab", "lzx15-verbatim.cab"} {
		data, err := os.ReadFile(filepath.Join(archives, file))
		if err != nil {
			t.Fatal(err)
		}
		at := int(binary.LittleEndian.Uint32(data[36:])) // of the first folder's first block
		if data[30]&4 != 0 {
			at = int(binary.LittleEndian.Uint32(data[40+20:]))
		}
		data[at] ^= 0xff
		b := mustLoad(t, filepath.Join(folderOf(t, entry{file, string(data)}), file))
		first := b.Inputs[0]
		var told []string
		for _, d := range b.Diagnostics {
			if d.Code == "archive-checksum" && strings.Contains(d.Text, fmt.Sprintf("at offset %d of the cabinet", at)) {
				told = append(told, d.Source)
			}
		}
		if !first.Damaged || !slices.Contains(told, first.Path) || len(b.Inputs) != 4 {
			t.Errorf("%s: %s is damaged: %v; told of %v in %+v", file, first.Path, first.Damaged, told, b.Diagnostics)
		}
	}
}

// A bzip2 stream is told by a digit and the mark of its first block, or of its end, and by no
// less: a text may begin with BZh.
func TestKindOfBzip2(t *testing.T) {
	for head, want := range map[string]string{
		"BZh11AY&SY": kindArchive, "BZh91AY&SY": kindArchive, "BZh5\x17rE8P\x90": kindArchive, "BZh91AY&S": kindUnknown, "BZh01AY&SY": kindUnknown, "BZh:1AY&SY": kindUnknown, "BZh91AY&SZ": kindUnknown, "bZh91AY&SY": kindUnknown,
	} {
		if got := Kind([]byte(head)); got != want {
			t.Errorf("%q: %s", head, got)
		}
	}
}

var mutants = flag.Int("mutants", 500, "changed archives that are read")

// Whatever is changed in an archive, reading it ends, in bounded memory, with less or with
// a diagnostic.
func TestMutants(t *testing.T) {
	files := archiveFiles(t)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	lim := defaultLimits
	lim.floor, lim.unpacked, lim.memory, lim.ratio = 4<<20, 4<<20, 8<<20, 1<<20
	r := rand.New(rand.NewPCG(21, 4))
	whole := map[string][]byte{}
	for i := range *mutants {
		name := names[i%len(names)]
		file := files[name][i/len(names)%len(files[name])]
		if whole[file] == nil {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			whole[file] = data
		}
		data := mutant(r, whole[file])
		b, err := load(t.Context(), Options{Jobs: 1}, lim, inMemory(filepath.Base(file), bytes.NewReader(data), int64(len(data))))
		if err != nil {
			t.Fatalf("%s, mutant %d: %v", file, i, err)
		}
		if len(b.Inputs) == 0 && len(b.Diagnostics) == 0 {
			t.Errorf("%s, mutant %d: nothing is read and nothing told", file, i)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("all were read; how much memory that took is not told here: %v", err)
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(peak)[0])
	t.Logf("%d mutants; %d MiB of memory at most", *mutants, kib>>10)
	if err != nil || kib > 256<<10 {
		t.Errorf("%d MiB of memory, %v", kib>>10, err)
	}
}

// mutant changes bits, bytes and fields of an archive, or cuts it. In half of them the
// checksums of a 7z's headers are put right, so that what they guard is read.
func mutant(r *rand.Rand, whole []byte) []byte {
	data := bytes.Clone(whole)
	near := func() int { // more often in the headers, which are at both ends
		switch n := len(data); r.IntN(3) {
		case 0:
			return r.IntN(min(n, 400))
		case 1:
			return n - 1 - r.IntN(min(n, 400))
		}
		return r.IntN(len(data))
	}
	for range 1 + r.IntN(4) {
		at := near()
		switch r.IntN(5) {
		case 0:
			data[at] ^= 1 << r.IntN(8)
		case 1:
			data[at] = byte(r.UintN(256))
		case 2:
			data[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
		case 3:
			copy(data[at:], [][]byte{{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0x7f}, {0, 0, 1, 0}}[r.IntN(4)])
		case 4:
			if len(data) > 40 && r.IntN(4) == 0 {
				data = data[:len(data)-r.IntN(len(data)-36)]
			}
		}
	}
	if le := binary.LittleEndian; bytes.HasPrefix(data, []byte("7z\xbc\xaf")) && len(data) > 32 && r.IntN(2) == 0 {
		if at, n := le.Uint64(data[12:])+32, le.Uint64(data[20:]); at < uint64(len(data)) && n <= uint64(len(data))-at {
			le.PutUint32(data[28:], crc32.ChecksumIEEE(data[at:at+n]))
		}
		le.PutUint32(data[8:], crc32.ChecksumIEEE(data[12:32]))
	}
	return data
}
