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

// pageOf tells the code page of a line that is not UTF-8 by the words in it.
func pageOf(raw []byte) *page {
	for i := range pages[1:] {
		p := &pages[i+1]
		text := p.decode(raw)
		for _, w := range p.words {
			if strings.Contains(text, w) {
				return p
			}
		}
	}
	return &pages[0]
}

func (p *page) decode(raw []byte) string {
	text, err := p.encoding.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	return string(text)
}
