package sockets

import (
	"errors"
	"strings"
	"testing"

	"portverdict/netstatparse"
)

// check reads a text and says what cannot be.
func check(t *testing.T, text string) {
	t.Helper()
	lines, rows, told := strings.Count(text, "\n")+strings.Count(text, "\r")+1, 0, 0
	for s, err := range NewReader(strings.NewReader(text)).Snapshots() {
		var fe *netstatparse.FormatError
		if errors.As(err, &fe) {
			if told++; fe.Line < 1 || fe.Line > lines+1 || fe.Code == "" {
				t.Fatalf("impossible error %+v in %q", fe, text)
			}
			continue
		}
		if err != nil || s.Tool == "" || len(s.Entries) == 0 || s.Failed != "" || s.Line != s.Entries[0].Line {
			t.Fatalf("impossible table %+v, %v in %q", s, err, text)
		}
		rows += len(s.Entries)
		for _, e := range s.Entries {
			if e.Line < 1 || e.Line > lines || e.Proto != "tcp" && e.Proto != "udp" || e.PID < -1 || int64(e.PID) >= 1<<32 || e.State > netstatparse.Bound || e.Proto == "udp" && e.State != netstatparse.StateUnknown {
				t.Fatalf("impossible row %+v in %q", e, text)
			}
			if e.State == netstatparse.Bound && !s.HasBound || e.PID >= 0 && !s.HasPID {
				t.Fatalf("flags without their row %+v in %q", e, text)
			}
		}
	}
	// Every row stands in a place of its own.
	if told > maxErrors || rows > len(text) {
		t.Fatalf("%d errors, %d rows of %d bytes", told, rows, len(text))
	}
}

func TestDamage(t *testing.T) {
	for _, c := range cases {
		for n := range len(c.text) {
			check(t, c.text[:n])
		}
		flipped := []byte(c.text)
		for i := range flipped {
			for _, x := range []byte{0x01, 0x20, 0x80} {
				flipped[i] ^= x
				check(t, string(flipped))
				flipped[i] ^= x
			}
		}
	}
}

func FuzzSockets(f *testing.F) {
	for _, c := range cases {
		f.Add(c.text)
	}
	f.Fuzz(check)
}

func TestLimits(t *testing.T) {
	const row = "TCP,a.exe,1,BOUND,10.0.0.5:5,0.0.0.0:0\n"
	tables, told := 0, 0
	const most = 1000
	long := NewReader(strings.NewReader(banner + strings.Repeat(row, most+5)))
	if long.most != maxRows {
		t.Errorf("%d rows are read", long.most)
	}
	long.most = most
	for s, err := range long.Snapshots() {
		var fe *netstatparse.FormatError
		if errors.As(err, &fe) {
			if told++; fe.Code != "sockets-rows" || fe.Line != most+6 {
				t.Errorf("%+v", fe)
			}
			continue
		}
		if tables++; len(s.Entries) != most || !s.Truncated {
			t.Errorf("%d rows, truncated %v", len(s.Entries), s.Truncated)
		}
	}
	if tables != 1 || told != 1 {
		t.Errorf("%d tables, %d errors", tables, told)
	}
	r := NewReader(strings.NewReader(""))
	for i := range 2*maxNames + 1 {
		r.name(strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune(i)))
	}
	if len(r.names) > maxNames {
		t.Errorf("%d names are kept", len(r.names))
	}
}

func BenchmarkSnapshots(b *testing.B) {
	for name, text := range map[string]string{
		"tcpvcon": banner + strings.Repeat("TCP,leaky.exe,4242,CLOSE_WAIT,10.0.0.5:49200,10.0.0.9:443\r\n", 10000),
		"json":    "[\n" + strings.Repeat("{\"proto\":\"TCP\",\"local_address\":\"10.0.0.5\",\"foreign_address\":\"10.0.0.9\",\"state\":\"CLOSE_WAIT\",\"pid\":5120,\"local_port\":49700,\"foreign_port\":443},\n", 10000),
		"netstat": strings.Repeat("\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"+
			strings.Repeat("  TCP    10.0.0.5:49152         10.9.9.9:8443          ESTABLISHED     4242\r\n  Dnscache\r\n [leaky.exe]\r\n", 100), 100),
		"psnet": "\r\nLocalAddress                        LocalPort RemoteAddress                       RemotePort State       AppliedSetting OwningProcess\r\n" +
			"------------                        --------- -------------                       ---------- -----       -------------- -------------\r\n" +
			strings.Repeat("10.0.0.5                            49152     10.9.9.9                            8443       Established Internet       4242\r\n", 10000),
		"csv": "\"LocalAddress\",\"LocalPort\",\"State\",\"OwningProcess\"\r\n" + strings.Repeat("\"10.0.0.5\",\"49152\",\"Bound\",\"4242\"\r\n", 10000),
		"log": strings.Repeat("2026-03-10 09:00:00.123 [INFO ] (worker-17) request 10048 of customer 100 done in 12 ms\r\n", 10000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for s, err := range NewReader(strings.NewReader(text)).Snapshots() {
					if err != nil {
						b.Fatal(s, err)
					}
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
	const n = 200_000
	for name, text := range map[string]string{
		"banners": strings.Repeat("TCPView v3 - x\n", n), "lists": strings.Repeat("[TCP] a\n", n), "headers": strings.Repeat("Proto\tLocalAddr\tForeignAddr\n", n), "fields": strings.Repeat("Process Name : a\n", n),
		"tabs": strings.Repeat("a\t5\tTCP\tx\t5\ty\t6\tBOUND\n", n), "items": strings.Repeat("<process_name>a</process_name>\n", n), "open JSON": strings.Repeat("{\n", n), "commas": strings.Repeat("TCP,", n),
	} {
		t.Run(name, func(*testing.T) {
			for range NewReader(strings.NewReader(text)).Snapshots() {
			}
		})
	}
}
