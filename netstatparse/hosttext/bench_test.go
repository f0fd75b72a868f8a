package hosttext

import (
	"strings"
	"testing"
)

// A text of connection tables is read for what stands around them, too.
func BenchmarkConnectionTables(b *testing.B) {
	text := strings.Repeat("\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"+
		strings.Repeat("  TCP    10.0.0.5:49152         10.9.9.9:8443          ESTABLISHED     4242\r\n  Dnscache\r\n [leaky.exe]\r\n", 100), 100)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if facts, errs := Read(strings.NewReader(text)); errs != nil || facts.Processes != nil {
			b.Fatal(facts, errs)
		}
	}
}
