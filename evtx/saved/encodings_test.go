package saved

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	xencoding "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func utf16Of(text string, mark, big bool) string {
	var out []byte
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

var (
	offsets = regexp.MustCompile(`@\d+`)
	wraps   = regexp.MustCompile(`(\\n| )+`)
)

// withoutOffsets leaves out what an encoding changes.
func withoutOffsets(all []string) []string {
	out := []string{}
	for _, s := range all {
		out = append(out, offsets.ReplaceAllString(s, ""))
	}
	return out
}

// TestEncodings reads every form in the encodings and wrappings that texts come in.
func TestEncodings(t *testing.T) {
	lines := func(prefix string) func(string) string {
		return func(text string) string {
			return prefix + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+prefix) + "\n"
		}
	}
	ways := map[string]func(string) string{
		"crlf":        func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"crcrlf":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r\r\n") },
		"utf16le":     func(s string) string { return utf16Of(s, true, false) },
		"utf16be":     func(s string) string { return utf16Of(s, true, true) },
		"no mark":     func(s string) string { return utf16Of(s, false, false) },
		"utf8 mark":   func(s string) string { return "\ufeff" + s },
		"indented":    lines("    "),
		"quoted":      lines("> "),
		"quoted more": lines(">> > "),
		"nuls behind": func(s string) string { return s + "\n" + strings.Repeat("\x00", 1000) },
		"end of DOS":  func(s string) string { return s + "\x1a" },
	}
	for name, want := range forms {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
		for way, wrap := range ways {
			if way == "no mark" && !plain([]byte(text[:8])) {
				continue // nothing tells UTF-16 from a code page then
			}
			if got := readText(t, wrap(text)); way == "quoted" || way == "indented" || way == "quoted more" {
				// A console's width cannot be told from the lines any more.
				if d := cmp.Diff(loose(want), loose(got)); d != "" {
					t.Errorf("%s, %s: %s", name, way, d)
				}
			} else if d := cmp.Diff(withoutOffsets(want), withoutOffsets(got)); d != "" {
				t.Errorf("%s, %s: %s", name, way, d)
			}
		}
	}
}

func loose(all []string) []string {
	all = withoutOffsets(all)
	for i := range all {
		all[i] = wraps.ReplaceAllString(all[i], "")
	}
	return all
}

// TestCodePages: the heading tells the page, and the message is read by it.
func TestCodePages(t *testing.T) {
	for _, c := range []struct {
		file     string
		encoding xencoding.Encoding
	}{
		{"viewer-de.txt", charmap.Windows1252},
		{"viewer-de.txt", charmap.CodePage850},
		{"viewer-es.txt", charmap.Windows1252},
		{"viewer-es.txt", charmap.CodePage850},
		{"viewer-pt.txt", charmap.CodePage850},
		{"viewer-it.txt", charmap.CodePage850},
		{"viewer-ru.txt", charmap.Windows1251},
		{"viewer-ru.txt", charmap.CodePage866},
		{"viewer-ja.txt", japanese.ShiftJIS},
		{"viewer-zh.txt", simplifiedchinese.GBK},
		{"viewer-zh-tw.txt", traditionalchinese.Big5},
		{"viewer-ko.txt", korean.EUCKR},
	} {
		data, err := os.ReadFile("testdata/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := c.encoding.NewEncoder().Bytes(data)
		if err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		got, _ := readAll(t, bytes.NewReader(encoded))
		if d := cmp.Diff(withoutOffsets(forms[c.file]), withoutOffsets(got)); d != "" {
			t.Errorf("%s as %v: %s", c.file, c.encoding, d)
		}
	}
}

// TestBrokenLetters: a copy whose letters were lost is read by what is left of it.
func TestBrokenLetters(t *testing.T) {
	for _, name := range []string{"viewer-fr.txt", "viewer-es.txt", "viewer-pt.txt", "viewer-de.txt", "viewer-fi.txt", "viewer-ru.txt", "viewer-ja.txt"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		broken := strings.Map(func(c rune) rune {
			if c >= 0x80 {
				return '\ufffd'
			}
			return c
		}, string(data))
		n := 0
		for rec, err := range NewReader(strings.NewReader(broken)).Records() {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			n++
			if e := &rec.Event; e.Provider != "Tcpip" || e.ID != 4231 || e.Computer != "SRV01" || e.Channel != "System" || rec.Local.IsZero() || rec.Message == "" {
				t.Errorf("%s: %s", name, summary(rec))
			}
		}
		if n != 1 {
			t.Errorf("%s: %d records", name, n)
		}
	}
}

// TestMixedEncodings: a script appends to a file that another tool began.
func TestMixedEncodings(t *testing.T) {
	viewer, err := os.ReadFile("testdata/viewer-en.txt")
	if err != nil {
		t.Fatal(err)
	}
	text := utf16Of("Events of SRV01\r\n\r\n", true, false) + string(viewer) + "\n" + utf16Of("\r\nTwo:\r\n"+string(viewer), true, false) + "\n" + string(viewer)
	got := readText(t, text)
	if len(got) != 3 {
		t.Errorf("%d records, want 3: %q", len(got), got)
	}
}
