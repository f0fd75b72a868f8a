package hosttext

import (
	"regexp"
	"slices"
	"strings"

	"portverdict/netstatparse/pstext"
)

// Codes of Winsock that are told.
const (
	wsaEACCES     = 10013
	wsaEADDRINUSE = 10048
	wsaENOBUFS    = 10055
)

// symptom is a text that says an error by itself.
type symptom struct {
	text  string // from a letter on that is rare
	word  string
	code  int
	alone bool // the text is no part of a longer word
}

// symptoms are those texts, by the byte they begin with here: a line is gone over once.
// Sources: the messages of FormatMessage for the codes in several languages, of Java's and
// Go's libraries, and the names that POSIX, Winsock, .NET and Rust have for them.
var symptoms = func() (by [256][]symptom) {
	for _, s := range []symptom{
		{"usage of each socket address", "only one usage of each socket address", wsaEADDRINUSE, false},
		{"jede Socketadresse (", "jede Socketadresse nur einmal", wsaEADDRINUSE, false},
		{"ddress already in use", "address already in use", wsaEADDRINUSE, false},
		{"EADDRINUSE", "EADDRINUSE", wsaEADDRINUSE, true},
		{"fficient buffer space", "insufficient buffer space", wsaENOBUFS, false},
		{"Pufferspeicher fehlte", "Pufferspeicher fehlte", wsaENOBUFS, false},
		{"gend Pufferspeicher", "nicht genügend Pufferspeicher", wsaENOBUFS, false},
		{"buffer space available", "no buffer space available", wsaENOBUFS, false},
		{"ENOBUFS", "ENOBUFS", wsaENOBUFS, true},
		{"forbidden by its access permissions", "forbidden by its access permissions", wsaEACCES, false},
		{"WSAEACCES", "WSAEACCES", wsaEACCES, true},
		{"bind EACCES", "EACCES", wsaEACCES, true},
		{"listen EACCES", "EACCES", wsaEACCES, true},
		{"que adresse de socket (", "une seule utilisation de chaque adresse de socket", wsaEADDRINUSE, false},
		{"ón de socket (", "un uso de cada dirección de socket", wsaEADDRINUSE, false},
		{"zzo di socket (", "un solo utilizzo di ogni indirizzo di socket", wsaEADDRINUSE, false},
		{"ço de soquete (", "uma utilização de cada endereço de soquete", wsaEADDRINUSE, false},
		{"использование адреса сокета", "только одно использование адреса сокета", wsaEADDRINUSE, false},
		{"各ソケット アドレス", "各ソケット アドレス", wsaEADDRINUSE, false},
		{"套接字地址", "套接字地址只允许使用一次", wsaEADDRINUSE, false},
		{"通訊端位址", "通訊端位址", wsaEADDRINUSE, false},
		{"소켓 주소(", "소켓 주소", wsaEADDRINUSE, false},
		{"żdego adresu gniazda", "jedno użycie każdego adresu gniazda", wsaEADDRINUSE, false},
		{"ddressAlreadyInUse", "AddressAlreadyInUse", wsaEADDRINUSE, false},
		{"ddrInUse", "AddrInUse", wsaEADDRINUSE, false},
		{"pace de tampon", "espace de tampon insuffisant", wsaENOBUFS, false},
		{"búfer o porque", "sin suficiente espacio de búfer", wsaENOBUFS, false},
		{"zio sufficiente nel buffer", "spazio insufficiente nel buffer", wsaENOBUFS, false},
		{"ço suficiente no buffer", "espaço insuficiente no buffer", wsaENOBUFS, false},
		{"буфер слишком мал", "буфер слишком мал или очередь переполнена", wsaENOBUFS, false},
		{"バッファー領域が不足", "バッファー領域が不足", wsaENOBUFS, false},
		{"バッファ領域が不足", "バッファ領域が不足", wsaENOBUFS, false},
		{"缓冲区空间不足", "缓冲区空间不足", wsaENOBUFS, false},
		{"緩衝區空間不足", "緩衝區空間不足", wsaENOBUFS, false},
		{"버퍼 공간이 부족", "버퍼 공간이 부족", wsaENOBUFS, false},
		{"oBufferSpaceAvailable", "NoBufferSpaceAvailable", wsaENOBUFS, false},
		{"Zugriffsrechte des Sockets", "Zugriffsrechte des Sockets", wsaEACCES, false},
		{"autorisations d’accès", "interdite par ses autorisations d'accès", wsaEACCES, false},
		{"autorisations d'accès", "interdite par ses autorisations d'accès", wsaEACCES, false},
		{"acceso a un socket no permitido", "acceso a un socket no permitido", wsaEACCES, false},
		{"acesso a um soquete", "acesso a um soquete proibido", wsaEACCES, false},
		{"accesso al socket con modalit", "accesso al socket con modalità non consentite", wsaEACCES, false},
		{"доступа к сокету методом", "доступ к сокету запрещён", wsaEACCES, false},
		{"访问套接字的尝试", "访问套接字的尝试", wsaEACCES, false},
		{"禁じられた方法でソケット", "禁じられた方法でソケットにアクセス", wsaEACCES, false},
		{"java.net.BindException", "java.net.BindException", wsaEADDRINUSE, true},
		{"0x2740", "0x2740", wsaEADDRINUSE, true},
		{"0x2747", "0x2747", wsaENOBUFS, true},
		{"0x271d", "0x271D", wsaEACCES, true},
		{"0x271D", "0x271D", wsaEACCES, true},
		{"0x80072740", "0x80072740", wsaEADDRINUSE, true},
		{"0x80072747", "0x80072747", wsaENOBUFS, true},
		{"0x8007271d", "0x8007271D", wsaEACCES, true},
		{"0x8007271D", "0x8007271D", wsaEACCES, true},
	} {
		by[s.text[0]] = append(by[s.text[0]], s)
	}
	return by
}()

// takeSymptom keeps a line in which a program tells one of the errors.
func (p *parser) takeSymptom() {
	text := p.in.Timed()
	if p.in.Inside() {
		p.addSymptom(p.text, text, p.line)
		return
	}
	p.addSymptom(text, text, p.line)
}

// addSymptom keeps a text, whose time stands at the beginning of another.
func (p *parser) addSymptom(text, time string, line int) {
	code, word := symptomOf(text)
	if code == 0 {
		return
	}
	if len(p.facts.Symptoms) >= maxSymptoms {
		p.facts.SymptomsMore++
		return
	}
	text = shorten(text)
	if p.in.Inside() && slices.ContainsFunc(p.facts.Symptoms, func(s Symptom) bool { return s.Line == line && s.Text == text }) {
		return // of the object that the line is of
	}
	s := Symptom{Code: code, Word: word, Text: strings.Clone(text), Port: portOf(text), Line: line}
	if at, ok := pstext.StampAt(time); ok {
		s.Local, s.Ambiguous, s.Offset = at.Local, at.Ambiguous, at.Offset
	}
	p.facts.Symptoms = append(p.facts.Symptoms, s)
}

// portIn is a port behind an address: "10.0.0.9:443", "[::1]:443", "*:443", "localhost:443".
var portIn = regexp.MustCompile(`(?:\d{1,3}(?:\.\d{1,3}){3}|\]|\*|\blocalhost|\s:{0,2}):(\d{1,5})\b`)

func portOf(text string) int {
	if m := portIn.FindStringSubmatch(text); m != nil {
		if n, ok := integer(m[1]); ok && n < 1<<16 {
			return n
		}
	}
	return 0
}

// symptomOf is the code that a line tells and the word that told it; 0 for none.
func symptomOf(text string) (code int, word string) {
	for i := 0; i+5 <= len(text); i++ {
		if text[i] == '1' {
			if code = number100(text[i:]); code != 0 && isCode(text, i) && ofError(text) {
				return code, strings.Clone(text[i : i+5])
			}
			continue
		}
		for k := range symptoms[text[i]] {
			s := &symptoms[text[i]][k]
			if strings.HasPrefix(text[i:], s.text) && (!s.alone || alone(text, i, i+len(s.text))) {
				return s.code, s.word
			}
		}
	}
	return 0, ""
}

// number100 is the code that five digits are, 0 for none.
func number100(text string) int {
	switch text[:5] {
	case "10048":
		return wsaEADDRINUSE
	case "10055":
		return wsaENOBUFS
	case "10013":
		return wsaEACCES
	}
	return 0
}

// alone tells that the bytes from..to of text are no part of a longer word. Winsock
// writes WSA before the names of POSIX.
func alone(text string, from, to int) bool {
	from = len(strings.TrimSuffix(text[:from], "WSA"))
	return (from == 0 || !wordByte(text[from-1])) && (to == len(text) || !wordByte(text[to]))
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// isCode tells a number of five digits that stands alone and behind no word that makes it
// a port or a PID.
func isCode(text string, at int) bool {
	if end := at + 5; end < len(text) {
		c := text[end]
		if wordByte(c) || (c == '.' || c == ',' || c == ':' || c == '-') && end+1 < len(text) && text[end+1] >= '0' && text[end+1] <= '9' {
			return false
		}
	}
	i := at
	for i > 0 && !wordByte(text[i-1]) {
		i--
	}
	if i == at && at > 0 {
		return false // it goes on to the left
	}
	end := i
	for i > 0 && wordByte(text[i-1]) {
		i--
	}
	before := strings.ToLower(text[i:end])
	if at > 0 && strings.IndexByte("-.,/\\*", text[at-1]) >= 0 {
		return false
	}
	if at > 0 && text[at-1] == ':' { // behind the name of a host it is a port
		return end == at-1 && (strings.Contains(before, "err") || strings.Contains(before, "code"))
	}
	switch before {
	case "port", "ports", "pid", "id", "tid", "process", "processid", "thread", "line", "row", "handle", "session", "event", "record", "tcp", "udp":
		return false
	}
	return true
}

// ofError tells that a line speaks of an error.
func ofError(text string) bool {
	for _, w := range []string{"err", "exception", "fail", "fehler", "wsa", "winsock"} {
		if holds(text, w) {
			return true
		}
	}
	return holdsAny(text, "échec", "ошибк", "Ошибк", "błąd", "错误", "錯誤", "エラー", "오류")
}

// takeTrace reads the names of files in a transcript of netsh trace start and stop.
func (p *parser) takeTrace() bool {
	text := strings.TrimSpace(p.text)
	if !holds(text[max(0, len(text)-5):], ".etl") {
		return false
	}
	file := ""
	for _, label := range []string{"Trace File:", "File location =", "tracefile="} {
		if _, rest, ok := strings.Cut(text, label); ok {
			file = strings.Trim(rest, " \t\"")
		}
	}
	if file == "" || !strings.HasSuffix(strings.ToLower(file), ".etl") || len(file) > maxText {
		return false
	}
	for _, t := range p.facts.Traces {
		if strings.EqualFold(t.File, file) {
			return true
		}
	}
	if len(p.facts.Traces) < maxTraces {
		p.facts.Traces = append(p.facts.Traces, Trace{File: strings.Clone(file), Line: p.line})
	}
	return true
}

// shorten is a text without blanks around it, and no longer than is kept.
func shorten(text string) string {
	if text = strings.TrimSpace(text); len(text) > maxText {
		return strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}
