package textgen

import (
	"slices"
	"strings"
)

// A Lack is a way in which a complete table is not complete any more.
type Lack struct {
	Name string
	make func(lines []string) []string
}

// Apply takes a table of netstat -anobq in UTF-8, with the command above it, which
// has at least two rows of TCP before one that is BOUND and three of UDP.
func (l Lack) Apply(text string) string {
	eol := "\n"
	if strings.Contains(text, "\r\n") {
		eol = "\r\n"
	}
	lines := strings.Split(strings.TrimSuffix(text, eol), eol)
	return strings.Join(l.make(lines), eol) + eol
}

func isRow(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "TCP ") || strings.HasPrefix(line, "UDP ")
}

// rowAt is the index of the n-th line of a row, from the end if n is negative.
func rowAt(lines []string, n int) int {
	var at []int
	for i, line := range lines {
		if isRow(line) {
			at = append(at, i)
		}
	}
	if n < 0 {
		n += len(at)
	}
	return at[n]
}

// inserted puts lines before the n-th row.
func inserted(n int, more ...string) func([]string) []string {
	return func(lines []string) []string { return slices.Insert(slices.Clone(lines), rowAt(lines, n), more...) }
}

func appended(more ...string) func([]string) []string {
	return func(lines []string) []string { return slices.Concat(lines, more) }
}

// piped adds to the command line.
func piped(more string) func([]string) []string {
	return func(lines []string) []string {
		lines = slices.Clone(lines)
		for i, line := range lines {
			if strings.Contains(line, "netstat -") {
				lines[i] += more
			}
		}
		return lines
	}
}

// above puts a line before all.
func above(line string) func([]string) []string {
	return func(lines []string) []string { return slices.Concat([]string{line, ""}, lines) }
}

// edited changes the n-th row.
func edited(n int, change func(string) string) func([]string) []string {
	return func(lines []string) []string {
		lines = slices.Clone(lines)
		lines[rowAt(lines, n)] = change(lines[rowAt(lines, n)])
		return lines
	}
}

func without(drop func(line string) bool) func([]string) []string {
	return func(lines []string) []string { return slices.DeleteFunc(slices.Clone(lines), drop) }
}

// cutIn ends the text within the n-th row, some characters before the end of it.
func cutIn(n, characters int) func([]string) []string {
	return func(lines []string) []string {
		i := rowAt(lines, n)
		lines = slices.Clone(lines[:i+1])
		lines[i] = lines[i][:len(lines[i])-characters]
		return lines
	}
}

// withoutNumber takes the last number out of a row.
func withoutNumber(row string) string {
	end := strings.LastIndexAny(row, "0123456789") + 1
	start := end
	for row[start-1] >= '0' && row[start-1] <= '9' {
		start--
	}
	return row[:start] + row[end:]
}

// Lacks gives every way, in no order that matters.
func Lacks() []Lack {
	var all []Lack
	for name, mark := range map[string]string{
		"dots": "  ...", "dots-brackets": "[...]", "dots-count": "[... 15,900 more ...]", "snip": "<snip>", "snip-dashes": "--snip--", "more": "-- More --",
		"truncated": "... truncated", "and-so-on": "and so on", "cut": "(cut)", "omitted": "output omitted", "ellipsis": "…", "left-out": "(the rest is left out)",
		"more-rows": "and 500 more rows", "removed": "[200 lines removed]", "rest": "*** output truncated ***",
		"scissors": "---- 8< ----", "etcetera": "etc.", "repeated": "(repeats 15,000 times)", "many": "[many more lines like these]", "brevity": "15,900 rows removed for brevity",
		"clipped": "[Message clipped]  View entire message", "show-more": "Show more", "redacted": "<rest redacted>", "too-long": "Output too long, shortened.", "row-of-dots": "  TCP    ...                    ...                    ...             ...",
		"dots-spaced": "  .  .  .", "lines-range": "< lines 120-15900 omitted >", "german": "[... gekürzt ...]", "german-rest": "(Rest weggelassen)", "usw": "usw.", "french": "[suite tronquée]",
		"french-rest": "(le reste est coupé)", "spanish": "[recortado]", "spanish-rest": "(se omite el resto)", "russian": "(остальное опущено)", "japanese": "以下省略", "japanese-brackets": "（以下略）",
		"chinese": "（以下省略）", "chinese-rest": "其余省略", "korean": "(이하 생략)", "portuguese": "(resto omitido)", "italian": "[omissis]", "dutch": "(rest weggelaten)",
		"only": "(only the first 80 rows are shown)", "limit": "Only the first 100 lines were kept", "plus": "+ 15,900 more", "percent": "--More-- (12%)", "x-times": "x 15000",
	} {
		all = append(all, Lack{"elision-" + name, inserted(2, mark)}, Lack{"elision-below-" + name, appended(mark)})
	}
	for name, filter := range map[string]string{
		"findstr": " | findstr 4242", "findstr-v": " | findstr /v BOUND", "find": ` | find "TCP"`, "select-first": " | Select-Object -First 200",
		"select-last": " | select -Last 50", "select-skip": " | select -Skip 10", "head": " | head -50", "more": " | more", "grep": "|grep -v 4242",
		"where": " | Where-Object { $_ -match 'TCP' }", "question-mark": " | ? { $_ -like '*BOUND*' }", "select-string": " | Select-String BOUND",
		"protocol": " -p tcp", "unknown": " | ports.exe", "protocol-udp": " -p udp", "findstr-i": ` | findstr /i "bound listening"`, "findstr-c": ` | findstr /c:"4242"`,
		"sls": " | sls 4242", "sls-not": " | sls BOUND -NotMatch", "select-index": " | Select-Object -Index (0..99)", "sort-unique": " | sort -Unique", "sort-then": " | sort | select -First 50",
		"foreach": " | % { if ($_ -match 'TCP') { $_ } }", "foreach-object": " | ForEach-Object { $_ }", "where-short": " | where { $_ -notmatch 'BOUND' }", "egrep": " | egrep -v '4242|BOUND'",
		"tail": " | tail -n 100", "sed": " | sed -n 1,80p", "awk": " | awk 'NR<80'", "more-plus": " | more +80", "get-unique": " | Get-Unique", "gridview": " | Out-GridView -PassThru",
		"python": ` | python -c "import sys"`, "rg": " | rg 4242", "uniq": " | sort | uniq", "first-short": " | select -f 100", "last": " | Select-Object -Last 120", "skip-last": " | select -SkipLast 5",
	} {
		all = append(all, Lack{"filter-" + name, piped(filter)})
	}
	return append(
		all,
		Lack{"excerpt-above", above("The first rows of it:")},
		Lack{"excerpt-part", above("A part of the table:")},
		Lack{"excerpt-german", above("Auszug:")},
		Lack{"indexed", func(lines []string) []string {
			lines = slices.Clone(lines)
			for i, line := range lines {
				if at := strings.Index(line, "netstat -"); at >= 0 {
					lines[i] = "PS C:\\> (" + line[at:] + ")[0..99]"
				}
			}
			return lines
		}},
		Lack{"prose", inserted(3, "here it gets interesting, see below")},
		Lack{"prose-word", inserted(3, "", "later:", "")},
		Lack{"prose-blanks", inserted(3, "", "And from there on it is all the same process.", "")},
		Lack{"elision-below-header", inserted(0, "...")},
		Lack{"row-cut-in-address", cutIn(-2, 60)},
		Lack{"redacted", inserted(3, "<redacted>")},
		Lack{"words-in-brackets", inserted(3, "[output limit exceeded]")},
		Lack{"dots-as-a-comment", appended("; ...")},
		Lack{"blocks", inserted(3, "```", "```")},
		Lack{"handed-to-another-program", above(`I ran cmd /c "netstat -anobq | findstr 443" there`)},
		Lack{"row-cut-in-middle", edited(2, func(row string) string { return row[:24] })},
		Lack{"row-without-pid", edited(2, withoutNumber)},
		Lack{"row-without-state", edited(1, func(row string) string { return row[:55] })},
		Lack{"row-unread", edited(2, func(row string) string { return strings.Replace(row, ":49", ":99999", 1) })},
		Lack{"port-named", edited(0, func(row string) string { return strings.Replace(row, ":135 ", ":epmap ", 1) })},
		Lack{"header-lost", without(func(line string) bool {
			return strings.Contains(line, "Active Connections") || strings.Contains(line, "Proto ")
		})},
		Lack{"udp-lost", without(func(line string) bool { return strings.Contains(line, "UDP ") })},
		Lack{"switch-and-bound-lost", func(lines []string) []string {
			return without(func(line string) bool { return strings.Contains(line, "BOUND") || strings.Contains(line, "netstat -") })(lines)
		}},
	)
}
