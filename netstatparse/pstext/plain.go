package pstext

import "strings"

// Plain is a line without the escapes that set colours: PowerShell 7.2 and later write
// them around the header of a table and the names of a list, into transcripts too.
func Plain(text string) string {
	if strings.IndexByte(text, 0x1b) < 0 {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "\x1b")
		b.WriteString(before)
		if !ok {
			return strings.TrimRight(b.String(), " \t")
		}
		text = rest
		if strings.HasPrefix(rest, "[") {
			n := 1
			for n < len(rest) && n < 32 && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == ';' || rest[n] == '?') {
				n++
			}
			text = rest[min(n+1, len(rest)):]
		}
	}
}
