package redact

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// What is no text is refused, for nothing in it could be looked at; a text with some noise
// in it is one.
func TestNoise(t *testing.T) {
	noise := func(sign string, n int) string { return strings.Repeat(sign, n) + strings.Repeat("n", 1000-n) }
	for name, c := range map[string]struct {
		text   string
		binary bool
	}{
		"noise of 1 % and two bytes":  {noise("\x01", 12), false},
		"a byte more":                 {noise("\x01", 13), true},
		"two bytes in a short text":   {"a\x01\x01", false},
		"three bytes in a short text": {"a\x01\x01\x01", true},
		"signs of texts":              {noise("\t\r\n\f\x1a\x1b", 100)[:1000], false},
		"the last that is no letter":  {noise("\x1f", 13), true},
		"blanks":                      {noise(" ", 900), false},
		"NULs as in UTF-16":           {noise("\x00", 600), false},
		"more NULs":                   {noise("\x00", 601), true},
		"padded with NULs":            {"a" + strings.Repeat("\x00", 1<<20), false},
		"noise behind the head":       {strings.Repeat("n", 64<<10) + strings.Repeat("\x01", 1<<10), false},
		"a zip":                       {"PK\x03\x04 and text", true},
		"a log":                       {"ElfFile\x00 and text", true},
		"a cabinet":                   {"MSCF and text", true},
		"a 7z":                        {"7z\xbc\xaf and text", true},
		"a program":                   {"MZ and text", true},
		"gzip":                        {"\x1f\x8b and text", true},
		"one that names them":         {" MSCF and MZ", false},
		"nothing":                     {"", false},
	} {
		out, err := newRedactor(t, testKey).Document([]byte(c.text))
		if got := errors.Is(err, ErrBinary); got != c.binary || !got && string(out) != c.text {
			t.Errorf("%s: %v, %d bytes of %d", name, err, len(out), len(c.text))
		}
		r := newRedactor(t, testKey)
		if r.Learn([]byte("Host Name: web07x\n" + c.text)); shape(r.Known("web07x")) != "host#1" && !c.binary && !strings.Contains(name, "NULs") {
			t.Errorf("%s: nothing is learned", name)
		}
	}
}

// Parts of a text in UTF-16 are read as such, whatever stands before and behind them, and
// stay in it.
func TestPartsInUTF16(t *testing.T) {
	wide := func(s string) string {
		var b strings.Builder
		for _, c := range s {
			b.WriteByte(byte(c))
			b.WriteByte(byte(c >> 8))
		}
		return b.String()
	}
	big := func(s string) string {
		b := []byte(wide(s))
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
		return string(b)
	}
	secret := "on CORP\\jdoe7x, " + strings.Repeat("and so on ", 40) // a word alone would be taken for a name
	token := newRedactor(t, testKey).Text(secret)
	if token == secret {
		t.Fatal(token)
	}
	for name, c := range map[string][2]string{
		"with a mark":                {"\xff\xfe" + wide(secret), "\xff\xfe" + wide(token)},
		"with a mark and a byte":     {"\xff\xfe" + wide(secret) + "x", "\xff\xfe" + wide(token) + "x"},
		"high bytes first":           {"\xfe\xff" + big(secret), "\xfe\xff" + big(token)},
		"between others":             {"a\n" + wide(secret) + "b\n" + wide(secret), "a\n" + wide(token) + "b\n" + wide(token)},
		"behind an odd byte":         {"\x80" + wide(secret), "\x80" + wide(token)},
		"narrow beside it":           {wide("abcd") + secret, wide("abcd") + token},
		"four letters are a part":    {wide("abcd") + "\n" + secret, wide("abcd") + "\n" + token},
		"a mark and nothing":         {"\xff\xfe", "\xff\xfe"},
		"a mark and half a letter":   {"\xff\xfe-", "\xff\xfe-"},
		"high bytes first, and half": {"\xfe\xff-", "\xfe\xff-"},
	} {
		if out, err := newRedactor(t, testKey).Document([]byte(c[0])); err != nil || string(out) != c[1] {
			t.Errorf("%s: %q, want %q, %v", name, out, c[1], err)
		}
	}
}

// What a document is, its beginning tells: the names in it are found by its own rules.
func TestFormsOfDocuments(t *testing.T) {
	for name, c := range map[string][2]string{
		"JSON":             {`{"computer":"web07x","kind":"web07x"}`, `{"computer":"host#1","kind":"web07x"}`},
		"JSON in a list":   {`[{"computer":"web07x","kind":"web07x"}]`, `[{"computer":"host#1","kind":"web07x"}]`},
		"JSON in lines":    {"[\n{\"computer\":\"web07x\",\"kind\":\"web07x\"}]", "[\n{\"computer\":\"host#1\",\"kind\":\"web07x\"}]"},
		"JSON with a mark": {"\ufeff \t\r\n{\"computer\":\"web07x\",\"kind\":\"web07x\"}", "\ufeff \t\r\n{\"computer\":\"host#1\",\"kind\":\"web07x\"}"},
		"a page":           {`<!DOCTYPE html><p class="web07x">Host Name: web07x</p>`, `<!DOCTYPE html><p class="web07x">Host Name: host#1</p>`},
		"a page's html":    {`<p></p><HTML><p class="web07x">Host Name: web07x</p>`, `<p></p><HTML><p class="web07x">Host Name: host#1</p>`},
		"a text of a page": {strings.Repeat(" ", 1) + strings.Repeat("x", 1024) + "\n<html><p class=\"web07x\">\nHost Name: web07x\n", " " + strings.Repeat("x", 1024) + "\n<html><p class=\"host#1\">\nHost Name: host#1\n"},
		"Markdown":         {"# x\nHost Name: web\\_07x\nweb\\_07x", "# x\nHost Name: host#1\nhost#1"},
		"Markdown, deeper": {"## x\nHost Name: web\\_07x\nweb\\_07x", "## x\nHost Name: host#1\nhost#1"},
	} {
		out, err := newRedactor(t, testKey).Document([]byte(c[0]))
		if got := shape(string(out)); err != nil || got != c[1] {
			t.Errorf("%s: %q, want %q, %v", name, got, c[1], err)
		}
	}
}

// A page may send its reader on, or allow hosts by a policy: those are names as any other. A
// policy that names none stays, for the page would not be shown without it.
func TestWhatThePageSaysOfItself(t *testing.T) {
	const ours = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-0NemAgWS3Nb+JA7aro08bfT8JihDSrsT17fbLAbnRgI='; img-src data:; base-uri 'none'">`
	for in, want := range map[string]string{
		ours: ours,
		`<meta http-equiv="refresh" content="5; url=http://web07x.corp.local/a">`:                                         `<meta http-equiv="refresh" content="5; url=http://host#1.domain#2/a">`,
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src https://web07x.corp.local">`: `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; connect-src https://host#1.domain#2">`,
		`<meta name="author" content="\\web07x\c$">`:                                                                      `<meta name="author" content="\\host#1\c$">`,
		`<p http-equiv="Content-Security-Policy" title="\\\\web07x\c$">x</p>`:                                             `<p http-equiv="Content-Security-Policy" title="\\\\host#1\c$">x</p>`,
		`<meta http-equiv="Content-Type" content="text/html; charset=utf-8">`:                                             `<meta http-equiv="Content-Type" content="text/html; charset=utf-8">`,
	} {
		out, err := newRedactor(t, testKey).Document([]byte("<!doctype html><html>" + in + "</html>"))
		if got := shape(string(out)); err != nil || got != "<!doctype html><html>"+want+"</html>" {
			t.Errorf("%s\n%s, want\n%s, %v", in, got, want, err)
		}
	}
}

// Our pages mark the names of machines by their class or id, and by nothing else.
func TestHostsOfAPage(t *testing.T) {
	for in, want := range map[string]string{
		`<p class="a host b">vault</p>on vault`:                                         `<p class="a host b">host#1</p>on host#1`,
		`<title>portverdict</title><tr><th>Host</th><td>vault</td></tr><p>on vault</p>`: `<title>portverdict</title><tr><th>Host</th><td>host#1</td></tr><p>on host#1</p>`,
		`<p title="x" id="host">vault</p>on vault`:                                      `<p title="x" id="host">host#1</p>on host#1`,
		`<p title="host" lang="x">vault</p>on vault`:                                    `<p title="host" lang="x">vault</p>on vault`,
		`<p id="host">vault</p><img alt="on vault"/><br title="of vault">`:              `<p id="host">host#1</p><img alt="on host#1"/><br title="of host#1">`,
		`<p class="hosts" id="x">vault</p>on vault`:                                     `<p class="hosts" id="x">vault</p>on vault`,
	} {
		out, err := newRedactor(t, testKey).Document([]byte("<!doctype html><html>" + in + "</html>"))
		if got := shape(string(out)); err != nil || got != "<!doctype html><html>"+want+"</html>" {
			t.Errorf("%s\n%s, %v", in, got, err)
		}
	}
}

// A page that is cut off within a tag is redacted up to its last byte.
func TestPageThatIsCut(t *testing.T) {
	for end, want := range map[string]string{"<": "<", "<p": "<p", `<p title="vault`: "&lt;p title=&#34;host#1"} {
		out, err := newRedactor(t, testKey).Document([]byte(`<!doctype html><html><p id="host">vault</p> ` + end))
		if got := shape(string(out)); err != nil || got != `<!doctype html><html><p id="host">host#1</p> `+want {
			t.Errorf("%s\n%s, %v", end, got, err)
		}
	}
}

// A string of JSON ends at its quotation mark, not at one that is escaped in it.
func TestEscapedQuotes(t *testing.T) {
	in := `{"a":"\"x\" \\\\web07x\\c$ \"","host":"alpha7\\\"","b":"alpha7 \"\\\"\"}`
	out, err := newRedactor(t, testKey).Document([]byte(in))
	if got, want := shape(string(out)), `{"a":"\"x\" \\\\host#1\\c$ \"","host":"host#2\\\"","b":"host#2 \"\\\"\"}`; err != nil || got != want {
		t.Errorf("%s\n%s, %v", got, want, err)
	}
}

// What a name can be a part of: letters, digits and marks of any language, and bytes of a
// code page.
func TestWordsOfAnyLanguage(t *testing.T) {
	for text, want := range map[string]bool{
		"a": true, "Z": true, "0": true, "9": true, "_": false, "-": false, "@": false, "[": false, "`": false, "{": false, "/": false, ":": false,
		"é": true, "東": true, "٣": true, "\u0301": true, "\xe9": true, "\ufffd": false, "€": false, "…": false, "\u00a0": false,
	} {
		r, size := utf8.DecodeRuneInString(text)
		if got := isWord(r, size); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
