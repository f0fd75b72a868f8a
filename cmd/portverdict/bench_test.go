//go:build linux

package main

import (
	"archive/zip"
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"portverdict/etl/etlgen"
	"portverdict/etl/winsock"
	"portverdict/evtx/evtxgen"
	"portverdict/netstatparse/textgen"
)

var (
	benchPairs  = flag.Int("pairs", 10, "how often BenchmarkTable runs each program, in turns")
	benchFolder = flag.String("benchfiles", "", "keep the files of BenchmarkTable in the folder `DIR`")
	benchRow    = flag.String("benchrow", "", "the row whose files BenchmarkFiles makes; BenchmarkTable gives it to a process of its own")
	benchBinary = flag.String("binary", "", "the `PROGRAM` that BenchmarkTable measures; without it, one built from this folder")
)

// A row is one line of the table: a file or folder, or a command that reads none.
type row struct {
	name  string
	file  string // made by write
	write func(io.Writer) error
	texts int // in place of file, a folder of so many small ones
	// hashed is the file that openssl and cat read, "" for the same one: what is
	// unpacked is held against as many bytes as it unpacks to.
	hashed string
	args   []string // of a row without a file
}

const giB, mib512 = 1 << 30, 512 << 20

var rows = []row{
	{name: "start-up", args: []string{"version"}},
	{name: "demo", args: []string{"demo", "-q"}},
	{name: "folder of 20,000 small tables", texts: 20_000},
	{name: "zip of 70,000 small files", file: "members.zip", write: members(70_000)},
	{name: "1 GiB trace, 10 % AFD, rest other providers", file: "others.etl", write: trace(giB, etlgen.Bulk{Share: 0.1})},
	{name: "1 GiB trace, 10 % AFD, rest TCPIP nobody decodes", file: "tcpip.etl", write: trace(giB, etlgen.Bulk{Share: 0.1, Rest: winsock.TCPIP})},
	{name: "512 MiB trace of AFD alone", file: "afd.etl", write: trace(mib512, etlgen.Bulk{Share: 1})},
	{name: "XPRESS trace, 512 MiB unpacked", file: "xpress.etl", write: trace(mib512, etlgen.Bulk{Share: 0.1, Compressed: true}), hashed: "afd.etl"},
	{name: "1 GiB System log, no wanted record", file: "System.evtx", write: func(w io.Writer) error { return evtxgen.WriteBulk(w, giB, 0) }},
	{name: "512 MiB netstat loop", file: "loop.txt", write: func(w io.Writer) error { return textgen.WriteLoop(w, mib512, 200) }},
}

func trace(size int64, o etlgen.Bulk) func(io.Writer) error {
	return func(w io.Writer) error { return o.Write(w, size) }
}

// members gives a zip of so many texts, of which the last is a connection table.
func members(n int) func(io.Writer) error {
	return func(w io.Writer) error {
		z := zip.NewWriter(w)
		for i := range n {
			m, err := z.Create(fmt.Sprintf("%d/note-%d.txt", i/500, i))
			if err == nil && i < n-1 {
				_, err = fmt.Fprintf(m, "note %d\r\n", i)
			} else if err == nil {
				err = textgen.WriteLoop(m, 1, 20)
			}
			if err != nil {
				return err
			}
		}
		return z.Close()
	}
}

// BenchmarkTable runs the real program, openssl and cat in turns over files that it
// makes, and prints one table of medians. Nothing is judged: a machine that others use
// is no judge.
func BenchmarkTable(b *testing.B) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		b.Skip("without openssl there is nothing to compare with")
	}
	program := *benchBinary
	if program == "" {
		program = filepath.Join(b.TempDir(), "portverdict")
		if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	folder := *benchFolder
	if folder == "" {
		folder = b.TempDir()
	}
	table := []string{"| work | bytes | ours | CPU | openssl | cat | ours / openssl | ours / cat | peak RSS |", "|---|---|---|---|---|---|---|---|---|"}
	for _, r := range rows {
		b.Run(r.name, func(b *testing.B) {
			for range b.N {
				table = append(table, r.measure(b, program, openssl, folder))
			}
		})
	}
	fmt.Printf("\n%d pairs, medians; %s/%s, %d processors%s\n%s\n", *benchPairs, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), strings.Join(table, "\n"))
}

// measure gives the line of the table.
func (r *row) measure(b *testing.B, program, openssl, folder string) string {
	args, other := r.args, ""
	if r.file != "" || r.texts > 0 {
		// Linux counts what a process had before it became another to the peak of that.
		if out, err := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkFiles$", "-test.benchtime=1x", "-benchfiles="+folder, "-benchrow="+r.name).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		args, other = []string{"analyze", "-q", "--exit-zero", filepath.Join(folder, cmp.Or(r.file, smallFolder))}, cmp.Or(r.hashed, r.file)
	}
	var ours, cpu, hash, plain []time.Duration
	peak := int64(0)
	for i := range *benchPairs + 1 {
		own := timed(b, program, args...)
		peak = max(peak, own.rss)
		var sum, copied spent
		if other != "" {
			sum = timed(b, openssl, "dgst", "-sha256", filepath.Join(folder, other))
			copied = timed(b, "cat", filepath.Join(folder, other))
		}
		if i > 0 { // the first warms the cache
			ours, cpu, hash, plain = append(ours, own.wall), append(cpu, own.cpu), append(hash, sum.wall), append(plain, copied.wall)
		}
	}
	own, busy := median(ours), median(cpu)
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	if other == "" {
		return fmt.Sprintf("| %s | - | %.0f ms | %.0f ms | - | - | - | - | %d MiB |", r.name, 1000*own.Seconds(), 1000*busy.Seconds(), peak>>20)
	}
	fi, err := os.Stat(filepath.Join(folder, other))
	if err != nil {
		b.Fatal(err)
	}
	sum, copied := median(hash), median(plain)
	b.ReportMetric(float64(own)/float64(sum), "x-openssl")
	b.ReportMetric(float64(own)/float64(copied), "x-cat")
	return fmt.Sprintf("| %s | %d | %.2f s | %.2f s | %.2f s | %.2f s | %.2f | %.1f | %d MiB |", r.name, fi.Size(), own.Seconds(), busy.Seconds(), sum.Seconds(), copied.Seconds(),
		float64(own)/float64(sum), float64(own)/float64(copied), peak>>20)
}

// BenchmarkFiles makes the files of one row.
func BenchmarkFiles(b *testing.B) {
	hashed := ""
	for _, r := range rows {
		if r.name == *benchRow {
			hashed = r.hashed
		}
	}
	for _, r := range rows {
		switch {
		case r.name != *benchRow && (r.file == "" || r.file != hashed):
		case r.file != "":
			made(b, filepath.Join(*benchFolder, r.file), r.write)
		default:
			smallTexts(b, filepath.Join(*benchFolder, smallFolder), r.texts)
		}
	}
}

const smallFolder = "small"

// smallTexts makes a folder of so many tables of 20 rows, none like another.
func smallTexts(b *testing.B, folder string, n int) {
	b.Helper()
	for i := range n {
		part := filepath.Join(folder, fmt.Sprint(i/500))
		if err := os.MkdirAll(part, 0o755); err != nil {
			b.Fatal(err)
		}
		made(b, filepath.Join(part, fmt.Sprintf("table-%d.txt", i)), func(w io.Writer) error {
			if _, err := fmt.Fprintf(w, "echo %d\r\n", i); err != nil {
				return err
			}
			return textgen.WriteLoop(w, 1, 20)
		})
	}
}

// made writes the file unless it is there.
func made(b *testing.B, name string, write func(io.Writer) error) {
	b.Helper()
	if _, err := os.Stat(name); err == nil {
		return
	}
	f, err := os.Create(name + ".part")
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for _, do := range []func() error{func() error { return write(w) }, w.Flush, f.Close, func() error { return os.Rename(f.Name(), name) }} {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
}

// spent is what a program took; rss is its peak in bytes.
type spent struct {
	wall, cpu time.Duration
	rss       int64
}

// timed runs a program to its end.
func timed(b *testing.B, name string, args ...string) spent {
	b.Helper()
	cmd := exec.Command(name, args...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s %v: %v", name, args, err)
	}
	state := cmd.ProcessState
	return spent{time.Since(start), state.UserTime() + state.SystemTime(), int64(state.SysUsage().(*syscall.Rusage).Maxrss) << 10}
}

func median(of []time.Duration) time.Duration {
	of = slices.Sorted(slices.Values(of))
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

// processor names the machine, "" where nothing tells.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return ", " + strings.TrimSpace(value)
		}
	}
	return ""
}
