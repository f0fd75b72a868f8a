package saved

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// repeated is text, again and again, to about size bytes.
func repeated(text []byte, size int) []byte { return bytes.Repeat(text, max(1, size/len(text))) }

func benchmark(b *testing.B, data []byte) {
	b.Helper()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range NewReader(bytes.NewReader(data)).Records() {
			if err == nil {
				n++
			}
		}
		if n == 0 {
			b.Fatal("no record")
		}
	}
}

func BenchmarkXML(b *testing.B) {
	benchmark(b, repeated(readTestdata(b, "wevtutil.xml"), 16<<20))
}

func BenchmarkXMLInOneLine(b *testing.B) {
	data := readTestdata(b, "viewer-export.xml")
	head, rest, _ := bytes.Cut(data, []byte("<Events>"))
	body := bytes.TrimSuffix(rest, []byte("</Events>"))
	benchmark(b, append(append(head, "<Events>"...), repeated(body, 16<<20)...))
}

func BenchmarkXMLInUTF16(b *testing.B) {
	benchmark(b, []byte(utf16Of(string(repeated(readTestdata(b, "wevtutil.xml"), 8<<20)), true, false)))
}

func BenchmarkViewerCSV(b *testing.B) {
	benchmark(b, repeated(readTestdata(b, "viewer.csv"), 16<<20))
}

func BenchmarkViewer(b *testing.B) {
	benchmark(b, repeated(append(readTestdata(b, "viewer-en.txt"), '\n'), 16<<20))
}

// BenchmarkOtherText is how long it takes to find that a table of netstat holds no event.
func BenchmarkOtherText(b *testing.B) {
	row := "  TCP    10.0.0.5:50123         10.0.0.9:443           ESTABLISHED     4242\r\n [svchost.exe]\r\n"
	benchmark(b, append([]byte(strings.Repeat(row, 16<<20/len(row))), readTestdata(b, "viewer-en.txt")...))
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
