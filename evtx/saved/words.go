package saved

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A field is what a heading, a label or a property says of an event.
type field uint8

const (
	noField field = iota
	fieldLog
	fieldSource
	fieldDate
	fieldTime // of day, beside a date
	fieldID
	fieldInstance // the id with its qualifiers: Get-EventLog's InstanceId
	fieldQualifiers
	fieldLevel
	fieldLevelName
	fieldRecord
	fieldPID
	fieldTID
	fieldComputer
	fieldMessage
	fieldXML
	fieldStrings // ReplacementStrings
	fieldIgnored // known, and of no use
	fields
)

// language tells how a heading bears on the order of day and month.
type language uint8

const (
	anyLanguage   language = iota // the word is of several languages
	english                       // en-US and en-GB differ
	dayLanguage                   // its locales put the day first
	otherLanguage                 // its locales put the year first
)

type word struct {
	field    field
	language language
}

// printed are the labels of Event Viewer's copy and of wevtutil's text and the
// headings of Event Viewer's lists, in the order of orderedFields. Seen in public
// texts: English, German, French, Italian, and of Spanish, Portuguese, Russian,
// Japanese and Chinese those for source, id and level (Event Viewer's own help).
// The rest is from knowledge of the translations and not from a sample; a copy whose
// labels are not here is read by the order of its lines (block.go).
var printed = []struct {
	language language
	words    [fieldsOrdered]string // alternatives are separated by |
}{
	{english, [...]string{"log name", "source|event source", "date|date and time", "event id", "task category|task|event category", "level|event type", "keywords|keyword", "user|user name|opcode|opcode name", "computer", "description", "event xml"}},
	{dayLanguage, [...]string{"protokollname", "quelle", "datum|datum und uhrzeit", "ereignis-id", "aufgabenkategorie|aufgabe", "ebene|stufe", "schlüsselwörter|schlüsselwort", "benutzer|benutzername", "computer", "beschreibung", "ereignis-xml"}},
	{dayLanguage, [...]string{"nom du journal|nom de journal", "source", "date|date et heure", "id de l'événement|id d'événement|id de l'évènement|id événement|id d'évènement", "catégorie de la tâche|catégorie de tâche|tâche", "niveau", "mots clés|mots-clés|mot clé|mot-clé", "utilisateur|nom d'utilisateur|nom de l'utilisateur", "ordinateur", "description", "xml de l'événement|événement xml|code xml de l'événement"}},
	{dayLanguage, [...]string{"nombre de registro|nombre del registro", "origen", "fecha|fecha y hora", "id. del evento|id. de evento|id del evento|id. evento|identificador de evento", "categoría de la tarea|categoría de tarea|tarea", "nivel", "palabras clave|palabra clave", "usuario|nombre de usuario", "equipo", "descripción", "xml de evento|xml del evento"}},
	{dayLanguage, [...]string{"nome registro|nome log|nome del registro", "origine", "data|data e ora", "id evento", "categoria attività|attività", "livello", "parole chiave|parola chiave", "utente|nome utente", "computer", "descrizione", "xml evento|xml dell'evento"}},
	{dayLanguage, [...]string{"nome do log|nome do registo|nome do registro", "fonte|origem", "data|data e hora", "identificação do evento|id do evento|id. do evento|id de evento", "categoria da tarefa|tarefa", "nível", "palavras-chave|palavra-chave", "usuário|utilizador|nome de usuário|nome de utilizador|nome do usuário", "computador", "descrição", "xml de evento|xml do evento"}},
	{dayLanguage, [...]string{"имя журнала", "источник", "дата|дата и время", "код события|id события|идентификатор события", "категория задачи|задача", "уровень", "ключевые слова|ключевое слово", "пользователь|имя пользователя", "компьютер", "описание", "xml события|xml-код события"}},
	{otherLanguage, [...]string{"ログの名前", "ソース", "日付|日付と時刻", "イベント id", "タスクのカテゴリ|タスク", "レベル", "キーワード", "ユーザー|ユーザー名", "コンピューター|コンピュータ", "説明", "イベント xml"}},
	{otherLanguage, [...]string{"日志名称", "来源|源", "日期|日期和时间", "事件 id|事件id", "任务类别|任务", "级别", "关键字|关键词", "用户|用户名", "计算机", "描述|说明", "事件 xml"}},
	{otherLanguage, [...]string{"記錄檔名稱|記錄名稱", "來源", "日期|日期和時間", "事件識別碼|事件 id", "工作類別|工作", "等級|層級", "關鍵字", "使用者|使用者名稱", "電腦", "描述", "事件 xml"}},
	{otherLanguage, [...]string{"로그 이름", "원본", "날짜|날짜 및 시간", "이벤트 id", "작업 범주|작업", "수준", "키워드", "사용자|사용자 이름", "컴퓨터", "설명", "이벤트 xml"}},
	{dayLanguage, [...]string{"logboeknaam|naam van logboek", "bron", "datum|datum en tijd", "gebeurtenis-id", "taakcategorie|taak", "niveau", "trefwoorden|trefwoord", "gebruiker|gebruikersnaam", "computer", "beschrijving", "gebeurtenis-xml"}},
	{dayLanguage, [...]string{"nazwa dziennika", "źródło", "data|data i godzina", "identyfikator zdarzenia", "kategoria zadania|zadanie", "poziom", "słowa kluczowe|słowo kluczowe", "użytkownik|nazwa użytkownika", "komputer", "opis", "kod xml zdarzenia|xml zdarzenia"}},
	{dayLanguage, [...]string{"název protokolu|název protokolu událostí", "zdroj", "datum|datum a čas", "id události", "kategorie úlohy|úloha", "úroveň", "klíčová slova|klíčové slovo", "uživatel|uživatelské jméno", "počítač", "popis", "kód xml události|xml události"}},
	{dayLanguage, [...]string{"günlük adı", "kaynak", "tarih|tarih ve saat", "olay kimliği", "görev kategorisi|görev", "düzey", "anahtar sözcükler|anahtar sözcük", "kullanıcı|kullanıcı adı", "bilgisayar", "açıklama", "olay xml"}},
	{otherLanguage, [...]string{"loggnamn", "källa", "datum|datum och tid", "händelse-id", "aktivitetskategori|aktivitet", "nivå", "nyckelord", "användare|användarnamn", "dator", "beskrivning", "händelse-xml"}},
}

// fieldsOrdered is how many lines Event Viewer's copy has, with "Event Xml:".
const fieldsOrdered = 11

// orderedFields are the lines of Event Viewer's copy from first to last.
var orderedFields = [fieldsOrdered]field{
	fieldLog, fieldSource, fieldDate, fieldID, fieldIgnored, fieldLevelName, fieldIgnored, fieldIgnored, fieldComputer, fieldMessage, fieldXML,
}

// properties are names that no language translates: those of EventLogRecord,
// EventLogEntry and Win32_NTLogEvent, the headings of their tables, and SDP's.
var properties = map[string]field{
	"timecreated": fieldDate, "timegenerated": fieldDate, "timewritten": fieldIgnored, "time": fieldTime, "providername": fieldSource,
	"sourcename": fieldSource, "id": fieldID, "eventid": fieldID, "event": fieldID, "event code": fieldID, "eventcode": fieldID, "instanceid": fieldInstance,
	"eventidentifier": fieldInstance, "qualifiers": fieldQualifiers, "leveldisplayname": fieldLevelName, "entrytype": fieldLevelName, "type": fieldLevelName,
	"type/level": fieldLevelName, "recordid": fieldRecord, "recordnumber": fieldRecord, "index": fieldRecord, "logname": fieldLog, "logfile": fieldLog, "machinename": fieldComputer,
	"computername": fieldComputer, "computer name": fieldComputer, "message": fieldMessage, "processid": fieldPID, "threadid": fieldTID,
	"replacementstrings": fieldStrings, "insertionstrings": fieldStrings,
	"eventlevelname": fieldLevelName, "eventlog": fieldLog, "rendereddescription": fieldMessage,
	"username": fieldIgnored, "sid": fieldIgnored, "category": fieldIgnored, "categorynumber": fieldIgnored, "version": fieldIgnored, "providerid": fieldIgnored,
	"userid": fieldIgnored, "activityid": fieldIgnored, "relatedactivityid": fieldIgnored, "containerlog": fieldIgnored, "matchedqueryids": fieldIgnored,
	"bookmark": fieldIgnored, "opcodedisplayname": fieldIgnored, "taskdisplayname": fieldIgnored, "keywordsdisplaynames": fieldIgnored, "properties": fieldIgnored,
	"site": fieldIgnored, "container": fieldIgnored, "time generated": fieldIgnored, "pscomputername": fieldIgnored, "runspaceid": fieldIgnored,
}

// words is printed and properties, by the words in lower case.
var words = func() map[string]word {
	all := map[string]word{}
	for _, p := range printed {
		for i, names := range p.words {
			for name := range strings.SplitSeq(names, "|") {
				w := word{orderedFields[i], p.language}
				if have, ok := all[name]; ok && have.language != w.language {
					w.language = anyLanguage
				}
				all[name] = w
			}
		}
	}
	for name, f := range properties {
		all[name] = word{f, anyLanguage}
	}
	return all
}()

var apostrophes = strings.NewReplacer("\u2019", "'", "\u00a0", " ", "\u202f", " ", "\ufeff", "")

// wordOf tells what a label or a heading means.
func wordOf(text []byte) (word, bool) {
	if w, ok := words[string(text)]; ok {
		return w, true
	}
	low := strings.ToLower(strings.TrimSpace(apostrophes.Replace(string(text))))
	if w, ok := words[low]; ok {
		return w, true
	}
	w, ok := shipped[low]
	return w, ok
}

// shipped are the headings of what Elastic, Graylog and EvtxECmd export.
var shipped = map[string]word{
	"@timestamp": {fieldDate, anyLanguage}, "timestamp": {fieldDate, anyLanguage},
	"winlog.event_id": {fieldID, anyLanguage}, "event.code": {fieldID, anyLanguage}, "event_id": {fieldID, anyLanguage},
	"winlog.provider_name": {fieldSource, anyLanguage}, "event.provider": {fieldSource, anyLanguage}, "provider_name": {fieldSource, anyLanguage}, "provider": {fieldSource, anyLanguage},
	"eventrecordid": {fieldRecord, anyLanguage},
	"chunknumber":   {fieldIgnored, anyLanguage}, "mapdescription": {fieldIgnored, anyLanguage}, "hiddenrecord": {fieldIgnored, anyLanguage},
	"sourcefile": {fieldIgnored, anyLanguage}, "extradataoffset": {fieldIgnored, anyLanguage}, "payload": {fieldIgnored, anyLanguage},
	"winlog.computer_name": {fieldComputer, anyLanguage}, "host.name": {fieldComputer, anyLanguage}, "computer_name": {fieldComputer, anyLanguage}, "hostname": {fieldComputer, anyLanguage},
	"winlog.channel": {fieldLog, anyLanguage}, "channel": {fieldLog, anyLanguage},
}

// levels are the names of levels 1 to 5 and of the two audits, which have level 0.
var levels = func() map[string]uint8 {
	all := map[string]uint8{}
	for i, names := range [...]string{
		"audit success|success audit|audit failure|failure audit|successaudit|failureaudit",
		"critical|kritisch|critique|crítico|critico|критический|критическое|重大|关键|嚴重|严重|위험|krytyczny|kritické|kritický|kritik|kritiskt",
		"error|fehler|erreur|errore|erro|ошибка|エラー|错误|錯誤|오류|fout|błąd|chyba|hata|fel",
		"warning|warnung|avertissement|advertencia|avviso|aviso|предупреждение|警告|경고|waarschuwing|ostrzeżenie|upozornění|uyarı|varning",
		"information|informationen|informations|información|informazioni|informações|informação|informacje|сведения|情報|信息|資訊|정보|informatie|informace|bilgi|info",
		"verbose|ausführlich|commentaires|detallado|dettagliato|detalhado|подробности|詳細|详细|詳細資訊|자세한 정보",
	} {
		for name := range strings.SplitSeq(names, "|") {
			all[name] = uint8(i)
		}
	}
	return all
}()

// levelOf reads a level by its number or its name; 0 if it is neither.
func levelOf(text string) uint8 {
	if n, err := strconv.ParseUint(text, 10, 8); err == nil {
		return uint8(n)
	}
	return levels[strings.ToLower(strings.TrimSpace(text))]
}

// dayLevel tells a level in a language whose locales put the day first.
func dayLevel(text string) bool {
	switch low := strings.ToLower(strings.TrimSpace(text)); low {
	case "critical", "error", "warning", "information", "info", "verbose":
		return false
	default:
		const firstEastAsian = 0x2E80
		r, _ := utf8.DecodeRuneInString(low)
		return levels[low] > 0 && r < firstEastAsian
	}
}

// isLevel tells that text is the name of a level.
func isLevel(text []byte) bool {
	_, ok := levels[strings.ToLower(string(text))]
	return ok
}
