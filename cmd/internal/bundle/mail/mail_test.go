package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"portverdict/cmd/internal/bundle/archive"
)

const head = "From: a@kontor.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\nContent-Type: text/plain\r\n\r\nHello\r\n"

// part is an attached file as a mail program writes it.
func part(fields, content string) string {
	var b strings.Builder
	b.WriteString("--xx\r\n" + strings.ReplaceAll(fields, "\n", "\r\n") + "\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(content))
	for line := range slices.Chunk([]byte(text), 76) {
		b.Write(append(line, "\r\n"...))
	}
	return b.String()
}

// walked is every attachment: its name, what it holds and what is wrong with it.
func walked(t *testing.T, text string) []string {
	t.Helper()
	limits := archive.Limits{Meter: func(r io.Reader) io.Reader { return r }}
	var out []string
	for e, err := range Walk(strings.NewReader(text), int64(len(text)), limits) {
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(e.Data)
		var wrong *archive.FormatError
		if errors.As(err, &wrong) {
			content = append(content, " ("+wrong.Detail+")"...)
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.Name+": "+string(content))
	}
	return out
}

func TestWalk(t *testing.T) {
	long := strings.Repeat("ElfFile\x00", 30)
	file := "Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"System.evtx\""
	whole := head + part(file, long)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"one":                        {whole + "--xx--\r\n", []string{"System.evtx: " + long}},
		"two":                        {whole + part("Content-Type: application/zip; name=a.zip", "PK") + "--xx--\r\n", []string{"System.evtx: " + long, "a.zip: PK"}},
		"name of RFC 2231":           {head + part("Content-Disposition: attachment;\n\tfilename*=UTF-8''%C3%9Cbersicht.zip", "PK") + "--xx--", []string{"Übersicht.zip: PK"}},
		"name of RFC 2047":           {head + part("Content-Type: application/zip; name=\"=?utf-8?B?w5w=?=.zip\"", "PK") + "--xx--", []string{"Ü.zip: PK"}},
		"a path for a name":          {head + part(`Content-Disposition: attachment; filename="..\\..\\a.zip"`, "PK") + "--xx--", []string{"a.zip: PK"}},
		"no name":                    {head + part("Content-Type: application/zip", "PK") + "--xx--", []string{"attachment-1: PK"}},
		"a picture in the text":      {head + part("Content-Type: image/png; name=logo.png\nContent-ID: <1>", "x") + "--xx--", nil},
		"a picture as a file":        {head + part("Content-Type: image/png\nContent-Disposition: attachment; filename=a.png", "x") + "--xx--", []string{"a.png: x"}},
		"cut in a quad":              {whole[:len(whole)-5], []string{"System.evtx: " + long[:len(long)-3] + " (is cut: the mail ends within it)"}},
		"cut between lines":          {whole[:strings.LastIndex(whole[:len(whole)-2], "\r\n")+2], []string{"System.evtx: " + long[:228] + " (is cut: the mail ends within it)"}},
		"damaged":                    {head + "--xx\r\n" + file + "\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\nQ=JD\r\n--xx--", []string{"System.evtx: ABC (is damaged: base64 that cannot be decoded)"}},
		"no boundary, in one line":   {"MIME-Version: 1.0\n" + file + "\nContent-Transfer-Encoding: BASE64\n\n" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("abc", 40_000))), []string{"System.evtx: " + strings.Repeat("abc", 40_000)}},
		"in a mail that is attached": {head + "--xx\r\nContent-Type: message/rfc822\r\n\r\n" + whole + "--xx--\r\n", []string{"System.evtx: " + long}},
		"not in base64":              {head + "--xx\r\n" + file + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nabc\r\n--xx--", nil},
	} {
		if got := walked(t, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSniff(t *testing.T) {
	for text, want := range map[string]bool{
		head:                           true,
		"From a@b Tue Mar 10\n" + head: true,
		"\ufeffMime-Version: 1.0\n":    true,
		"Subject: ports\nContent-Type: Multipart/mixed; boundary=a\n": true,
		"Subject: ports\n\nnetstat:\n":                                false,
		"The mail had these:\nMIME-Version: 1.0\n":                    false,
		"": false,
	} {
		if got := Sniff([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Whatever a mail is, its attachments are walked to the end, their bytes are no more than
// base64 can hold, and their places lie in order in it.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(head + part("Content-Type: application/zip; name=a.zip", "PK\x03\x04") + "--xx--\r\n"))
	f.Add([]byte(head + part("Content-Disposition: attachment; filename*=UTF-8''%C3%9C", "ab")))
	f.Add([]byte("Content-Transfer-Encoding: base64\n\nQUJD\nQ=\n\nContent-Type: a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := archive.Limits{Meter: func(r io.Reader) io.Reader { return r }}
		last, n := int64(0), int64(0)
		for e, err := range Walk(bytes.NewReader(data), int64(len(data)), limits) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Offset < last || e.Offset > int64(len(data)) || e.Name == "" {
				t.Fatal(fmt.Sprint(e.Name, " at ", e.Offset, " behind ", last))
			}
			last = e.Offset
			k, _ := io.Copy(io.Discard, e.Data)
			n += k
		}
		if n > int64(len(data)) {
			t.Fatalf("%d bytes out of %d", n, len(data))
		}
	})
}
