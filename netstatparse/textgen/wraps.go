package textgen

import (
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
)

// A Wrap is what a ticket, a mail or a collector puts around a saved text.
type Wrap struct {
	Name string
	Why  string
	// Rows tells that only the lines of netstat survive it: columns are lost.
	Rows bool
	wrap func(lines []string) wrapping
}

// wrapping is a text and where the lines went.
type wrapping struct {
	text  string
	above int   // lines of the wrapper above the text
	one   bool  // all lines stand in one, the one below those above
	at    []int // the line below those above in which each line begins; nil where each has its own
}

// Apply wraps a text in UTF-8. Line gives the line of the result in which a line
// of the text stands, both 1-based.
func (w Wrap) Apply(text string) (out string, line func(int) int) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if n := len(lines) - 1; n > 0 && lines[n] == "" {
		lines = lines[:n]
	}
	done := w.wrap(lines)
	return done.text, func(n int) int {
		switch {
		case done.one:
			return done.above + 1
		case done.at != nil:
			return done.above + done.at[n-1]
		}
		return done.above + n
	}
}

// each puts something around every line.
func eachLine(around func(i int, line string) string) func([]string) wrapping {
	return func(lines []string) wrapping {
		var b strings.Builder
		for i, line := range lines {
			b.WriteString(around(i, line) + "\r\n")
		}
		return wrapping{text: b.String()}
	}
}

func behind(mark string) func([]string) wrapping {
	return eachLine(func(_ int, line string) string { return mark + line })
}

// between puts lines above and below.
func between(above, below string) func([]string) wrapping {
	return func(lines []string) wrapping {
		return wrapping{text: above + strings.Join(lines, "\n") + "\n" + below, above: strings.Count(above, "\n")}
	}
}

func jsonString(text string) string {
	b, _ := json.Marshal(text) // a string: it can be marshalled
	return string(b)
}

// asOne puts the whole text into one line.
func asOne(above, head, tail string, escape func([]string) string) func([]string) wrapping {
	return func(lines []string) wrapping {
		return wrapping{text: above + head + escape(lines) + tail, above: strings.Count(above, "\n"), one: true}
	}
}

func jsonText(lines []string) string { return jsonString(strings.Join(lines, "\r\n") + "\r\n") }

func jsonList(lines []string) string {
	var all []string
	for _, line := range lines {
		all = append(all, jsonString(line))
	}
	return strings.Join(all, ", ")
}

// Wraps gives every wrapper, sorted by name.
func Wraps() []Wrap {
	all := slices.Concat(prefixWraps, markupWraps, rowWraps, mailWraps)
	slices.SortFunc(all, func(a, b Wrap) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// prefixWraps put something before every line.
var prefixWraps = []Wrap{
	{Name: "quote", Why: "a reply quotes", wrap: behind("> ")},
	{Name: "quote-deep", Why: "a reply to replies quotes", wrap: behind("> > > ")},
	{Name: "quote-tight", Why: "a mail program quotes without blanks between the marks", wrap: behind(">>> ")},
	{Name: "indented", Why: "Markdown code by four blanks", wrap: behind("    ")},
	{Name: "fence", Why: "Markdown code between fences", wrap: between("The table:\n\n```text\n", "```\n\nRegards\n")},
	{Name: "fence-quoted", Why: "a fence in a quote", wrap: func(lines []string) wrapping {
		return behind("> ")(slices.Concat([]string{"```"}, lines, []string{"```"})).below(1)
	}},
	{Name: "tildes", Why: "Markdown code between tildes", wrap: between("~~~\n", "~~~\n")},
	{Name: "findstr-n", Why: "findstr /n", wrap: eachLine(func(i int, line string) string { return fmt.Sprintf("%d:%s", i+1, line) })},
	{Name: "select-string", Why: "Select-String over a file", wrap: eachLine(func(i int, line string) string { return fmt.Sprintf("netstat.txt:%d:%s", i+1, line) })},
	{Name: "select-string-context", Why: "Select-String with a path and the mark of -Context", wrap: eachLine(func(i int, line string) string {
		return fmt.Sprintf(`> C:\Temp\net stat.txt:%d:%s`, i+1, line)
	})},
	{Name: "quote-bar", Why: "a mail program quotes with a bar", wrap: behind("| ")},
	{Name: "quote-initials", Why: "a mail program quotes with initials", wrap: behind("JD> ")},
	{Name: "jira", Why: "a ticket's block", wrap: between("{noformat}\n", "{noformat}\n")},
	{Name: "jira-code", Why: "a ticket's code", wrap: between("{code:title=netstat.txt}\n", "{code}\n")},
	{Name: "time-build", Why: "a build's log", wrap: behind("2026-03-10T09:00:00.1234567Z ")},
	{Name: "time-brackets-iso", Why: "a build server's time in brackets", wrap: behind("[2026-03-10T09:00:00.123Z] ")},
	{Name: "time-iso", Why: "a log shipper's RFC 3339 time", wrap: behind("2026-03-10T09:00:00.1234567Z ")},
	{Name: "time-script", Why: "a script's time", wrap: behind("2026-03-10 09:00:00   ")},
	{Name: "time-brackets", Why: "a time in brackets", wrap: behind("[09:00:01] ")},
	{Name: "time-syslog", Why: "RFC 3164", wrap: behind("<13>Mar 10 09:00:00 srv01 collector[812]: ")},
	{Name: "time-container", Why: "a container's log", wrap: behind("2026-03-10T09:00:00.123456789Z stdout F ")},
	{Name: "double-spaced", Why: "a mail or a page puts an empty line behind every line", wrap: func(lines []string) wrapping {
		w := wrapping{text: strings.Join(lines, "\n\n") + "\n\n"}
		for i := range lines {
			w.at = append(w.at, 2*i+1)
		}
		return w
	}},
	{Name: "blanks-typographic", Why: "a web page's no-break blanks", wrap: eachLine(func(_ int, line string) string { return strings.ReplaceAll(line, " ", "\u00a0") })},
}

// markupWraps put HTML or JSON around the lines.
var markupWraps = []Wrap{
	{Name: "html-pre", Why: "HTML, preformatted", wrap: func(lines []string) wrapping {
		return between("<html><body><p>The table:</p><pre>\n", "</pre></body></html>\n")(escaped(lines, " "))
	}},
	{Name: "html-br", Why: "HTML, a line break and no-break blanks", wrap: func(lines []string) wrapping {
		return eachLine(func(_ int, line string) string { return line + "<br>" })(escaped(lines, "&nbsp;"))
	}},
	{Name: "html-div", Why: "HTML, a div a line as Outlook writes it", wrap: func(lines []string) wrapping {
		return eachLine(func(_ int, line string) string {
			return `<div class="x"><span style='font-family:Consolas'>` + line + "</span></div>"
		})(escaped(lines, "&#160;"))
	}},
	{Name: "json-lines", Why: "Ansible's stdout_lines", wrap: func(lines []string) wrapping {
		head := "ok: [srv01] => {\n    \"changed\": true,\n    \"stdout_lines\": [\n"
		var b strings.Builder
		for i, line := range lines {
			comma := ","
			if i == len(lines)-1 {
				comma = ""
			}
			b.WriteString("        " + jsonString(line) + comma + "\n")
		}
		return wrapping{text: head + b.String() + "    ]\n}\n", above: 3}
	}},
	{Name: "json-stdout", Why: "Ansible's stdout", wrap: asOne("{\n    \"rc\": 0,\n", "    \"stdout\": ", ",\n    \"stderr\": \"\"\n}\n", jsonText)},
	{Name: "json-both", Why: "Ansible's stdout and, the same again, stdout_lines, in one line", wrap: func(lines []string) wrapping {
		return asOne("", `{"changed": true, "rc": 0, "stdout": `+jsonText(lines)+`, "stdout_lines": [`, `]}`, jsonList)(lines)
	}},
	{Name: "json-key", Why: "Ansible's answer behind the name of the machine", wrap: asOne("", `ok: [srv01] => {"changed": true, "stdout": `, `, "rc": 0}`, jsonText)},
	{Name: "json-variable", Why: "Ansible's debug", wrap: func(lines []string) wrapping {
		return asOne("ok: [srv01] => {\n", `    "ports.stdout": `, "\n}\n", jsonText)(lines)
	}},
	{Name: "literal", Why: "a string as a program prints it", wrap: asOne("", "'", "'\n", func(lines []string) string { return strings.Join(lines, `\r\n`) + `\r\n` })},
	{Name: "html-mail", Why: "a mail saved as a page", wrap: func(lines []string) wrapping {
		return eachLine(func(_ int, line string) string { return "<p class=MsoNormal>" + line + "<o:p></o:p></p>" })(escaped(lines, "&nbsp;"))
	}},
	{Name: "json-log", Why: "a container's log, an object a line", wrap: eachLine(func(_ int, line string) string {
		return `{"log":` + jsonString(line+"\r\n") + `,"stream":"stdout","time":"2026-03-10T09:00:00.1Z"}`
	})},
}

// rowWraps are a transcript, and what turns rows into something else.
var rowWraps = []Wrap{
	{Name: "transcript", Why: "a transcript of PowerShell", wrap: between("**********************\nWindows PowerShell transcript start\nStart time: 20260310090000\n"+
		"Username: KONTOR\\admin\nMachine: SRV01 (Microsoft Windows NT 10.0.17763.0)\n**********************\n",
		"**********************\nWindows PowerShell transcript end\nEnd time: 20260310090100\n**********************\n")},
	{Name: "markdown-table", Why: "a table of Markdown", Rows: true, wrap: eachLine(func(_ int, line string) string {
		if cells := strings.Fields(line); len(cells) > 2 && (cells[0] == "TCP" || cells[0] == "UDP") {
			return "| " + strings.Join(cells, " | ") + " |"
		}
		return line
	})},
	{Name: "html-table", Why: "a table of HTML", Rows: true, wrap: func(lines []string) wrapping {
		return eachLine(func(_ int, line string) string {
			if cells := strings.Fields(line); len(cells) > 2 && (cells[0] == "TCP" || cells[0] == "UDP") {
				return "<tr><td>" + strings.Join(cells, "</td><td>") + "</td></tr>"
			}
			return line
		})(escaped(lines, " "))
	}},
	{Name: "joined", Why: "a web form lost the line ends between rows", Rows: true, wrap: func(lines []string) wrapping {
		var w wrapping
		n := 0
		for i, line := range lines {
			if i == 0 || !isRow(line) || !isRow(lines[i-1]) {
				w.text += "\n"
				n++
			}
			w.text += line + "  "
			w.at = append(w.at, n)
		}
		w.text = w.text[1:] + "\n"
		return w
	}},
	{Name: "single-blanks", Why: "a mail program that keeps one blank of several", Rows: true, wrap: eachLine(func(_ int, line string) string { return strings.Join(strings.Fields(line), " ") })},
	{Name: "code-marks", Why: "a mark of code around every line", wrap: eachLine(func(_ int, line string) string {
		if line == "" || strings.ContainsRune(line, '`') {
			return line
		}
		return "`" + line + "`"
	})},
	{Name: "list", Why: "rows as a list", Rows: true, wrap: eachLine(func(_ int, line string) string {
		if trimmed := strings.TrimLeft(line, " "); strings.HasPrefix(trimmed, "TCP ") || strings.HasPrefix(trimmed, "UDP ") {
			return "- " + trimmed
		}
		return line
	})},
}

// below adds lines to those above.
func (w wrapping) below(n int) wrapping {
	w.above += n
	return w
}

func escaped(lines []string, blank string) []string {
	var out []string
	for _, line := range lines {
		out = append(out, strings.ReplaceAll(html.EscapeString(line), " ", blank))
	}
	return out
}

// WrapMail breaks the lines of rows that are longer than width at their last blank,
// as a mail program does. Line gives the line of the result a line begins in.
func WrapMail(text string, width int, mark string) (out string, line func(int) int) {
	var b strings.Builder
	var starts []int
	n := 0
	for row := range strings.Lines(text) {
		row = strings.TrimRight(row, " \r\n")
		n++
		starts = append(starts, n)
		if i := strings.LastIndexByte(row, ' '); len(row) > width && i > 0 && strings.Contains(row, ":") {
			b.WriteString(mark + strings.TrimRight(row[:i], " ") + "\n")
			row = row[i+1:]
			n++
		}
		b.WriteString(mark + row + "\n")
	}
	return b.String(), func(i int) int { return starts[i-1] }
}
