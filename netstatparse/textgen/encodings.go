package textgen

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

var pages = map[string]encoding.Encoding{
	"437":      charmap.CodePage437,
	"850":      charmap.CodePage850,
	"852":      charmap.CodePage852,
	"866":      charmap.CodePage866,
	"932":      japanese.ShiftJIS,
	"936":      simplifiedchinese.GBK,
	"949":      korean.EUCKR,
	"950":      traditionalchinese.Big5,
	"1252":     charmap.Windows1252,
	"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"":         encoding.Nop,
	"65001":    encoding.Nop,
}

// turkish are the letters in which code page 857, which the module for text
// encodings does not have, differs from 850. The rest is shared.
var turkish = strings.NewReplacer("ı", "\x8d", "İ", "\x98", "Ş", "\x9e", "ş", "\x9f", "Ğ", "\xa6", "ğ", "\xa7",
	"Ç", "\x80", "ç", "\x87", "Ö", "\x99", "ö", "\x94", "Ü", "\x9a", "ü", "\x81")

const turkishLetters = "ıİŞşĞğÇçÖöÜü"

func encode(page, text string) ([]byte, error) {
	if page == "857" {
		for _, r := range text {
			if r >= utf8.RuneSelf && !strings.ContainsRune(turkishLetters, r) {
				return nil, fmt.Errorf("code page %s has no %q", page, r)
			}
		}
		return []byte(turkish.Replace(text)), nil
	}
	e, ok := pages[page]
	if !ok {
		return nil, fmt.Errorf("no code page %q; known are %s", page, names(pages, "857"))
	}
	data, err := e.NewEncoder().Bytes([]byte(text))
	if err == nil {
		return data, nil
	}
	for _, r := range text {
		if _, err := e.NewEncoder().String(string(r)); err != nil {
			return nil, fmt.Errorf("code page %s has no %q", page, r)
		}
	}
	return nil, err
}

// names are the keys of a table and more, as a message lists them. The empty
// key stands for one of the others.
func names[V any](of map[string]V, more ...string) string {
	all := slices.AppendSeq(more, maps.Keys(of))
	slices.Sort(all)
	return strings.Join(slices.DeleteFunc(all, func(name string) bool { return name == "" }), ", ")
}

const (
	bomUTF8  = "\xef\xbb\xbf"
	bomUTF16 = "\xff\xfe"
)

// encodingShapes has one file for each row of the table of encodings. Only the
// words outside ASCII differ: a row of a table never does.
func encodingShapes() []shape {
	var all []shape
	for _, c := range []struct{ lang, page, suffix, bom, why string }{
		{"en", "437", "cp437", "", "cmd redirect, OEM 437 of en-US"},
		{"de", "437", "cp437", "", "cmd redirect, OEM 437 with a German system"},
		{"de", "850", "cp850", "", "cmd redirect, OEM 850"},
		{"fr", "850", "cp850", "", "cmd redirect, OEM 850"},
		{"es", "850", "cp850", "", "cmd redirect, OEM 850"},
		{"pl", "852", "cp852", "", "cmd redirect, OEM 852"},
		{"tr", "857", "cp857", "", "cmd redirect, OEM 857"},
		{"ru", "866", "cp866", "", "cmd redirect, OEM 866"},
		{"ja", "932", "cp932", "", "cmd redirect, OEM 932, double bytes"},
		{"zh-cn", "936", "cp936", "", "cmd redirect, OEM 936, double bytes"},
		{"ko", "949", "cp949", "", "cmd redirect, OEM 949, double bytes"},
		{"zh-tw", "950", "cp950", "", "cmd redirect, OEM 950, double bytes"},
		{"de", "65001", "cp65001", "", "cmd redirect after chcp 65001: UTF-8 without a mark"},
		{"ru", "65001", "utf8-bom", bomUTF8, "UTF-8 with a byte order mark"},
		{"ja", "65001", "utf8", "", "PowerShell 7 redirect: UTF-8 without a mark"},
		{"de", "utf-16le", "utf16le-bom", bomUTF16, "Windows PowerShell 5 redirect: UTF-16LE with a mark"},
		{"zh-cn", "utf-16le", "utf16le-bom", bomUTF16, "Windows PowerShell 5 redirect: UTF-16LE with a mark"},
		{"de", "utf-16le", "utf16le", "", "UTF-16LE without a mark"},
		{"de", "utf-16be", "utf16be-bom", "\xfe\xff", "UTF-16BE with a mark"},
		{"de", "1252", "cp1252", "", "Set-Content of Windows PowerShell 5: ANSI 1252"},
	} {
		f := layout{lang: c.lang}
		if w := languages[c.lang]; w.states != nil && !w.invented {
			f.words = w.states
		}
		all = append(all, shape{
			name: "encoding-" + c.lang + "-" + c.suffix + ".txt", kind: kindNetstat, page: c.page,
			why:     "encodings: " + c.why,
			compose: func(d *doc) { d.bytes(c.bom); d.table(f, sample) },
		})
	}
	for _, c := range []struct{ lang, page, name string }{{"zh-tw", "950", "許功蓋"}, {"ja", "932", "表能力ポ"}} {
		all = append(all, shape{
			name: "encoding-" + c.lang + "-trail-bytes.txt", kind: kindNetstat, page: c.page,
			why: "encodings: a folder in the prompt whose letters end in the bytes of a backslash or a bar",
			compose: func(d *doc) {
				d.command(`C:\` + c.name + `>netstat -anoq`)
				d.table(layout{lang: c.lang}, boundSample)
			},
		})
	}
	return append(all, mojibakeShapes()...)
}

// mojibakeShapes are texts somebody decoded with the wrong page and saved: the
// damage is in the letters now and no decoder takes it out again.
func mojibakeShapes() []shape {
	var all []shape
	for _, c := range []struct{ name, lang, from, to, why string }{
		{"mojibake-850-as-1252.txt", "de", "Ö", "™", "ABH™REN: 850 read as 1252, saved as UTF-8"},
		{"mojibake-es-850-as-1252.txt", "es", "ó", "¢", "Direcci¢n: 850 read as 1252, saved as UTF-8"},
		{"mojibake-replacement.txt", "de", "Ö", "\ufffd", "ABH\ufffdREN: a replacement character in the place of Ö"},
		{"mojibake-question-mark.txt", "de", "Ö", "?", "ABH?REN: Out-File -Encoding ascii"},
	} {
		l := languages[c.lang]
		f := layout{lang: c.lang, words: map[string]string{}}
		for state, word := range l.states {
			f.words[state] = strings.ReplaceAll(word, c.from, c.to)
		}
		all = append(all, shape{
			name: c.name, kind: kindNetstat, why: "encodings: baked in, " + c.why,
			compose: func(d *doc) {
				start := d.buf.Len()
				d.table(f, sample)
				text := strings.ReplaceAll(d.buf.String()[start:], c.from, c.to)
				d.buf.Truncate(start)
				d.bytes(text)
			},
		})
	}
	return all
}
