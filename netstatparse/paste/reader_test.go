package paste

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// linesOf gives the lines of a text as "number text".
func linesOf(text string) []string {
	var out []string
	p := NewReader(strings.NewReader(text))
	for p.Scan() {
		out = append(out, fmt.Sprintf("%d %s", p.Line(), p.Text()))
	}
	return out
}

// What stands around a line goes; what belongs to it stays.
func TestUnwrapped(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"plain":           {"  TCP    1.2.3.4:5   6.7.8.9:0   BOUND   12\r\n [a b.exe]\r\n\r\n", []string{"1   TCP    1.2.3.4:5   6.7.8.9:0   BOUND   12", "2  [a b.exe]", "3 "}},
		"quotes":          {"> > TCP a\n>\n>>  x\n> > \n", []string{"1 TCP a", "2 ", "3  x", "4 "}},
		"quote of a page": {"&gt;  x\n&gt; &gt; y\n", []string{"1  x", "2 y"}},
		"numbers":         {"12:  TCP\n13:\n14:2001:db8::1 80\n15:[x.exe]\n", []string{"1   TCP", "2 ", "3 2001:db8::1 80", "4 [x.exe]"}},
		"no numbers":      {"2001:db8::1   80\n10:14:33,55\n5:00 PM\n0:x\n123456789:x\n", []string{"1 2001:db8::1   80", "2 10:14:33,55", "3 5:00 PM", "4 0:x", "5 123456789:x"}},
		"numbers of rows": {"7:0.0.0.0   80\n8:10.0.0.1 81\n", []string{"1 0.0.0.0   80", "2 10.0.0.1 81"}},
		"files":           {"netstat.txt:12:  TCP\nC:\\tmp\\a b.log:3:foo\nx.txt:bar\n  y.csv:1:z\n", []string{"1   TCP", "2 foo", "3 bar", "4 z"}},
		"no files":        {"see a.exe:12:x\nsrv.corp:443 up\nTCP srv.txts:80\n", []string{"1 see a.exe:12:x", "2 srv.corp:443 up", "3 TCP srv.txts:80"}},
		"fences":          {"```text\n  TCP\n```\n~~~\nx\n~~~\n", []string{"1 ", "2   TCP", "3 ", "4 ", "5 x", "6 "}},
		"code marks":      {"`  TCP b\n`netstat -ano`, first\n`x y`\n``x``\n", []string{"1   TCP b", "2 netstat -ano`, first", "3 x y", "4 x``"}},
		"table":           {"| Proto | Local |\n|---|:-:|\n| TCP | *:* |\n||A||B||\n| **x** | `y` | |\n", []string{"1 Proto  Local", "2 ", "3 TCP  *:*", "4 A  B", "5 x  y"}},
		"no table":        {"| one\n|\n", []string{"1 one", "2 "}},
		"list":            {"- TCP  a\n* UDP b\n- prose\n", []string{"1  TCP  a", "2  UDP b", "3 - prose"}},
		"blanks":          {"TCP\u00a0\u00a01.2.3.4\u200b:5\u202f\u3000x\n", []string{"1 TCP  1.2.3.4:5  x"}},
		// Of windows-1252 as single bytes, among blanks or alone between numbers. In the pages of
		// DOS the byte is a letter.
		"blanks in 1252":    {"TCP\xa0\xa01.2.3.4:5\nABH\xd6REN\xa0x\n", []string{"1 TCP  1.2.3.4:5", "2 ABHÖREN x"}},
		"blanks in turn":    {" \xa0 TCP \xa0 \xa0 x\n", []string{"1    TCP     x"}},
		"one blank":         {"TCP\xa01.2.3.4:5\xa0192.168.1.1:6\xa0BOUND\n", []string{"1 TCP 1.2.3.4:5 192.168.1.1:6 BOUND"}},
		"a blank of 1252":   {"est\xa0\nTCP  \xa07\n", []string{"1 está", "2 TCP   7"}},
		"letters of 850":    {"P\xa0gina\nest\xa0 1\n7 \xa0rbol\n x \xa0 y\n", []string{"1 Página", "2 está 1", "3 7 árbol", "4  x á y"}},
		"letters of others": {"\x88\xa0 1\n\x81\xa0\xa0\x82\n", []string{"1 êá 1", "2 üááé"}},
		"Russian below it":  {"1\xa0 x\n\x80\xaa\xe2\xa8\xa2\xad\xeb\xa5\nx\xa0\xa0y\n", []string{"1 1  x", "2 Активные", "3 xааy"}},
		"page": {
			"<html><body><pre>\n  TCP a&nbsp;b&lt;\n [x.exe]<br> [y]\n</pre><style>\nx\n</style>\n",
			[]string{"1 ", "2   TCP a b<", "3  [x.exe]", "3  [y]", "4 ", "5 ", "6 "},
		},
		"table of a page": {"<table><tr><th>A</th><th>B</th></tr>\n<tr>\n<td>c</td>\n<td></td><td>d e</td>\n</tr></table>\n", []string{"1 A  B", "2 c  d e"}},
		"row never ended": {"<tr><td>a</td><td>b", []string{"1 a  b"}},
		"no page":         {"a < b && c > d\n<unknown>x</unknown>\nx <- y\n", []string{"1 a < b && c > d", "2 <unknown>x</unknown>", "3 x <- y"}},
		"event records":   {"<Event xmlns='x'><System><A/>&lt;</System>\n<b>x</b></Event>\n<b>y</b>\n", []string{"1 <Event xmlns='x'><System><A/>&lt;</System>", "2 <b>x</b></Event>", "3 y"}},
		"JSON": {
			`{"changed":true,"cmd":"netstat -ano","stdout":"\r\nActive\r\n\r\n  TCP \u00e9\t1\ud83d\ude00\r\n  TCP \"2\"","stdout_lines":["","Active"]}` + "\n  \"rc\": 0,\n",
			[]string{"1 netstat -ano", "1 ", "1 Active", "1 ", "1   TCP é\t1😀", "1   TCP \"2\"", "2   \"rc\": 0,"},
		},
		"JSON lines": {
			"ok: [srv01] => {\n    \"stdout_lines\": [\n        \"\",\n        \"  TCP a\",\n        \"b\\\\c\"\n    ]\n}\n",
			[]string{"1 ok: [srv01] => {", "2 ", "3 ", "4   TCP a", "5 b\\c", "6     ]", "7 }"},
		},
		"JSON both":       {"{\n \"stdout\": \"x\\ny\",\n \"stdout_lines\": [\n \"x\",\n \"y\"\n ]\n}\n{\n \"stdout_lines\": [\n \"z\"\n", []string{"1 {", "2 x", "2 y", "3 ", "4 ", "5 ", "6  ]", "7 }", "8 {", "9 ", "10 z"}},
		"JSON log":        {`{"log":"  TCP z\r\n","stream":"stdout","time":"2026"}`, []string{"1   TCP z"}},
		"JSON in one":     {`["a","b"]`, []string{"1 a", "1 b"}},
		"JSON of another": {`{"LocalPort": 80, "State": 2, "Message": "a\nb"}`, []string{`1 {"LocalPort": 80, "State": 2, "Message": "a\nb"}`}},
		"CSV":             {"\"a\",\"b\"\n", []string{"1 \"a\",\"b\""}},
	} {
		if got := linesOf(c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// The time before a line is kept apart from it, and a line that is a time stays.
func TestTimes(t *testing.T) {
	for text, want := range map[string][2]string{
		"2026-03-10T09:00:00Z   TCP":                                       {"2026-03-10T09:00:00Z", "  TCP"},
		"2026-03-10T09:00:00.123+01:00 x":                                  {"2026-03-10T09:00:00.123+01:00", "x"},
		"2026-03-10 09:00:00,123 - x":                                      {"2026-03-10 09:00:00,123", "x"},
		"[09:00:01] x":                                                     {"09:00:01", "x"},
		"[2026-03-10 09:00:01]   x":                                        {"2026-03-10 09:00:01", "  x"},
		"10/13/2020 2:22:01 PM  x":                                         {"10/13/2020 2:22:01 PM", " x"},
		"13.10.2020 14:22:01 | x":                                          {"13.10.2020 14:22:01", "x"},
		"Mar  1 09:00:00 srv01 agent[1]: x":                                {"Mar  1 09:00:00", "x"},
		"<13>Mar 10 09:00:00 srv01 agent:  x":                              {"Mar 10 09:00:00", " x"},
		"<34>1 2026-03-10T09:00:00Z srv01 app 12 ID - x":                   {"2026-03-10T09:00:00Z", "x"},
		"2026-03-10T09:00:00.1Z stdout F   x":                              {"2026-03-10T09:00:00.1Z", "  x"},
		"2026-03-10 09:04:00":                                              {"", "2026-03-10 09:04:00"},
		"=== 2026-03-10 09:04:00 ===":                                      {"", "=== 2026-03-10 09:04:00 ==="},
		"Tue 10/13/2020 14:22:01.55":                                       {"", "Tue 10/13/2020 14:22:01.55"},
		"14:22:01 10/13/2020":                                              {"", "14:22:01 10/13/2020"},
		"2026-03-10 09:04:00 ---":                                          {"", "2026-03-10 09:04:00 ---"},
		"0.0.0.0            49710     0.0.0.0       0          Bound   12": {"", "0.0.0.0            49710     0.0.0.0       0          Bound   12"},
		"[x.exe]": {"", "[x.exe]"},
	} {
		p := NewReader(strings.NewReader(text + "\n"))
		if !p.Scan() || string(p.Now().Time) != want[0] || p.Text() != want[1] {
			t.Errorf("%q: time %q text %q, want %q", text, p.Now().Time, p.Text(), want)
		}
	}
	// In a run a line may be empty behind its time.
	p := NewReader(strings.NewReader("[09:00:01] x\n[09:00:01]\n[09:00:02] ---\n\n[09:00:03]\n"))
	var got []string
	for p.Scan() {
		got = append(got, p.Text())
	}
	if want := []string{"x", "", "---", "", "[09:00:03]"}; !cmp.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMarks(t *testing.T) {
	p := NewReader(strings.NewReader(">> x\n```\n| a | b |\n"))
	var quotes, cells []int
	var breaks []bool
	for p.Scan() {
		l := p.Now()
		quotes, cells, breaks = append(quotes, l.Quote), append(cells, len(l.Cells)), append(breaks, l.Break)
	}
	if !cmp.Equal(quotes, []int{2, 0, 0}) || !cmp.Equal(cells, []int{0, 0, 2}) || !cmp.Equal(breaks, []bool{false, true, false}) {
		t.Errorf("quotes %v cells %v breaks %v", quotes, cells, breaks)
	}
}

// composed has every wrapper in it.
const composed = "C:\\>netstat\r\n> > x\r\n```\r\n12:  TCP\r\n13:\r\na.txt:3:y\r\n2026-03-10T09:00:00Z  TCP\r\n| a | b |\r\n|--|--|\r\n`code`\r\n" +
	"<pre>\r\n a&nbsp;&lt;<br>b<tr><td>c</td>\r\n<td>d</td></tr><style>\r\nx</style>\r\n{\"stdout\":\"a\\r\\nb\\u00e9\\ud83d\\ude00\",\"stdout_lines\":[\"a\",\"b\"]}\r\n \"z\",\r\n]\r\nTCP\u00a0x\u200b\r\n"

// lines checks what holds of every text and gives the numbers of its lines.
func lines(t *testing.T, data []byte) int {
	t.Helper()
	feeds, before, n := bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r"))+1, 0, 0
	for l, err := range Lines(bytes.NewReader(data)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		switch {
		case l.Number < before || l.Number < 1 || l.Number > feeds:
			t.Fatalf("line %d behind %d of %d", l.Number, before, feeds)
		case bytes.ContainsAny(l.Text, "\x00\n"), !utf8.Valid(l.Text), len(l.Text) > 8*MaxLine:
			t.Fatalf("%q line %d: %d bytes %.80q", data, l.Number, len(l.Text), l.Text)
		case len(l.Cells) > maxCells || l.Quote < 0:
			t.Fatalf("%+v", l)
		}
		before = l.Number
	}
	return n
}

func TestEveryCutAndFlip(t *testing.T) {
	data := []byte(composed)
	for n := range data {
		lines(t, data[:n])
		flipped := bytes.Clone(data)
		for bit := range 8 {
			flipped[n] = data[n] ^ 1<<bit
			lines(t, flipped)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(composed))
	f.Add([]byte("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nYQpi\n--b\nContent-Transfer-Encoding: quoted-printable\n\n=41=\n--b--\n"))
	f.Add([]byte(`<Objs xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj><S N="a">_x000D_&lt;</S></Obj><S>x</S></Objs>`))
	f.Add([]byte(`{"a":[{"log":"x\n"},["\u00"`))
	f.Add([]byte("<tr><td>" + strings.Repeat("x<td>", 100)))
	f.Fuzz(func(t *testing.T, data []byte) { lines(t, data) })
}

// FuzzMarks: the marks of lines are told of any text.
func FuzzMarks(f *testing.F) {
	for _, text := range []string{`C:\>netstat -ano | findstr x`, "[... 5 more ...]", "Host Name . . : SRV01", "PS C:\\> `", "$x = Get-NetTCPConnection", "ok: [a] => {"} {
		f.Add(text)
	}
	f.Add("   ") // a line of blanks names no host
	f.Fuzz(func(t *testing.T, text string) {
		if e, ok := EchoOf(text); ok && (len(e.Command) > len(text) || !e.Prompt && e.Command == "") {
			t.Fatalf("%q: %+v", text, e)
		}
		if h := HostOf(text); h != "" && (!strings.Contains(text, h) || strings.ContainsAny(h, " \t:")) {
			t.Fatalf("%q: %q", text, h)
		}
		Elision([]byte(text))
	})
}

func littleEndian(text string) []byte {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(text)) {
		_ = binary.Write(&b, binary.LittleEndian, u) // to memory
	}
	return b.Bytes()
}

// A line longer than the limit is given in pieces, and nothing of it is lost.
func TestPieces(t *testing.T) {
	long := strings.Repeat("0123456789é", MaxLine/4)
	for name, data := range map[string][]byte{"UTF-8": []byte(long + "\nnext\n"), "UTF-16": littleEndian("\ufeff" + long + "\nnext\n")} {
		s := NewScanner(bytes.NewReader(data))
		var all strings.Builder
		for ok := s.Scan(); ok; ok = s.More() {
			if len(s.Bytes()) > 4*MaxLine {
				t.Errorf("%s: a piece of %d bytes", name, len(s.Bytes()))
			}
			all.Write(s.Bytes())
		}
		if all.String() != long || s.Cut() || !s.Scan() || s.Text() != "next" || s.Line() != 2 {
			t.Errorf("%s: %d bytes of %d, then %q", name, all.Len(), len(long), s.Text())
		}
		s = NewScanner(bytes.NewReader(data)) // who does not ask for the rest gets the next line
		if !s.Scan() || !s.Cut() || !s.Scan() || s.Text() != "next" || s.More() {
			t.Errorf("%s: the rest of a line is not passed over", name)
		}
	}
}

// Limits of a line of JSON, of HTML, of cells and of wrappers.
func TestLimits(t *testing.T) {
	var rows []string
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf("  TCP    0.0.0.0:%d   0.0.0.0:0   BOUND   %d", i, i))
	}
	oneLine := `{"stdout": "` + strings.Join(rows, `\r\n`) + `"}`
	got := linesOf(oneLine)
	if len(got) != len(rows) || got[4999] != "1 "+rows[4999] || got[1234] != "1 "+rows[1234] {
		t.Errorf("%d lines of %d in one of JSON", len(got), len(rows))
	}
	got = linesOf("<pre>" + strings.Join(rows, "<br>"))
	if len(got) != len(rows) || got[4999] != "1 "+rows[4999] {
		t.Errorf("%d lines of %d in one of HTML", len(got), len(rows))
	}
	p := NewReader(strings.NewReader(`{"stdout":"` + strings.Repeat("x", 100<<10) + `"}` + "\n<td>" + strings.Repeat("y", 100<<10) + "\n<" + strings.Repeat("z", 5<<10) + ">\n"))
	for p.Scan() {
		if n := len(p.Bytes()); n > 3*MaxLine {
			t.Errorf("a line of %d bytes", n)
		}
	}
	p = NewReader(strings.NewReader(strings.Repeat("| x ", maxCells+5) + "|\n"))
	if !p.Scan() || p.Now().Cells != nil {
		t.Errorf("%d cells", len(p.Now().Cells))
	}
	p = NewReader(strings.NewReader(strings.Repeat("> ", 1000) + "x\n"))
	if !p.Scan() || p.Now().Quote != maxWraps {
		t.Errorf("%d wrappers", p.Now().Quote)
	}
	p = NewReader(strings.NewReader(strings.Repeat("x", MaxLine+1) + "\n"))
	if !p.Scan() || !p.Cut() || len(p.Bytes()) != MaxLine {
		t.Errorf("a line of %d bytes", len(p.Bytes()))
	}
}

// A reader that gives a byte at a time changes nothing, one that fails is told, and
// who wants no more gets no more.
func TestLines(t *testing.T) {
	want := linesOf(composed)
	var got []string
	for l, err := range Lines(iotest.OneByteReader(strings.NewReader(composed))) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %s", l.Number, l.Text))
	}
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	var last error
	for l, err := range Lines(io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(errors.New("disk gone")))) {
		if last = err; err != nil && l.Number != 2 {
			t.Errorf("the error is at line %d", l.Number)
		}
	}
	if last == nil || last.Error() != "disk gone" {
		t.Errorf("error %v", last)
	}
	for n := 1; n <= len(want); n++ {
		given := 0
		Lines(strings.NewReader(composed))(func(Line, error) bool {
			given++
			return given < n
		})
		if given != n {
			t.Errorf("%d lines for a caller that wanted %d", given, n)
		}
	}
}

func TestTerminated(t *testing.T) {
	for text, want := range map[string]bool{
		"x": false, "x\n": true, "x\x1a": true, "> x": false, "```": true, "| a | b |": true, "| a | b": false, `{"stdout":"x"}`: true, "<p>x</p>": true, "12:x": false,
	} {
		p := NewReader(strings.NewReader(text))
		for p.Scan() {
		}
		if p.Terminated() != want {
			t.Errorf("%q: %v", text, p.Terminated())
		}
	}
}

// Rows as they are, and behind what is taken off.
func BenchmarkReader(b *testing.B) {
	const row = "  TCP    10.0.0.5:49152         10.9.9.9:8443          ESTABLISHED     4242\r\n"
	for name, line := range map[string]string{
		"rows": row, "quoted": "> " + row, "numbered": "12:" + row, "timed": "2026-03-10T09:00:00Z " + row, "markdown": "| TCP | 10.0.0.5:49152 | 10.9.9.9:8443 | ESTABLISHED | 4242 |\r\n",
		"page": "<div>" + strings.TrimSpace(row) + "</div>\r\n", "log": `{"log":"` + strings.TrimSpace(row) + `\r\n","stream":"stdout"}` + "\r\n",
	} {
		text := strings.Repeat(line, 10000)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				p := NewReader(strings.NewReader(text))
				for p.Scan() {
				}
			}
		})
	}
}
