package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/evtx/evtxgen"
)

var mutants = flag.Int("mutants", 100, "how many changed files TestDriver gives to the program")

const (
	batch       = 10 // changed files make one bundle
	mostCPU     = 2 * time.Second
	mostMemory  = 256 << 20
	peakInLinux = 1 << 10 // ru_maxrss is in KiB
)

// TestDriver gives changed copies of small inputs of every kind to the real program. It
// may say what it likes of them, but it ends by itself, with a code of its own, in time,
// without a fault, and what it prints as JSON is JSON.
func TestDriver(t *testing.T) {
	n := *mutants
	if testing.Short() {
		n = min(n, 30)
	}
	samples := driverSamples(t)
	for first := 0; first < n; first += batch {
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(7, uint64(first)))
			dir := t.TempDir()
			for i := first; i < min(first+batch, n); i++ {
				s := samples[i%len(samples)]
				name := filepath.Join(dir, fmt.Sprintf("%06d-%s", i, s.name))
				if err := os.WriteFile(name, mutated(rnd, s.data), 0o600); err != nil {
					t.Fatal(err)
				}
				driveOne(t, name)
			}
			drive(t, jsonText, "analyze", dir, "--format", "json", "--tz", "UTC")
			drive(t, jsonText, "info", dir, "--format", "json")
		})
	}
}

// driveOne runs the commands that take one file.
func driveOne(t *testing.T, name string) {
	t.Helper()
	switch filepath.Ext(name) {
	case ".etl":
		drive(t, jsonLines, "events", name, "--format", "ndjson")
		drive(t, anything, "export", name, "-o", name+".pcapng")
		_ = os.Remove(name + ".pcapng")
	case ".evtx":
		drive(t, jsonLines, "events", name, "--format", "ndjson")
	case ".zip":
		drive(t, anything, "export", name, "-o", name+".pcapng")
		_ = os.Remove(name + ".pcapng")
	case ".json":
		drive(t, jsonText, "render", name, "--format", "json")
		drive(t, anything, "render", name, "--format", "html")
	}
}

func anything([]byte) bool { return true }
func jsonText(b []byte) bool {
	return len(b) == 0 || json.Valid(b)
}

func jsonLines(b []byte) bool {
	for line := range bytes.Lines(b) {
		if !json.Valid(line) {
			return false
		}
	}
	return true
}

// drive runs the program and checks how it ended.
func drive(t *testing.T, valid func([]byte) bool, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "portverdict", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	said := stderr.String()
	wrong := ""
	cpu, peak := cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), peakOf(cmd.ProcessState)
	switch {
	case ctx.Err() == nil && !testing.Short() && cpu > mostCPU:
		wrong = fmt.Sprintf("%v of processor time", cpu)
	case ctx.Err() == nil && !testing.Short() && peak > mostMemory:
		wrong = fmt.Sprintf("%d MiB of memory", peak>>20)
	case ctx.Err() != nil:
		wrong = "it does not end"
	case !slices.Contains([]int{exitOK, exitFailed, exitExhausted, exitLikely, exitInconclusive}, code) && !(code == exitUsage && strings.Contains(said, "give one")):
		wrong = fmt.Sprintf("exit code %d", code)
	case strings.Contains(said, "internal error") || strings.Contains(said, "goroutine "):
		wrong = "a fault of the program"
	case strings.Contains(stdout.String(), "internal-error"):
		wrong = "a fault of the program in the report"
	case !valid(stdout.Bytes()):
		wrong = "no JSON"
	}
	if wrong == "" {
		return
	}
	kept := filepath.Join(os.TempDir(), filepath.Base(args[1]))
	if fi, err := os.Stat(args[1]); err == nil && fi.Mode().IsRegular() {
		_ = os.WriteFile(kept, mustRead(t, args[1]), 0o600)
	}
	t.Errorf("%v: %s (the file is kept as %s)\n%.3000s", args, wrong, kept, said)
}

// peakOf is the most memory that a program had, in bytes, or 0 where that is not known:
// it begins with the peak of the program that started it, which is this one.
func peakOf(state *os.ProcessState) int64 {
	own, err := os.ReadFile("/proc/self/status")
	if runtime.GOOS != "linux" || err != nil {
		return 0
	}
	var ours int64
	_, line, _ := strings.Cut(string(own), "VmHWM:")
	_, err = fmt.Sscan(line, &ours)
	peak := reflect.ValueOf(state.SysUsage()).Elem().FieldByName("Maxrss").Int()
	if err != nil || peak <= ours {
		return 0
	}
	return peak * peakInLinux
}

type sample struct {
	name string
	data []byte
}

// driverSamples are small inputs of every kind: what is changed is mostly read.
func driverSamples(t *testing.T) []sample {
	t.Helper()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeTrace(t, in("a.etl"), firstFile)
	writeTrace(t, in("b.etl"), strings.Replace(secondFile, "SEQ", "2", 1))
	var records []evtxgen.Record
	for i := range 6 {
		records = append(records, evtxgen.Record{
			ID: []uint16{4231, 4227, 4266, 7036}[i%4], Level: 3, Provider: "Tcpip", Channel: "System", Computer: "HOST1",
			Time: time.Date(2026, 3, 10, 9, i, 0, 0, time.UTC), RecordID: uint64(i + 1), Data: []string{"Tcp", "running"},
		})
	}
	writeLog(t, in("c.evtx"), records)
	told(t, exitOK, "demo", "-q", "--format", "text", "-o", in("d.json"))
	demo := demoFolder(t)
	out := []sample{
		{"a.etl", mustRead(t, in("a.etl"))},
		{"c.evtx", mustRead(t, in("c.evtx"))},
		{"d.json", mustRead(t, in("d.json"))},
		{"b.etl", mustRead(t, in("b.etl"))},
	}
	texts := []sample{
		{"range.txt", mustRead(t, filepath.Join(demo, "dynamicport.txt"))},
		{"netstat.txt", mustRead(t, filepath.Join(demo, "netstat.txt"))[:6000]},
		{"tasklist.txt", mustRead(t, filepath.Join(demo, "tasklist.txt"))},
		{"events.xml", []byte("<Events>" + strings.Repeat("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Tcpip'/><EventID>4231</EventID><TimeCreated SystemTime='2026-03-10T09:00:00Z'/><Computer>HOST1</Computer></System></Event>", 3) + "</Events>")},
		{"sockets.csv", []byte("\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\",\"OwningProcess\"\n" + strings.Repeat("\"10.0.0.5\",\"49152\",\"10.0.0.9\",\"443\",\"Established\",\"4242\"\n", 5))},
	}
	out = append(out, texts...)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, s := range append([]sample{out[0], out[1]}, texts...) {
		w, err := z.Create("case/" + s.name)
		if err == nil {
			_, err = w.Write(s.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return append(out, sample{"e.zip", b.Bytes()})
}

// mutated is a copy with one to four changes.
func mutated(rnd *rand.Rand, data []byte) []byte {
	out := bytes.Clone(data)
	for range 1 + rnd.IntN(4) {
		if len(out) == 0 {
			return out
		}
		at := rnd.IntN(len(out))
		if rnd.IntN(2) == 0 { // most of what decides stands at the beginning
			at = rnd.IntN(min(len(out), 512))
		}
		n := min(1+rnd.IntN(64), len(out)-at)
		switch rnd.IntN(7) {
		case 0: // bits
			out[at] ^= 1 << rnd.IntN(8)
		case 1: // a number that is large
			for i := range min(n, 8) {
				out[at+i] = 0xFF
			}
		case 2: // cut
			out = out[:at]
		case 3: // missing
			out = slices.Delete(out, at, at+n)
		case 4: // twice
			out = slices.Insert(out, at, bytes.Clone(out[at:at+n])...)
		case 5: // zeros
			clear(out[at : at+n])
		default: // other bytes
			for i := range n {
				out[at+i] = byte(rnd.Uint32())
			}
		}
	}
	return out
}
