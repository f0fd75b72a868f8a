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

// Lines of other tables and of a log take the long way.
func BenchmarkOtherLines(b *testing.B) {
	for name, text := range map[string]string{
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
				if facts, errs := Read(strings.NewReader(text)); errs != nil || facts.Processes != nil || facts.Symptoms != nil {
					b.Fatal(facts, errs)
				}
			}
		})
	}
}
