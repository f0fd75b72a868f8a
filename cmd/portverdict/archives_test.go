package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// judged is the report of analyze as JSON and as a value; "" and nil where there is none.
// told is what stderr says.
func judged(t *testing.T, args ...string) (code int, text string, r *report.Report, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"analyze", "--format", "json", "--tz", "Etc/GMT-1"}, args...), nil, &stdout, &stderr)
	if stdout.Len() == 0 {
		return code, "", nil, stderr.String()
	}
	r = &report.Report{}
	if err := json.Unmarshal(stdout.Bytes(), r); err != nil {
		t.Fatal(err)
	}
	return code, stdout.String(), r, stderr.String()
}

// A folder and every archive of it that is read give the same bytes.
func TestSameVerdictFromEveryArchive(t *testing.T) {
	const archives = "../internal/bundle/testdata/archives"
	data, err := os.ReadFile(filepath.Join(archives, "deflate.zip"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "leak")
	if err := unzip(data, folder); err != nil {
		t.Fatal(err)
	}
	code, want, _, _ := judged(t, folder)
	if code != exitExhausted {
		t.Fatalf("exit code %d", code)
	}
	entries, err := os.ReadDir(archives)
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string][]string{}
	for _, e := range entries {
		name := e.Name()
		for _, set := range []string{"parts.zip", "parts.7z", "lzxset", "set"} {
			if strings.HasPrefix(name, set) {
				name = set
				break
			}
		}
		sets[name] = append(sets[name], filepath.Join(archives, e.Name()))
	}
	same, named := 0, 0
	for name, files := range sets {
		code, got, _, told := judged(t, files...)
		switch {
		case got == "" && code == exitFailed && strings.Contains(told, "give the folder"):
			named++
		case got != want:
			t.Errorf("%s is not the same, exit code %d, %s", name, code, told)
		default:
			same++
		}
	}
	if same < 25 || named > 8 {
		t.Errorf("%d are the same, %d are named only", same, named)
	}
}

// Of the shared archives each gives what its README says.
func TestSharedArchives(t *testing.T) {
	dir := samples(t, "second", "archives")
	all := []string{"Server.etl", "System.evtx", "netstat.txt", "tasklist.txt"}
	tables := all[2:]
	read := map[string][]string{"zip-stored.zip": tables, "netstat.txt.gz": {"netstat.txt"}, "netstat.txt.bz2": {"netstat.txt"}, "System.evtx.xz": {"System.evtx"}, "Server.etl.zst": {"Server.etl"}}
	for _, files := range []string{
		"zip-deflate.zip", "zip-descriptor.zip", "zip-deflate64.zip", "own-deflate64-long.zip", "zip-bzip2.zip", "zip-lzma.zip", "zip-xz.zip", "zip-zstd.zip",
		"zip-split.zip zip-split.z01", "zip-parts.zip.002 zip-parts.zip.001", "tar.tar.gz", "tar.tar.bz2", "tar.tar.xz", "tar.tar.zst",
		"7z-lzma2.7z", "7z-lzma.7z", "7z-bzip2-notsolid.7z", "7z-deflate64.7z", "7z-parts.7z.001 7z-parts.7z.002", "gcab-mszip.cab", "gcab-stored.cab",
		"own-mszip-reserve.cab", "own-two-folders.cab", "own-lzx15-verbatim.cab", "own-lzx16-aligned.cab", "own-lzx21-mixed-e8.cab",
		"own-set-3.cab own-set-1.cab own-set-2.cab", "own-lzxset-1.cab own-lzxset-2.cab",
	} {
		read[files] = all
	}
	hashes := map[string]string{
		"Server.etl": "818faa97b16653bb94d58fff7ff2facf95fbc9bb3acb7bc132b3a2bd69b14098", "System.evtx": "15c2252d76d6d7133db08f9fefefed1ffcb9b64f85bcacee64eb811f4d0763ad",
		"netstat.txt": "bed1b7adf33e5cfe7087f29ca0dd9a350099c9be5a426cc037811bb56ad57a7c", "tasklist.txt": "fa3ec8dc726233c107afe86c82716095a6dd78b85757fad8ac04d8120570c678",
	}
	for files, want := range read {
		code, _, r, told := judged(t, within(dir, files)...)
		if r == nil {
			t.Errorf("%s: %s", files, told)
			continue
		}
		var names []string
		for _, s := range r.Sources {
			names = append(names, s.Path)
			if s.SHA256 != hashes[s.Path] {
				t.Errorf("%s: %s is not what was packed", files, s.Path)
			}
		}
		if !cmp.Equal(names, want) {
			t.Errorf("%s: %v", files, names)
		}
		if h := r.Verdict.Holders; len(want) == 4 && (code != exitExhausted || len(h) == 0 || h[0].Image != "leaky.exe" || h[0].Ports != 510) {
			t.Errorf("%s: exit code %d, %+v", files, code, h)
		}
	}
}

// Those that are cut or named only, and what is said of them.
func TestSharedArchivesNotWhole(t *testing.T) {
	dir := samples(t, "second", "archives")
	for files, want := range map[string]string{
		"zip-ppmd.zip": "method 98", "zip-aes256.zip": "encrypted (AES-256)", "zip-zipcrypto.zip": "encrypted (ZipCrypto)", "7z-bcj2.7z": "BCJ2", "7z-ppmd.7z": "PPMd",
		"7z-aes.7z": "encrypted (AES-256)", "7z-aes-headers.7z": "the names of its files too", "own-quantum18.cab": "Quantum", "rar5-stored.rar": "RAR archive",
		"7z-parts.7z.001": "a part of it is missing", "7z-parts.7z.002": "no known kind", "own-set-2.cab": "the one before it is missing",
	} {
		if code, _, r, told := judged(t, within(dir, files)...); code != exitFailed || r != nil || !strings.Contains(told, want) {
			t.Errorf("%s: exit code %d, %s", files, code, told)
		}
	}
	for files, want := range map[string][]string{ // the code and the sources that are read, as far as they go
		"zip-deflate-cut.zip": {"archive-damaged", "Server.etl!"}, "zip-deflate64-cut.zip": {"archive-damaged", "Server.etl!"}, "tar-cut.tar.gz": {"archive-damaged", "Server.etl!"},
		"zip-descriptor-cut.zip": {"archive-damaged", "Server.etl!", "System.evtx", "netstat.txt!"}, "gcab-mszip-cut.cab": {"archive-damaged", "Server.etl!"},
		"own-lzx21-cut.cab": {"archive-damaged", "Server.etl!"}, "zip-split.zip": {"archive-part", "netstat.txt", "tasklist.txt"},
		"own-set-3.cab": {"archive-part", "System.evtx", "netstat.txt", "tasklist.txt"}, "own-lzxset-1.cab": {"archive-part", "Server.etl!"},
	} {
		_, _, r, told := judged(t, within(dir, files)...)
		if r == nil {
			t.Errorf("%s: %s", files, told)
			continue
		}
		if !slices.ContainsFunc(r.Diagnostics, func(d report.Diagnostic) bool { return d.Code == want[0] }) {
			t.Errorf("%s: %+v", files, r.Diagnostics)
		}
		var got []string
		for _, s := range r.Sources {
			if s.Truncated {
				s.Path += "!"
			}
			got = append(got, s.Path)
		}
		if !cmp.Equal(got, want[1:]) {
			t.Errorf("%s: %v", files, got)
		}
		if r.Verdict.Outcome == report.NotExhausted {
			t.Errorf("%s: not exhausted", files)
		}
	}
}

func within(dir, files string) []string {
	var out []string
	for f := range strings.FieldsSeq(files) {
		out = append(out, filepath.Join(dir, f))
	}
	return out
}
