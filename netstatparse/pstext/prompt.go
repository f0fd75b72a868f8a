package pstext

import "strings"

// Prompt tells a line that begins with the prompt of a console, and the command behind
// it: "C:\>", "PS C:\Users\x>", "PS>", ">>" of a command that goes on, or ">" as people
// write it.
func Prompt(text string) (command string, ok bool) {
	text = strings.TrimLeft(text, " \t`")
	if rest, ok := strings.CutPrefix(text, ">> "); ok {
		return strings.TrimSpace(rest), true
	}
	at := strings.IndexByte(text, '>')
	if at < 0 || at > 260 || at > 0 && (text[at-1] == '-' || text[at-1] == '=') { // of an arrow
		return "", false
	}
	head := text[:at]
	path, shell := strings.CutPrefix(head, "PS")
	path = strings.TrimSpace(path)
	drive := len(path) >= 3 && letter(path[0]) && path[1] == ':' && path[2] == '\\' && !strings.ContainsAny(path[3:], `<|"*?`)
	if drive || shell && (path == "" || strings.HasPrefix(path, `\\`) || strings.Contains(path, `:\`)) || head == "" && len(text) > 2 && text[1] == ' ' {
		return strings.TrimSpace(strings.TrimLeft(text[at:], ">")), true
	}
	return "", false
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
