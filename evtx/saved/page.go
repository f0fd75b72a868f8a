package saved

import (
	"bytes"

	xencoding "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// pageFinder decodes lines that are not UTF-8. The code page is known from the first
// line that holds one of the translated headings in it; until then, and if there is
// none, the text is taken for Windows-1252.
type pageFinder struct {
	page  xencoding.Encoding
	tries int
}

// Two pages of one language differ in all its letters, so a heading tells them apart.
var (
	western = []string{
		"Schlüssel", "für", "Catégorie", "énement", "Categoría", "Descripción", "Categoria attività", "Nível",
		"Descrição", "Usuário", "Identificação", "Mots clés", "Händelse", "Nyckelord", "Källa",
	}
	cyrillic = []string{"Имя журнала", "Источник", "Код события", "Уровень", "Компьютер", "Описание", "Предупреждение", "Ошибка", "Сведения"}
	central  = []string{"Źródło", "Użytkownik", "Słowa", "Název protokolu", "Úroveň", "Klíčová", "Napló", "Szint", "Ostrzeżenie"}
	turkish  = []string{"Günlük Adı", "Olay Kimliği", "Düzey", "Kullanıcı", "Uyarı"}
)

var pages = [...]struct {
	encoding xencoding.Encoding
	words    []string
}{
	{charmap.Windows1252, western},
	{charmap.CodePage850, western},
	{charmap.Windows1251, cyrillic},
	{charmap.CodePage866, cyrillic},
	{japanese.ShiftJIS, []string{"ログの名前", "ソース", "イベント", "レベル", "コンピュータ"}},
	{simplifiedchinese.GBK, []string{"日志名称", "来源", "事件", "级别", "计算机", "任务类别"}},
	{traditionalchinese.Big5, []string{"記錄檔", "來源", "事件", "等級", "電腦"}},
	{korean.EUCKR, []string{"로그 이름", "원본", "이벤트", "수준", "컴퓨터"}},
	{charmap.Windows1250, central},
	{charmap.CodePage852, central},
	{charmap.Windows1254, turkish},
}

func (f *pageFinder) decode(raw []byte) []byte {
	if f.page == nil && f.tries < maxPageTries {
		f.tries++
		for _, p := range pages {
			text := inPage(p.encoding, raw)
			for _, w := range p.words {
				if bytes.Contains(text, []byte(w)) {
					f.page = p.encoding
					return text
				}
			}
		}
	}
	if f.page == nil {
		return inPage(charmap.Windows1252, raw)
	}
	return inPage(f.page, raw)
}

func inPage(e xencoding.Encoding, raw []byte) []byte {
	text, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	return text
}
