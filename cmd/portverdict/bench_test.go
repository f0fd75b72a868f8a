package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"portverdict/etl"
	"portverdict/etl/etlgen"
	"portverdict/netstatparse/textgen"
)

// bulk writes a synthetic trace of size bytes, of which share is Winsock-AFD.
func bulk(b *testing.B, size int64, share float64) string {
	b.Helper()
	return bigFile(b, "bulk.etl", func(w io.Writer) error { return etlgen.WriteBulk(w, size, share) })
}

// bigFile is a file of what write gives, read once so that the cache is warm.
func bigFile(b *testing.B, base string, write func(io.Writer) error) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), base)
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	cat(b, name)
	return name
}

// cat times `cat FILE > /dev/null`, the machine's baseline; 0 where there is none.
func cat(b *testing.B, name string) time.Duration {
	b.Helper()
	program, err := exec.LookPath("cat")
	if err != nil {
		return 0
	}
	start := time.Now()
	if err := exec.Command(program, name).Run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// against reports the bytes of the file and how many times as long as cat it took.
func against(b *testing.B, name string, do func()) {
	b.Helper()
	fi, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(fi.Size())
	b.ReportAllocs()
	base := cat(b, name)
	for b.Loop() {
		do()
	}
	if base > 0 {
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(base), "x-cat")
	}
}

// The whole command with its hashing, on 1 GiB with a tenth of AFD events.
func BenchmarkAnalyze(b *testing.B) {
	name := bulk(b, 1<<30, 0.1)
	against(b, name, func() { analyzeWhole(b, name) })
}

// The same on AFD events alone.
func BenchmarkAnalyzeAFD(b *testing.B) {
	name := bulk(b, 1<<28, 1)
	against(b, name, func() { analyzeWhole(b, name) })
}

func analyzeWhole(b *testing.B, name string) {
	b.Helper()
	if code := run(context.Background(), []string{"analyze", "-q", "--exit-zero", name}, nil, io.Discard, io.Discard); code != exitOK {
		b.Fatalf("exit code %d", code)
	}
}

// A loop of netstat tables of 200 rows, 1 GiB of it.
func BenchmarkAnalyzeLoop(b *testing.B) {
	name := bigFile(b, "loop.txt", func(w io.Writer) error { return textgen.WriteLoop(w, 1<<30, 200) })
	against(b, name, func() { analyzeWhole(b, name) })
}

// A scan for one provider that is not there: the events cost a few loads each.
func BenchmarkScan(b *testing.B) {
	name := bulk(b, 1<<30, 0.1)
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	against(b, name, func() {
		r, err := etl.NewReader(f, fi.Size(), &etl.Options{Providers: []etl.GUID{{1}}})
		if err != nil {
			b.Fatal(err)
		}
		for range r.Events() {
			b.Fatal("an event nobody asked for, or damage")
		}
	})
}
