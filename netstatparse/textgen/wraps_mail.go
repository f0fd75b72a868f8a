package textgen

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"mime/quotedprintable"
	"strings"
)

// mailWraps are mails as a mail program saves them, and PowerShell's Export-Clixml.
var mailWraps = []Wrap{
	{Name: "mail-base64", Why: "a mail in base64", wrap: func(lines []string) wrapping {
		return inBase64(mailHead+"Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", lines, "")
	}},
	{Name: "mail-attached", Why: "a file attached to a mail", wrap: func(lines []string) wrapping {
		return inBase64(mailHead+"Content-Type: multipart/mixed;\r\n boundary=\"==x==\"\r\n\r\n--==x==\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--==x==\r\n"+
			"Content-Type: application/octet-stream; name=\"netstat.txt\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n", lines, "--==x==--\r\n")
	}},
	{Name: "mail-quoted-printable", Why: "a mail in quoted-printable, and the same as HTML", wrap: func(lines []string) wrapping {
		head := mailHead + "Content-Type: multipart/alternative; boundary=b1\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
		w := wrapping{above: strings.Count(head, "\n")}
		var b strings.Builder
		for _, line := range lines {
			w.at = append(w.at, strings.Count(b.String(), "\n")+1)
			var row bytes.Buffer
			q := quotedprintable.NewWriter(&row)
			_, _ = fmt.Fprintf(q, "%s\r\n", line) // to memory
			_ = q.Close()
			b.Write(row.Bytes())
		}
		w.text = head + b.String() + "--b1\r\nContent-Type: text/html\r\n\r\n<pre>\r\n" + strings.Join(escaped(lines, " "), "\r\n") + "</pre>\r\n--b1--\r\n"
		return w
	}},
	{Name: "clixml", Why: "Export-Clixml of the lines of a command", wrap: func(lines []string) wrapping {
		w := eachLine(func(_ int, line string) string {
			var b strings.Builder
			_ = xml.EscapeText(&b, []byte(line)) // to memory
			return "  <S>" + b.String() + "</S>"
		})(lines)
		w.text = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\r\n" + w.text + "</Objs>"
		return w.below(1)
	}},
}

const mailHead = "From: support@kontor.example\r\nSubject: ports\r\nMIME-Version: 1.0\r\n"

// inBase64 has 57 bytes of the text in each line.
func inBase64(head string, lines []string, tail string) wrapping {
	const perLine = 57
	w := wrapping{above: strings.Count(head, "\n")}
	text := ""
	for _, line := range lines {
		w.at = append(w.at, len(text)/perLine+1)
		text += line + "\r\n"
	}
	var b strings.Builder
	for rest := []byte(text); len(rest) > 0; {
		n := min(len(rest), perLine)
		b.WriteString(base64.StdEncoding.EncodeToString(rest[:n]) + "\r\n")
		rest = rest[n:]
	}
	w.text = head + b.String() + tail
	return w
}
