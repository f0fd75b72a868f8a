package redact

import (
	"html"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The letters of the code pages in which a Western Windows writes its texts, from byte
// 0x80 on; a blank stands for what is no letter.
var codePages = []string{
	"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ     áíóúñÑ                                                           ß                              ", // 437
	"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø Ø  áíóúñÑ               ÁÂÀ              ãÃ        ðÐÊËÈ ÍÎÏ     Ì ÓßÔÒõÕ þÞÚÛÙýÝ                  ", // 850
	"          Š Œ Ž           š œ žŸ                                ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö øùúûüýþÿ", // 1252
}

var fromByte, toByte = codePageTables()

func codePageTables() (from []map[byte]rune, to []map[rune]byte) {
	for _, page := range codePages {
		f, t := map[byte]rune{}, map[rune]byte{}
		at := 0x80
		for _, r := range page {
			if r != ' ' && at <= 0xFF {
				f[byte(at)], t[r] = r, byte(at)
			}
			at++
		}
		from, to = append(from, f), append(to, t)
	}
	return from, to
}

// marks are the letters with a mark that Western names have, each before the letter
// without it, which macOS writes as two characters in the names of files.
var marks = map[rune]string{
	'\u0300': "ÀAÈEÌIÒOÙUàaèeìiòoùu", '\u0301': "ÁAÉEÍIÓOÚUÝYáaéeíióoúuýy", '\u0302': "ÂAÊEÎIÔOÛUâaêeîiôoûu", '\u0303': "ÃAÑNÕOãañnõo",
	'\u0308': "ÄAËEÏIÖOÜUŸYäaëeïiöoüuÿy", '\u030A': "ÅAåa", '\u030C': "ČCŠSŽZčcšsžz", '\u0327': "ÇCçc",
}

var compose, decompose = markTables()

func markTables() (*strings.Replacer, *strings.Replacer) {
	var to, from []string
	for mark, pairs := range marks {
		letters := []rune(pairs)
		for i := 0; i < len(letters); i += 2 {
			one, two := string(letters[i]), string(letters[i+1])+string(mark)
			to, from = append(to, two, one), append(from, one, two)
		}
	}
	return strings.NewReplacer(to...), strings.NewReplacer(from...)
}

// composed is a name with each letter as one character.
func composed(text string) string { return compose.Replace(text) }

// spellings are the other ways in which a name is written: the first 15 characters of
// a machine's, its letters in each code page and with their marks apart, as part of a
// link, and as texts hold it whose code page was mistaken.
func spellings(kind Kind, text string) []string {
	var out []string
	if kind == Host && len(text) > netbiosName && !strings.Contains(text, ".") {
		out = append(out, text[:netbiosName])
	}
	if strings.ContainsAny(text, `'"&<>`) {
		out = append(out, inXML.Replace(text), html.EscapeString(text))
	}
	plain := true
	for i := range len(text) {
		plain = plain && text[i] < utf8.RuneSelf
	}
	if plain {
		if strings.Contains(text, " ") {
			out = append(out, strings.ReplaceAll(text, " ", "%20"), strings.ReplaceAll(text, " ", "+"), strings.ReplaceAll(text, " ", "_"))
		}
		return out
	}
	for _, is := range readings(text) {
		out = append(out, is, url.PathEscape(is), strings.ToUpper(is), misread(is), decompose.Replace(is))
		for _, page := range toByte {
			for _, letters := range []string{is, strings.ToUpper(is), strings.ToLower(is)} { // bytes have no case
				if b, ok := encode(letters, page); ok {
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// readings are what a name is as text: itself, or its bytes by each code page.
func readings(text string) []string {
	if utf8.ValidString(text) {
		return []string{text}
	}
	var out []string
	for _, page := range fromByte {
		var b strings.Builder
		for i := range len(text) {
			if c := text[i]; c < utf8.RuneSelf {
				b.WriteByte(c)
			} else if r, ok := page[c]; ok {
				b.WriteRune(r)
			} else {
				b.Reset()
				break
			}
		}
		if b.Len() > 0 {
			out = append(out, b.String())
		}
	}
	return out
}

var inXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&apos;", `"`, "&quot;")

func encode(text string, page map[rune]byte) (string, bool) {
	var b strings.Builder
	for _, r := range text {
		c, ok := page[r]
		if r >= utf8.RuneSelf && !ok {
			return "", false
		}
		if r < utf8.RuneSelf {
			c = byte(r)
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

// misread is UTF-8 that was read as Latin-1: JÃ¼rgen.
func misread(text string) string {
	out := make([]rune, 0, len(text))
	for i := range len(text) {
		out = append(out, rune(text[i]))
	}
	return string(out)
}
