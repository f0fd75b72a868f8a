package facts

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"portverdict/report"
)

// What a dump says is told as facts; the handles of a process are those of a process list.
func TestDump(t *testing.T) {
	for name, want := range map[string]struct {
		facts   map[string]string
		code    string
		text    string
		sockets int
	}{
		"leaky-handles-v2":     {map[string]string{"pid": "4242", "image": "leaky.exe", "os_build": "20348", "handles": "518", "sockets": `511 (\Device\Afd, without port or state)`}, "", "", 511},
		"leaky-handles-cut":    {map[string]string{"handles": "at least 245", "sockets": `at least 239 (\Device\Afd, without port or state)`}, "dump-truncated", "245 of 516", 239},
		"leaky-handles-noname": {map[string]string{"sockets": "unknown: the handles have no names"}, "dump-no-names", "", -1},
		"kernel-auto-133":      {map[string]string{"dump": "dump of the machine (automatic)", "bug_check": "0x133", "boot": "2026-03-09T23:04:00Z", "written": "2026-03-10T09:04:00Z"}, "dump-kernel", "!process 0 0", 0},
		"kernel-live-161":      {map[string]string{"dump": "dump of the machine (live kernel: it did not crash)"}, "dump-kernel", "", 0},
	} {
		data, err := os.ReadFile("../../netstatparse/dump/testdata/" + name + ".dmp")
		if err != nil {
			t.Fatal(err)
		}
		f := New(Options{Jobs: 1})
		f.Add(report.Source{Path: "x.dmp", Kind: kindDump, Size: int64(len(data))}, bytes.NewReader(data))
		c := f.Settled()
		s := c.Sources[0]
		for key, value := range want.facts {
			if s.Facts[key] != value {
				t.Errorf("%s: %s is %q, want %q", name, key, s.Facts[key], value)
			}
		}
		if strings.HasPrefix(name, "kernel") != (s.Host == nil) || s.Host != nil && s.Host.Processes[0].Sockets != want.sockets {
			t.Errorf("%s: %+v", name, s.Host)
		}
		switch {
		case want.code == "" && len(c.Diagnostics) > 0:
			t.Errorf("%s: %+v", name, c.Diagnostics)
		case want.code != "" && (len(c.Diagnostics) != 1 || c.Diagnostics[0].Code != want.code || !strings.Contains(c.Diagnostics[0].Text, want.text)):
			t.Errorf("%s: %+v", name, c.Diagnostics)
		}
	}
}
