package redact

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// texts that a careless search would go over again and again: many names that begin
// alike, and lines without an end.
var long = []struct {
	name string
	of   func(n int) string
}{
	{"peers in rows", func(n int) string {
		return repeated(n, func(i int) string {
			return fmt.Sprintf("  TCP    10.0.0.5:%d   DESKTOP-%07X:https   ESTABLISHED   4242\r\n", 49152+i%16000, i*7919)
		})
	}},
	{"peers on one line", func(n int) string {
		return repeated(n, func(i int) string { return fmt.Sprintf(`\\DESKTOP-%07X\c$ `, i*7919) })
	}},
	{"addresses on one line", func(n int) string {
		return repeated(n, func(i int) string {
			return fmt.Sprintf("10.%d.%d.%d:443,fe80::%x,", i>>16&255, i>>8&255, i&255, i+1)
		})
	}},
	{"accounts on one line", func(n int) string {
		return repeated(n, func(i int) string { return fmt.Sprintf(`CORP%d\user%d;`, i%7, i) })
	}},
	{"a path on one line", func(n int) string { return repeated(n, func(i int) string { return fmt.Sprintf(`\part %d`, i) }) }},
	{"files on one line", func(n int) string {
		return repeated(n, func(i int) string { return fmt.Sprintf("customer%d/netstat.txt/", i) })
	}},
	{"fields on one line", func(n int) string {
		return repeated(n, func(i int) string { return fmt.Sprintf("UserName=jane%d;computer=PC-%d; CN=x%d,", i, i, i) })
	}},
	{"mail on one line", func(n int) string {
		return repeated(n, func(i int) string { return fmt.Sprintf("jane%d@contoso.com.", i) })
	}},
	{"links on one line", func(n int) string {
		return repeated(n, func(i int) string {
			return fmt.Sprintf("http://u%d:p@web%d:80/ MSSQLSvc/db%d:1433 sql%d$ ", i, i, i, i)
		})
	}},
	{"names with blanks", func(n int) string {
		return "Registered Owner: Jane Doe The Third\r\n" + repeated(n, func(int) string { return "Jane Doe The " }) + repeated(n, func(int) string { return "Jane   " })
	}},
	{"bytes on one line", func(n int) string {
		return repeated(n, func(i int) string { return fmt.Sprintf("%02x %02x-%02x:", i&255, i>>8&255, 7) })
	}},
	{"digits on one line", func(n int) string { return repeated(n, func(int) string { return "0123456789abcdef" }) }},
	{"letters on one line", func(n int) string { return repeated(n, func(int) string { return "abcdefgh" }) }},
	{"colons on one line", func(n int) string { return repeated(n, func(int) string { return "a:b::c:" }) }},
	{"dots on one line", func(n int) string { return repeated(n, func(int) string { return "1.2.3.a.bc." }) }},
	{"signs on one line", func(n int) string { return repeated(n, func(int) string { return `\/@=$[<-` }) }},
	{"blanks on one line", func(n int) string { return repeated(n, func(int) string { return "        " }) }},
	{"a report", func(n int) string {
		return "## Exhausted\n" + repeated(n, func(i int) string {
			return fmt.Sprintf("- Why: PC-%d, TCP: parts of a b %d.txt were lost on several machines: A%d, B\n", i, i, i)
		})
	}},
	{"a page", func(n int) string {
		return "<!doctype html><html>" + repeated(n, func(i int) string { return fmt.Sprintf("<td>DESKTOP-%07X TCP</td><td title='10.0.0.1'>x", i) })
	}},
	{"JSON", func(n int) string {
		return "[\n" + repeated(n, func(i int) string { return fmt.Sprintf(`{"computer":"DESKTOP-%07X","text":"on 10.0.0.1"},`, i) })
	}},
}

func repeated(n int, one func(int) string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(one(i))
	}
	return b.String()
}

// The work grows with the text and not faster: counted are the bytes that any part
// looks at.
func TestWorkIsLinear(t *testing.T) {
	sizes := []int{10_000, 40_000, 160_000}
	for _, l := range long {
		var work []float64
		var took []string
		for _, size := range sizes {
			text := []byte(l.of(size))
			start := time.Now()
			r := newRedactor(t, testKey)
			out, err := r.Document(text)
			if err != nil || bytes.Equal(out, text) && strings.Contains(l.name, "peers") {
				t.Fatalf("%s: %d bytes become %d, %v", l.name, len(text), len(out), err)
			}
			work = append(work, float64(*r.work)/float64(len(text)))
			took = append(took, time.Since(start).Round(time.Millisecond).String())
		}
		t.Logf("%-22s %5.1f %5.1f %5.1f looks at a byte, %v", l.name, work[0], work[1], work[2], took)
		if work[1] > 1.3*work[0] || work[2] > 1.3*work[0] {
			t.Errorf("%s: bytes are looked at %.1f times", l.name, work)
		}
	}
}
