package paste

import (
	"strings"

	xencoding "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// page is an OEM code page and words that only its language has in netstat's
// title and header or in tasklist's. The first is the one of last resort: 850,
// which has the letters of 437 in the same places.
type page struct {
	encoding xencoding.Encoding
	words    []string
}

var pages = [...]page{
	{charmap.CodePage850, nil},
	{charmap.CodePage866, []string{"Активные", "Локальный", "Имя образа", "Протокол"}},
	{japanese.ShiftJIS, []string{"アクティブ", "プロトコル", "イメージ名"}},
	{simplifiedchinese.GBK, []string{"活动连接", "本地地址", "映像名称", "协议"}},
	{traditionalchinese.Big5, []string{"使用中連線", "本機位址", "影像名稱", "通訊協定"}},
	{korean.EUCKR, []string{"활성 연결", "로컬 주소", "이미지 이름", "프로토콜"}},
	{charmap.CodePage852, []string{"Aktywne połączenia", "Aktivní připojení", "Aktív kapcsolatok"}},
}

// ansi is the page of what a browser or a mail program saved as text.
var ansi = page{charmap.Windows1252, nil}

// pageOf tells the code page of a line that is not UTF-8 by the words in it, or by blanks
// that are not to be broken. before is that of the lines above, which words alone overrule.
func pageOf(raw []byte, before *page) *page {
	for i := range pages[1:] {
		p := &pages[i+1]
		text := p.decode(raw)
		for _, w := range p.words {
			if strings.Contains(text, w) {
				return p
			}
		}
	}
	if before == &ansi || noBreaks(raw) {
		return &ansi
	}
	return &pages[0]
}

// noBreaks tells a line in which bytes 0xA0 are the blanks of windows-1252 that are not to
// be broken, and no letters: in the pages of DOS they are, an a with an accent as a rule. Of
// such bytes two stand among blanks with ASCII around, or one between a blank or a number
// and a number.
func noBreaks(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != 0xa0 {
			continue
		}
		from, n := i, 0
		for from > 0 && (raw[from-1] == ' ' || raw[from-1] == '\t') {
			from--
		}
		last := i
		for ; i < len(raw) && (raw[i] == 0xa0 || raw[i] == ' ' || raw[i] == '\t'); i++ {
			if raw[i] == 0xa0 {
				n, last = n+1, i
			}
		}
		left, right := byte(' '), at(raw, i)
		if from > 0 {
			left = raw[from-1]
		}
		if left >= 0x80 || right >= 0x80 {
			continue
		}
		if n > 1 || (digit(right) || digit(left)) && !letterAt(raw, last-1) && !letterAt(raw, last+1) {
			return true
		}
	}
	return false
}

// letterAt tells whether an ASCII letter stands at place i.
func letterAt(b []byte, i int) bool {
	return i >= 0 && i < len(b) && alphanumeric(b[i]) && !digit(b[i])
}

func (p *page) decode(raw []byte) string {
	text, err := p.encoding.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	return string(text)
}
