package paste

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What stands before a row is known by the row alone, and then goes from the lines below it
// too, whatever it is.
func TestRowPrefix(t *testing.T) {
	const row, udp = "  TCP    10.0.0.5:49152   10.9.9.9:443   TIME_WAIT   0", "  UDP    0.0.0.0:500   *:*   888"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a machine":          {"[SRV01] " + row + "\n[SRV01]  [x.exe]\n[OTHER] x\n", []string{"1  " + row, "2   [x.exe]", "3 [OTHER] x"}},
		"other numbers":      {"   9\t" + row + "\n  10\t" + udp + "\n  11\t\n\n  12\t [x.exe]\n", []string{"1 \t" + row, "2 \t" + udp, "3 ", "4 ", "5 \t [x.exe]"}},
		"a string of a CSV":  {`"2026-03-10","` + row + `",srv01` + "\n", []string{"1 " + row}},
		"a list in YAML":     {"  - '" + row + "'\n  - ''\n  - 'Start Port : 1'\n", []string{"1 " + row, "2 ", "3 Start Port : 1"}},
		"German":             {"x:  TCP    10.0.0.5:49152   10.9.9.9:443   HERGESTELLT   0\n", []string{"1   TCP    10.0.0.5:49152   10.9.9.9:443   HERGESTELLT   0"}},
		"an unknown state":   {"x:  TCP    10.0.0.5:49152   10.9.9.9:443   SEEN   0\n", []string{"1 x:  TCP    10.0.0.5:49152   10.9.9.9:443   SEEN   0"}},
		"no port in numbers": {"x:  TCP    srv:epmap   10.9.9.9:443   TIME_WAIT   0\n", []string{"1 x:  TCP    srv:epmap   10.9.9.9:443   TIME_WAIT   0"}},
		"a column of a tool": {"x.exe:5\tTCP 10.0.0.5:49152   10.9.9.9:443   TIME_WAIT   0\n", []string{"1 x.exe:5\tTCP 10.0.0.5:49152   10.9.9.9:443   TIME_WAIT   0"}},
		"a word before it":   {"xTCP 10.0.0.5:49152   10.9.9.9:443   TIME_WAIT   0\n", []string{"1 xTCP 10.0.0.5:49152   10.9.9.9:443   TIME_WAIT   0"}},
		"too far":            {strings.Repeat("x", maxPrefix) + row + "\n", []string{"1 " + strings.Repeat("x", maxPrefix) + row}},
		"a prefix of quotes": {"JD> C:\\>netstat -ano\nJD>\nJD> x\nPS> x\nABCD> x\nJD>netstat -ano\n", []string{"1 C:\\>netstat -ano", "2 ", "3 x", "4 PS> x", "5 ABCD> x", "6 JD>netstat -ano"}},
		"bars":               {"| C:\\>netstat -ano | find \"x\"\n| x\n| select -First 5\n", []string{"1 C:\\>netstat -ano | find \"x\"", "2 x", "3 | select -First 5"}},
	} {
		if got := linesOf(c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// Blocks of tickets, tables without bars at their ends or drawn with signs, text right behind
// a fence, labels in bold, RTF.
func TestBlocks(t *testing.T) {
	const row = "  TCP    10.0.0.5:49152   10.9.9.9:443   TIME_WAIT   0"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"macros":       {"{noformat}\nx\n{code:title=a|b=c}\n[code]\n[/code]\n{pre}\n{x}\n[code] x\n", []string{"1 ", "2 x", "3 ", "4 ", "5 ", "6 ", "7 {x}", "8 [code] x"}},
		"no bars":      {"Proto | Local | State\n---|---|---\nTCP | 10.0.0.5:1 | BOUND\nx | y\n\nx | y\n", []string{"1 Proto  Local  State", "2 ", "3 TCP  10.0.0.5:1  BOUND", "4 x  y", "5 ", "6 x | y"}},
		"signs":        {"+---+---+\n| a | b |\n+===+===+\n", []string{"1 ", "2 a  b", "3 "}},
		"lines":        {"┌──┬──┐\n│ a │ b │\n└──┴──┘\n", []string{"1 ", "2 a  b", "3 "}},
		"fence":        {"```" + row + "\nx```\n", []string{"1 " + row, "2 x"}},
		"bold":         {"**Event ID:** 4231\n**x**\n", []string{"1 Event ID: 4231", "2 **x**"}},
		"RTF":          {row + "\\par\n", []string{"1 " + row}},
		"thousands":    {"12\u00a0345 Ko\n10\u00a009:04\n1\u00a0234.56 5\u00a0192.168.0.1:443\n", []string{"1 12\u00a0345 Ko", "2 10 09:04", "3 1\u00a0234.56 5 192.168.0.1:443"}},
		"a heading":    {"<h2>SRV01</h2><pre>x</pre>\n", []string{"1 # SRV01", "1 x"}},
		"behind a key": {`ok: [srv01] => {"stdout": "a\r\nb"}` + "\n", []string{"1 ok: [srv01] =>", "1 a", "1 b"}},
		"a variable":   {`  "x.stdout": "a\nb",` + "\n", []string{"1 a", "1 b"}},
		"a tag":        {"2026-03-10T09:00:00Z\tapp\t" + `{"log": "a"}` + "\n", []string{"1 app", "1 a"}},
	} {
		if got := linesOf(c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// A line may hold many: as a string of a program, with carriage returns, or as rows.
// Parts of mails are decoded, those without text and second forms are passed over, and lines
// have the numbers of the mail.
func TestMail(t *testing.T) {
	const head = "Content-Type: multipart/alternative;\n\tboundary=\"b\"\n\n--b\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"base64":           {"Content-Transfer-Encoding: BASE64\n\nYQpi\nYwo=\n\nd\n", []string{"1 Content-Transfer-Encoding: BASE64", "2 ", "3 a", "3 bc", "6 ", "6 d"}},
		"quoted-printable": {"Content-Type: text/plain; charset=iso-8859-1\ncontent-transfer-encoding: quoted-printable\n\nABH=D6REN =\nb\n=3D =x\n", []string{"1 Content-Type: text/plain; charset=iso-8859-1", "2 content-transfer-encoding: quoted-printable", "3 ", "4 ABHÖREN b", "6 = =x", "6 "}},
		"forms of one":     {head + "Content-Type: text/plain\n\na\n--b\nContent-Type: text/html\n\nb\n--b--\nc\n", []string{"1 Content-Type: multipart/alternative;", "2 \tboundary=\"b\"", "3 ", "4 ", "5 Content-Type: text/plain", "6 ", "7 a", "8 ", "9 Content-Type: text/html", "12 ", "13 c"}},
		"an image":         {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nYQpi\n--b\n\nx\n", []string{"1 Content-Type: multipart/mixed; boundary=b", "2 ", "3 ", "4 Content-Type: image/png", "5 Content-Transfer-Encoding: base64", "8 ", "9 ", "10 x"}},
		"an archive":       {"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\nUEsDBAAA\nYQpi\n", []string{"1 Content-Type: application/octet-stream", "2 Content-Transfer-Encoding: base64", "3 ", "5 "}},
		"not of a mail":    {"x: base64\n\nYQpi\n", []string{"1 x: base64", "2 ", "3 YQpi"}},
	} {
		if got := linesOf(c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// A part of a mail that ends within a line is told.
func TestCutPart(t *testing.T) {
	const head, tail = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n", "\n--b--\n"
	for body, whole := range map[string]bool{"YQpi": false, "YWIK": true, "YWIKY": false} {
		p, told := NewReader(strings.NewReader(head+body+tail)), true
		for p.Scan() {
			told = told && (!p.Now().Break || p.Terminated())
		}
		if told != whole {
			t.Errorf("%s: whole is %v", body, told)
		}
	}
}

func TestRunOn(t *testing.T) {
	const row = "TCP    10.0.0.5:49152   10.9.9.9:443   TIME_WAIT   0"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a string":                  {`'\r\nActive\r\n  TCP  a\r\n'` + "\n", []string{"1 ", "1 Active", "1   TCP  a", "1 "}},
		"bytes":                     {`b'Active\r\n  TCP  a\r\n'`, []string{"1 Active", "1   TCP  a", "1 "}},
		"a path":                    {`C:\new\net` + "\n", []string{`1 C:\new\net`}},
		"carriage returns":          {"Active\rProto\r" + row, []string{"1 Active", "2 Proto", "3 " + row}},
		"an empty line behind each": {"a\n\nb\n\nc\n\nd\n\ne\n\nf\n\n\ng\n\nh\n", []string{"1 a", "3 b", "5 c", "7 d", "9 e", "11 f", "13 ", "14 g", "16 h"}},
		"rows":                      {strings.Repeat(" "+row, 3) + "\n", []string{"1  " + row, "1 " + row, "1 " + row}},
		"some with one behind":      {"a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng\nh\n", []string{"1 a", "2 ", "3 b", "4 ", "5 c", "6 ", "7 d", "8 ", "9 e", "10 ", "11 f", "12 ", "13 g", "14 h"}},
		"rows behind words":         {"these: " + row + " " + row + "\n", []string{"1 these:", "1 " + row, "1 " + row}},
	} {
		if got := linesOf(c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
	long := linesOf(strings.Repeat(row+" ", 5000) + "\nnext\n")
	if len(long) != 5001 || long[4999] != "1 "+row || long[5000] != "2 next" {
		t.Errorf("%d lines, the last %q", len(long), long[len(long)-1])
	}
	long = linesOf(strings.Repeat(row+`\r\n`, 5000) + "\n")
	if len(long) < 5000 || long[4999] != "1 "+row {
		t.Errorf("%d lines", len(long))
	}
	p := NewReader(strings.NewReader(`{"@timestamp":"2026-03-10T09:00:00.5Z","message":"a\nb"}` + "\nc\n"))
	for i, want := range []string{"2026-03-10T09:00:00.5Z", "2026-03-10T09:00:00.5Z", ""} {
		if !p.Scan() || string(p.Now().Time) != want || p.Now().Inside != (want != "") {
			t.Errorf("line %d of a log in JSON: time %q, inside %v", i, p.Now().Time, p.Now().Inside)
		}
	}
}

func TestExcerpt(t *testing.T) {
	for text, want := range map[string]bool{
		"The first rows:": true, "An excerpt of netstat": true, "Part of the output": true, "Auszug:": true, "节选": true, "only the first 20 lines": true,
		"netstat -anobq": false, "Active Connections": false, "The table of this morning:": false, strings.Repeat("part of ", 40): false,
	} {
		if Excerpt(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestHosts(t *testing.T) {
	for text, want := range map[string]string{
		"Server SRV01:": "SRV01", "Output on SRV01:": "SRV01", "**SRV01**": "SRV01", "# SRV01": "SRV01", "the ports of SRV01 -": "SRV01", "Server:": "", "on 2026-03-10:": "",
	} {
		if got := HostOf(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if !IsHost("SRV01") || IsHost("SRV01 x") || IsHost("unknown") {
		t.Error("what hostname writes is told wrongly")
	}
}
