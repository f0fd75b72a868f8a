package hosttext

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const manifest = "portverdict collection 1\r\nhost: WEB01\r\nzone: W. Europe Standard Time\r\nwindows: 10.0.17763\r\nboot: 2026-03-01T06:00:00.5000000+01:00\r\n" +
	"began: 2026-03-10T09:00:00.0000000+01:00\r\nelevated: True\r\nby: collect.ps1 in PowerShell 5.1.17763.1\r\n\r\n" +
	"file: ports-1.txt\r\ncommand: netstat -anoq\r\nbegan: 2026-03-10T09:00:01.0000000+01:00\r\nended: 2026-03-10T09:00:02.0000000+01:00\r\nexit: 1\r\n\r\n" +
	"file: ports-1.txt\r\ncommand: netstat -ano\r\nbegan: 20260310090003.000000+060\r\nended: 20260310090004.000000+060\r\nexit: 0\r\n\r\n" +
	"file: ranges.txt\r\ncommand: netsh int ipv4 show dynamicport tcp\r\nbegan: 10.03.2026 09:00:05,12\r\nended: 10.03.2026 09:00:06,12\r\nexit: 5\r\n\r\n" +
	"file: netcfg.txt\r\ncommand: netcfg -s n\r\nbegan: 2026-03-10T09:00:07+01:00\r\n"

func TestCollection(t *testing.T) {
	text := manifest + "ended: 2026-03-10T09:00:08+01:00\r\nexit: 0\r\n\r\nfinished: 2026-03-10T09:00:09+01:00\r\n"
	facts, codes := readText(t, text)
	if kind, _ := Sniff([]byte(text)); kind != "hosttext.collection" || codes != nil {
		t.Errorf("%q, %v", kind, codes)
	}
	h := facts.Host
	got := fmt.Sprintf("%s %s %d %s %v %s %s", h.Name, h.Version, h.Build, h.Zone, *h.InForce, h.At.Format(time.RFC3339), h.Boot.Format(time.RFC3339Nano))
	if want := "WEB01 10.0.17763 17763 W. Europe Standard Time 1h0m0s 2026-03-10T09:00:00Z 2026-03-01T05:00:00.5Z"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	at := func(second int) time.Time { return time.Date(2026, 3, 10, 8, 0, second, 0, time.UTC) }
	want := []Run{
		{"ports-1.txt", "netstat -anoq", at(1), at(2), 1, 10},
		{"ports-1.txt", "netstat -ano", at(3), at(4), 0, 16},
		{"ranges.txt", "netsh int ipv4 show dynamicport tcp", time.Time{}, time.Time{}, 5, 22},
		{"netcfg.txt", "netcfg -s n", at(7), at(8), 0, 28},
	}
	if d := cmp.Diff(want, facts.Collection.Runs); d != "" || !facts.Collection.Finished {
		t.Errorf("finished %v\n%s", facts.Collection.Finished, d)
	}
	if d := cmp.Diff(want[2:3], facts.Collection.Failed()); d != "" {
		t.Error(d)
	}
	if n := len(facts.Ranges) + len(facts.Processes); n > 0 {
		t.Errorf("%d facts of the commands that the manifest quotes", n)
	}
}

func TestCollectionThatEnded(t *testing.T) {
	facts, _ := readText(t, manifest)
	failed := facts.Collection.Failed()
	if n := len(failed); facts.Collection.Finished || n != 2 || failed[1].String() != `"netcfg -s n" did not end` {
		t.Errorf("finished %v, %v", facts.Collection.Finished, failed)
	}
	// What stands behind a manifest in one file is read as ever.
	facts, _ = readText(t, manifest+"\r\n"+tasks)
	if len(facts.Processes) == 0 {
		t.Error("no process of the list behind the manifest")
	}
	facts, codes := readText(t, strings.NewReplacer("boot: 2026-03-01T06:00:00.5000000+01:00", "boot: 1.3.2026 6:00", "exit: 0", "exit: none").Replace(manifest))
	if !facts.Host.Boot.IsZero() || !cmp.Equal(codes, []string{"hosttext-value 5", "hosttext-value 20"}) {
		t.Errorf("%v, %v", facts.Host.Boot, codes)
	}
	facts, codes = readText(t, manifest+strings.Repeat("file: x\r\n", maxRuns))
	if len(facts.Collection.Runs) != maxRuns || len(codes) != 1 {
		t.Errorf("%d runs, %v", len(facts.Collection.Runs), codes)
	}
}

func FuzzCollection(f *testing.F) {
	f.Add(manifest)
	f.Fuzz(func(t *testing.T, text string) { possible(t, text) })
}
