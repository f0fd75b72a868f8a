package netstatparse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
)

// ipconfig is text of that many bytes without a table in it.
func ipconfig(n int) string {
	const block = "\r\nEthernet adapter Kontor:\r\n\r\n   Connection-specific DNS Suffix  . : example\r\n   DHCP Enabled. . . . . . . . . . . : Yes\r\n" +
		"   NetBIOS over Tcpip. . . . . . . . : Enabled\r\n   Description . . . . . . . . . . . : Kontor Gigabit Network Connection\r\n"
	return strings.Repeat(block, n/len(block)+1)[:n/len(block)*len(block)]
}

// A table is found wherever it begins, in any encoding.
func TestFind(t *testing.T) {
	table := header + strings.Repeat(oneRow, 5)
	psnet := "\r\nLocalAddress LocalPort RemoteAddress RemotePort State\r\n------------ --------- ------------- ---------- -----\r\n" +
		strings.Repeat("0.0.0.0      49700     0.0.0.0       0          Bound\r\n", 4)
	for _, size := range []int{0, 1 << 10, 70 << 10, blockSize - 100, blockSize + findWindow - 40, blockSize + findWindow + 7, 700 << 10} {
		for name, text := range map[string]string{
			"netstat": table, "psnet": psnet, "quoted": strings.ReplaceAll(table, "\r\n", "\r\n> "), "behind a list": psnet[2:] + "\r\n" + table,
		} {
			all := ipconfig(size) + "Both TCP and UDP.\r\n" + text + ipconfig(2<<10)
			for encoding, data := range map[string]string{"": all, "LE": wide("\ufeff"+all, binary.LittleEndian), "BE": wide(all, binary.BigEndian)} {
				kind, at, ok := Find(strings.NewReader(data), int64(len(data)))
				if !ok || kind == "" {
					t.Errorf("%s %s behind %d bytes is not found", name, encoding, size)
					continue
				}
				if kind2, ok := Sniff([]byte(data[at:])); !ok || kind2 != kind {
					t.Errorf("%s %s behind %d bytes: at %d stands %q", name, encoding, size, at, kind2)
				}
			}
		}
	}
	for _, text := range []string{"", ipconfig(900 << 10), strings.Repeat("TCP ", 300<<10), "TCP", strings.Repeat("TCP and UDP are used.\r\n", 20<<10), wide(ipconfig(400<<10), binary.LittleEndian)} {
		if kind, at, ok := Find(strings.NewReader(text), int64(len(text))); ok {
			t.Errorf("a %s is found at %d of a text without one", kind, at)
		}
	}
}

// Find says of each composed text what Sniff says of its beginning.
func TestFindAgainstSniff(t *testing.T) {
	for name := range corpus(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, there := Sniff(data)
		kind, _, ok := Find(bytes.NewReader(data), int64(len(data)))
		if ok != there || kind != want {
			t.Errorf("%s: %q %v, its head is %q %v", name, kind, ok, want, there)
		}
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("disk gone") }

func TestFindEndsAtAnError(t *testing.T) {
	if _, _, ok := Find(failing{}, 1<<20); ok {
		t.Error("a table is found in what cannot be read")
	}
}

func BenchmarkFind(b *testing.B) {
	text := ipconfig(8 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, _, ok := Find(strings.NewReader(text), int64(len(text))); ok {
			b.Fatal("found")
		}
	}
}
