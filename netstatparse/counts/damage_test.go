package counts

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"portverdict/netstatparse"
)

// check reads a text and says what cannot be.
func check(t *testing.T, text string) {
	t.Helper()
	lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
	found, errs := Read(strings.NewReader(text))
	for _, c := range found {
		if c.Line < 1 || c.Line > lines || c.Rows < 0 || c.PID < -1 || int64(c.PID) >= 1<<32 || c.LocalPort < 0 || c.LocalPort > 65535 || c.RemotePort < 0 || c.RemotePort > 65535 ||
			c.Of < 0 || c.What == "" || c.Unit == "" || c.Exact && c.AtLeast || c.State > netstatparse.Bound || len(c.Command) > maxCommand || c.Ambiguous && c.Local.IsZero() {
			t.Fatalf("impossible count %+v in %q", c, text)
		}
		if strings.Contains(c.What, "of  ") || strings.Contains(c.What, "(PID -1") || strings.HasSuffix(c.What, " of ") {
			t.Fatalf("an empty name in %q", c.What)
		}
	}
	if len(found) > maxCounts || len(errs) > 2 {
		t.Fatalf("%d counts, %d errors", len(found), len(errs))
	}
}

func TestDamage(t *testing.T) {
	for _, c := range cases {
		for n := range len(c.text) {
			check(t, c.text[:n])
		}
		flipped := []byte(c.text)
		for i := range flipped {
			x := []byte{0x01, 0x20, 0x80}[i%3]
			flipped[i] ^= x
			check(t, string(flipped))
			flipped[i] ^= x
		}
	}
}

func FuzzCounts(f *testing.F) {
	for _, c := range cases {
		f.Add(c.text)
	}
	f.Fuzz(check)
}

func TestLimits(t *testing.T) {
	found, codes := readText(t, "Count Name\n----- ----\n"+strings.Repeat("    3 Bound\n", maxCounts+5))
	if len(found) != maxCounts || len(codes) != 1 || codes[0] != fmt.Sprintf("counts-too-many %d", maxCounts+3) {
		t.Errorf("%d counts, errors %v", len(found), codes)
	}
	found, _ = readText(t, strings.Repeat("TIME_WAIT: 5\n", maxCounts+5))
	if len(found) != maxCounts {
		t.Errorf("%d counts of states", len(found))
	}
	found, _ = readText(t, "C:\\>netstat -ano "+strings.Repeat("x", maxCommand)+" | find /c \"TIME_WAIT\"\n5\n")
	if len(found) != 0 {
		t.Errorf("a command that was cut counts %+v", found)
	}
	header, row := `"(PDH-CSV 4.0) (UTC)(0)"`, `"03/10/2026 09:00:00"`
	for range 200 {
		header, row = header+`,"\\S\TCPv4\Connections Established"`, row+`,"5"`
	}
	if found, _ = readText(t, header+"\n"+row+"\n"); len(found) != 200 {
		t.Errorf("%d counters", len(found))
	}
	found, errs := Read(io.MultiReader(strings.NewReader("C:\\>netstat -ano | find /c \"TIME_WAIT\"\r\n5\r\n"), iotest.ErrReader(errors.New("disk gone"))))
	if len(found) != 1 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "disk gone") {
		t.Errorf("%d counts, errors %v", len(found), errs)
	}
	_, errs = Read(io.MultiReader(strings.NewReader("[\n{\"Count\":3,\n"), iotest.ErrReader(errors.New("disk gone"))))
	if len(errs) == 0 || !strings.Contains(errs[0].Error(), "disk gone") {
		t.Errorf("errors %v", errs)
	}
}

func BenchmarkRead(b *testing.B) {
	for name, text := range map[string]string{
		"netstat": strings.Repeat("\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"+
			strings.Repeat("  TCP    10.0.0.5:49152         10.9.9.9:8443          ESTABLISHED     4242\r\n  Dnscache\r\n [leaky.exe]\r\n", 100), 100),
		"psnet": "\r\nLocalAddress                        LocalPort RemoteAddress                       RemotePort State       AppliedSetting OwningProcess\r\n" +
			"------------                        --------- -------------                       ---------- -----       -------------- -------------\r\n" +
			strings.Repeat("10.0.0.5                            49152     10.9.9.9                            8443       Established Internet       4242\r\n", 10000),
		"list": strings.Repeat("LocalAddress  : 10.0.0.5\r\nLocalPort     : 49152\r\nState         : Bound\r\nOwningProcess : 4242\r\n\r\n", 5000),
		"csv":  "\"LocalAddress\",\"LocalPort\",\"State\",\"OwningProcess\"\r\n" + strings.Repeat("\"10.0.0.5\",\"49152\",\"Bound\",\"4242\"\r\n", 10000),
		"json": "[\r\n" + strings.Repeat("  {\"LocalAddress\":\"10.0.0.5\",\"LocalPort\":49152,\"State\":100,\"OwningProcess\":4242},\r\n", 10000) + "{}]\r\n",
		"log":  strings.Repeat("2026-03-10 09:00:00.123 [INFO ] (worker-17) request 10048 of customer 100 done in 12 ms\r\n", 10000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if found, errs := Read(strings.NewReader(text)); errs != nil || found != nil {
					b.Fatal(found, errs)
				}
			}
		})
	}
}

// A text of many lines of one kind takes a part of a second. If each looked at those above
// it, the test run would be over before it was read.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("these texts are long")
	}
	const n = 100_000
	for name, text := range map[string]string{
		"commands that go on": strings.Repeat("C:\\>netstat -ano |\n", n), "states": strings.Repeat("TIME_WAIT: 5\n", n), "pairs": strings.Repeat("TIME_WAIT: 5 ", n), "titles": strings.Repeat("TCP x\na = 1\n", n),
		"groups": "Count Name\n----- ----\n" + strings.Repeat("    3 Bound\n", n), "processes": "Id ProcessName\n-- -----------\n" + strings.Repeat(" 3 a\n", n), "metrics": strings.Repeat("windows_tcp_connections_active 5\n", n),
		"series": "\"(PDH-CSV 4.0)\",\"\\\\S\\TCPv4\\Connections Established\"\n" + strings.Repeat("\"03/10/2026 09:00:00\",\"5\"\n", n), "JSON": strings.Repeat("{\"Count\":3,\"Name\":\"Bound\"}\n", n),
	} {
		t.Run(name, func(*testing.T) {
			Read(strings.NewReader(text))
		})
	}
}
