package main

import (
	"archive/zip"
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/etl/etlgen"
	"portverdict/evtx/evtxgen"
)

var costs = flag.Bool("costs", false, "TestCosts measures processor time too, which takes an hour")

// A growth is one way in which a bundle can be large: write makes one with n of it.
type growth struct {
	name  string
	n     int
	args  []string
	write func(t *testing.T, dir string, n int)
}

// mostOver is how many times more than in proportion sixteen times as much may cost,
// without what a run of a single one costs. A bundle that costs less than the floor more
// than that counts as the floor.
const (
	mostOver   = 1.3
	floorBytes = 1 << 20
	floorTime  = 30e-3
)

// Sixteen times as much of anything takes sixteen times as much memory from the
// allocator, which is nearly the same in every run; and, where it is measured, processor
// time.
func TestCosts(t *testing.T) {
	if testing.Short() {
		t.Skip("reads bundles of 16 times the size")
	}
	for _, g := range growths {
		t.Run(strings.ReplaceAll(g.name, " ", "-"), func(t *testing.T) {
			n := g.n
			if !*costs {
				n = max(n/8, 20)
			}
			var dirs [4]string
			for i, n := range []int{1, n, 4 * n, 16 * n} {
				dirs[i] = t.TempDir()
				g.write(t, dirs[i], n)
			}
			allocated(t, g.command(dirs[1])) // what is made once
			var bytes [4]float64
			for i, dir := range dirs {
				bytes[i] = allocated(t, g.command(dir))
			}
			judgeCost(t, g.name, n, "MiB", 1<<20, floorBytes, bytes)
			if *costs {
				judgeCost(t, g.name, n, "s", 1, floorTime, g.seconds(t, dirs))
			}
		})
	}
}

func (g *growth) command(dir string) []string {
	return append([]string{"analyze", dir, "-q", "--exit-zero", "--format", "json", "--tz", "UTC", "-j", "1"}, g.args...)
}

// seconds are the medians of the processor time of some runs of each size, in turns.
func (g *growth) seconds(t *testing.T, dirs [4]string) (out [4]float64) {
	t.Helper()
	const runs = 5
	var took [4][]float64
	for range runs {
		for i, dir := range dirs {
			took[i] = append(took[i], processorTime(t, g.command(dir)).Seconds())
		}
	}
	for i := range took {
		slices.Sort(took[i])
		out[i] = took[i][runs/2]
	}
	return out
}

// judgeCost compares what the sizes cost, the first of which is a single one.
func judgeCost(t *testing.T, name string, n int, unit string, scale, floor float64, cost [4]float64) {
	t.Helper()
	one := max(cost[1]-cost[0], floor)
	four, sixteen := (cost[2]-cost[0])/one/4, (cost[3]-cost[0])/one/16
	t.Logf("%-22s %7d %-3s: one %6.2f, 1x %7.2f, 4x %8.2f (%.2f), 16x %9.2f (%.2f)", name, n, unit, cost[0]/scale, cost[1]/scale, cost[2]/scale, four, cost[3]/scale, sixteen)
	if sixteen > mostOver {
		t.Errorf("%s: 16 times as much costs %.2f times more than in proportion", name, sixteen)
	}
}

// allocated is how many bytes a run of the program takes from the allocator.
func allocated(t *testing.T, args []string) float64 {
	t.Helper()
	var before, after runtime.MemStats
	var stderr strings.Builder
	runtime.ReadMemStats(&before)
	code := run(t.Context(), args, strings.NewReader(""), io.Discard, &stderr)
	runtime.ReadMemStats(&after)
	if code != exitOK && !strings.Contains(stderr.String(), "nothing here can show") {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// processorTime runs the program; its guard's time is counted too.
func processorTime(t *testing.T, args []string) time.Duration {
	t.Helper()
	cmd := exec.Command("portverdict", args...)
	var stderr strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(stderr.String(), "nothing here can show")) {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

const tableHead = "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"

var growths = []growth{
	{"rows of a table", 20_000, nil, func(t *testing.T, dir string, n int) {
		writeRows(t, dir, n, func(i int) string {
			return fmt.Sprintf("  TCP    10.0.%d.%d:%d   198.51.100.7:443   ESTABLISHED   4242\r\n", i>>8&255, i&255, 49152+i%16384)
		})
	}},
	{"bound rows", 20_000, nil, func(t *testing.T, dir string, n int) {
		writeRows(t, dir, n, func(i int) string {
			return fmt.Sprintf("  TCP    0.0.0.0:%d   0.0.0.0:0   BOUND   %d\r\n", 1024+i%64000, 4+4*(i%200))
		})
	}},
	{"processes of a table", 4000, nil, func(t *testing.T, dir string, n int) {
		writeRows(t, dir, n, func(i int) string {
			return fmt.Sprintf("  TCP    10.0.%d.%d:%d   198.51.100.7:443   ESTABLISHED   %d\r\n", i>>8&255, i&255, 49152+i%16384, 4*(i+1))
		})
		writeTasks(t, dir, n, func(i int) string { return "worker.exe" })
	}},
	{"names", 4000, nil, func(t *testing.T, dir string, n int) {
		writeRows(t, dir, n, func(i int) string {
			return fmt.Sprintf("  TCP    10.0.%d.%d:%d   host%d.example.com:443   ESTABLISHED   %d\r\n [worker%d.exe]\r\n", i>>8&255, i&255, 49152+i%16384, i, 4*(i+1), i)
		})
		writeTasks(t, dir, n, func(i int) string { return fmt.Sprintf("worker%d.exe", i) })
	}},
	{"names, replaced", 4000, []string{"--redact"}, func(t *testing.T, dir string, n int) {
		writeRows(t, dir, n, func(i int) string {
			return fmt.Sprintf("  TCP    10.0.%d.%d:%d   host%d.example.com:443   ESTABLISHED   %d\r\n", i>>8&255, i&255, 49152+i%16384, i, 4*(i%300+1))
		})
	}},
	{"tables of a loop", 200, nil, func(t *testing.T, dir string, n int) {
		var b strings.Builder
		for i := range n {
			at := time.Date(2026, 3, 10, 9, 0, i, 0, time.UTC)
			fmt.Fprintf(&b, "%s\r\n%s", at.Format("2006-01-02 15:04:05"), tableHead)
			for k := range 250 {
				fmt.Fprintf(&b, "  TCP    10.0.0.5:%d   198.51.100.7:443   ESTABLISHED   %d\r\n", 49152+k, 4*(k%50+1))
			}
		}
		write(t, filepath.Join(dir, "netstat.txt"), b.String())
	}},
	{"records of a log", 4000, nil, func(t *testing.T, dir string, n int) { writeRecords(t, dir, n, 4227) }},
	{"witnesses of a log", 4000, nil, func(t *testing.T, dir string, n int) { writeRecords(t, dir, n, 4231) }},
	{"events of a trace", 200_000, nil, func(t *testing.T, dir string, n int) { writeLongTrace(t, dir, int64(n), 1000) }},
	{"endpoints of a trace", 15_000, nil, func(t *testing.T, dir string, n int) { writeLongTrace(t, dir, int64(8*n), int64(n)) }},
	{"processes of a trace", 4000, nil, func(t *testing.T, dir string, n int) {
		writeRefusals(t, dir, n, func(i int) int { return 4 * (i + 1) })
	}},
	{"refusals of a trace", 4000, nil, func(t *testing.T, dir string, n int) { writeRefusals(t, dir, n, func(int) int { return 4242 }) }},
	{"machines and findings", 100, nil, func(t *testing.T, dir string, n int) {
		for i := range n {
			writeLog(t, filepath.Join(dir, fmt.Sprintf("%05d.evtx", i)), []evtxgen.Record{
				witness(1, 4231, i, fmt.Sprintf("HOST%05d", i)), witness(2, 4266, i, fmt.Sprintf("HOST%05d", i)),
			})
		}
	}},
	{"files of no kind", 500, nil, func(t *testing.T, dir string, n int) {
		for i := range n {
			write(t, filepath.Join(dir, fmt.Sprintf("%06d.txt", i)), fmt.Sprintf("nothing %d", i))
		}
	}},
	{"files with tables", 100, nil, func(t *testing.T, dir string, n int) {
		for i := range n {
			row := fmt.Sprintf("  TCP    10.0.0.5:%d   198.51.100.7:443   ESTABLISHED   4242\r\n", 49152+i)
			write(t, filepath.Join(dir, fmt.Sprintf("%06d.txt", i)), tableHead+row)
		}
	}},
	{"traces", 100, nil, func(t *testing.T, dir string, n int) {
		for i := range n {
			writeTrace(t, filepath.Join(dir, fmt.Sprintf("%06d.etl", i)), strings.Replace(secondFile, "SEQ", fmt.Sprint(2+2*i), 1))
		}
	}},
	{"members of an archive", 500, nil, func(t *testing.T, dir string, n int) {
		f, err := os.Create(filepath.Join(dir, "a.zip"))
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		for i := range n {
			w, err := z.Create(fmt.Sprintf("%06d.txt", i))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(w, "nothing %d", i)
		}
		if err := errors.Join(z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}},
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func writeRows(t *testing.T, dir string, n int, row func(int) string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("2026-03-10 09:00:30\r\n" + tableHead)
	for i := range n {
		b.WriteString(row(i))
	}
	write(t, filepath.Join(dir, "netstat.txt"), b.String())
}

func writeTasks(t *testing.T, dir string, n int, image func(int) string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("\"Image Name\",\"PID\",\"Services\"\r\n")
	for i := range n {
		fmt.Fprintf(&b, "\"%s\",\"%d\",\"N/A\"\r\n", image(i), 4*(i+1))
	}
	write(t, filepath.Join(dir, "tasklist.csv"), b.String())
}

func witness(number int, id uint16, second int, host string) evtxgen.Record {
	return evtxgen.Record{
		ID: id, Level: 3, Provider: "Tcpip", Channel: "System", Computer: host,
		Time: time.Date(2026, 3, 10, 9, 0, second, 0, time.UTC), RecordID: uint64(number),
	}
}

func writeRecords(t *testing.T, dir string, n int, id uint16) {
	t.Helper()
	var records []evtxgen.Record
	for i := range n {
		records = append(records, witness(i+1, id, 60*i, "HOST1"))
	}
	writeLog(t, filepath.Join(dir, "System.evtx"), records)
}

func writeLongTrace(t *testing.T, dir string, events, open int64) {
	t.Helper()
	trace, err := etlgen.NewLong(events, open, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "Server.etl"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.Copy(w, io.NewSectionReader(trace, 0, trace.Size()))
	if err := errors.Join(err, w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// writeRefusals writes a trace of n sockets, each of the process that pid gives, created
// and refused.
func writeRefusals(t *testing.T, dir string, n int, pid func(int) int) {
	t.Helper()
	const perBuffer = 15
	var b strings.Builder
	b.WriteString(sessionHeader)
	for i := range n {
		if i%perBuffer == 0 {
			fmt.Fprintf(&b, "buffer cpu=0 seq=%d\n", 1+i/perBuffer)
		}
		process, endpoint := fmt.Sprintf("u64:0x%x", 0xffff9b0000000000+0x80*uint64(pid(i))), fmt.Sprintf("u64:0x%x", 0xffff9a0000000000+0x200*uint64(i+1))
		fmt.Fprintf(&b, "%sid=1000 time=+%d payload=u32:0,u32:1002,%s,%s,u32:2,u32:1,u32:6,u64:%d,u32:0\n", sessionEvent, 100*i+10, process, endpoint, pid(i))
		fmt.Fprintf(&b, "%sid=1029 time=+%d payload=u32:1,u32:7023,%s,%s,u32:0xC0000209\n", sessionEvent, 100*i+20, process, endpoint)
	}
	writeTrace(t, filepath.Join(dir, "Server.etl"), b.String())
}
