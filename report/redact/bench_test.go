package redact

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkText is how fast a saved table is redacted.
func BenchmarkText(b *testing.B) {
	var text strings.Builder
	text.WriteString("Host Name: HOST01\r\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "  TCP    192.168.%d.%d:%d       203.0.113.%d:443        ESTABLISHED     %d\r\n [app%d.exe]\r\n", i%250, i%253, 49152+i%16000, i%251, 4000+i%90, i%7)
	}
	r := newRedactor(b, testKey)
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r.Text(text.String())
	}
}
