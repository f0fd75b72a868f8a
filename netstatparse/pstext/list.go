package pstext

import "strings"

// PropertyOf reads a line "Name : value" of Format-List, or "Name=value" of wmic
// /format:list. PowerShell leaves a blank before the colon; other programs do not. Names
// have no blank and at most 64 bytes.
func PropertyOf(text string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(text, "=")
	if colon := strings.IndexByte(text, ':'); colon > 0 && (!ok || colon < len(name)) {
		name, value, ok = text[:colon], text[colon+1:], text[colon-1] == ' '
	}
	if !ok || len(name) > 64 {
		return "", "", false
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	return name, value, name != "" && !strings.ContainsAny(name, " \t\"'<>(){}[]|$")
}
