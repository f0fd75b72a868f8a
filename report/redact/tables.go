package redact

import (
	"encoding/csv"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// context is what earlier lines say of the next ones.
type context struct {
	r        *Redactor
	user     [2]int // where the names of users stand in the rows of query user, in characters
	name     string // what stood behind a name's label
	hostname bool   // the command hostname stands right before
}

// follow learns from a line what only the lines before it explain: the rows of query
// user, the answer of nslookup, the output of hostname.
func (c *context) follow(line string) {
	line = strings.TrimRight(line, " \t\r\n\x00")
	words := strings.Fields(line[:min(len(line), 4*longestHost)])
	switch {
	case len(words) == 0:
		c.user = [2]int{}
		return
	case c.hostname:
		c.hostname = false
		if len(words) == 1 {
			c.r.learn(Host, words[0])
		}
	case c.user[1] > 0:
		c.session(line)
	}
	c.header(line, words)
	c.answer(line)
	c.logged(line)
	last := strings.ToLower(words[len(words)-1])
	if at := strings.LastIndexByte(last, '>'); at >= 0 {
		last = last[at+1:]
	}
	c.hostname = c.hostname || (last == "hostname" || last == "hostname.exe" || last == "$env:computername" || last == "%computername%") && len(words) <= 6
}

// userColumns are how the column of users is called, in the languages of Windows.
var userColumns = []string{"USERNAME", "BENUTZERNAME", "UTILISATEUR", "NOM D'UTILISATEUR", "NOMBRE USUARIO", "NOMBRE DE USUARIO", "NOME UTENTE"}

// header finds where users stand in a table of sessions.
func (c *context) header(line string, words []string) {
	if len(words) < 3 || !strings.Contains(line, "ID") {
		return
	}
	upper := strings.ToUpper(line)
	for _, name := range userColumns {
		at := strings.Index(upper, name)
		if at < 0 || at > maxName {
			continue
		}
		from := utf8.RuneCountInString(upper[:at])
		rest := upper[at+len(name):]
		next := len(rest) - len(strings.TrimLeft(rest, " "))
		c.user = [2]int{max(from-1, 0), from + utf8.RuneCountInString(name) + next}
		return
	}
}

// session learns the user of a row; a > marks one's own session.
func (c *context) session(line string) {
	runes := []rune(line[:min(len(line), 4*longestHost)])
	if len(runes) <= c.user[0] {
		return
	}
	cell := string(runes[c.user[0]:min(len(runes), c.user[1])])
	user := strings.Trim(cell, "> ")
	if name, _, more := strings.Cut(user, "  "); more {
		user = name
	}
	if user != "" && strings.Trim(user, "0123456789") != "" {
		c.r.learn(User, user)
	}
}

// answer learns the name that nslookup found: a label, and addresses under it.
func (c *context) answer(line string) {
	name, value := label(line)
	switch {
	case strings.HasPrefix(name, "address") || strings.HasPrefix(name, "adresse") || strings.HasPrefix(name, "direcci"):
		if c.name != "" {
			c.r.learn(Host, c.name)
		}
		c.name = ""
	case name == "name" || name == "nom" || name == "nombre" || name == "nome":
		c.name = value
	case name == "alias" || name == "aliases":
		c.r.learn(Host, value)
		c.name = ""
	default:
		c.name = ""
	}
	if strings.ContainsAny(c.name, " \t") {
		c.name = ""
	}
}

// logged learns the machine and the user of PsLogList: from its heading, "System log on
// \\SRV01:", and with -s from a record, "513,System,Tcpip,WARNING,SRV01,...".
func (c *context) logged(line string) {
	if _, host, ok := strings.Cut(line[:min(len(line), longestHost)], ` log on \\`); ok && strings.HasSuffix(host, ":") {
		c.r.learn(Host, host)
	}
	if !digit(line[0]) {
		return
	}
	for _, comma := range []string{",", "\t", ";", "|"} {
		cells := strings.SplitN(line, comma, 9)
		if len(cells) < 8 || strings.Trim(cells[0]+cells[6], "0123456789") != "" {
			continue
		}
		switch cells[3] {
		case "INFORMATION", "WARNING", "ERROR", "SUCCESS", "AUDIT SUCCESS", "AUDIT FAILURE":
			c.r.learn(Host, cells[4])
			c.r.learn(User, cells[7])
		}
	}
}

// loneName is the one word that a text consists of, as hostname > host.txt writes it.
func loneName(text string) string {
	text = strings.TrimSpace(text[:min(len(text), maxName)])
	if len(text) > 63 || strings.IndexFunc(text, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '-' && c != '_' && c != '.'
	}) >= 0 || isFile(text) || ordinary[strings.ToLower(text)] {
		return ""
	}
	return text
}

// What our own reports say of machines, as sentences on one line.
var sentences = []func() *regexp.Regexp{
	pattern(`\b(?:was left|running out|in use|something failed|did not run out|ran out) on ([^\s,<|]+)`),
	pattern(`\bports? (?:[0-9]+-[0-9]+ )?of ([^\s,<|]+?)(?:'s)? (?:ran|run|was|were|is|are|did|have|had|could|can|filled|stood)\b`),
	pattern(`\b(?:of the machine|tables? of|log of|machine) ([^\s,.;:<|]*[0-9-][^\s,;:<|]*)`),
	pattern(`(?:^|[\s|>:])([^\s,|<>]+), (?:IPv[46] )?(?:TCP|UDP|TCP or UDP)(?::|,)`),
	pattern(`(?m)(?:^|\t|[|] ?|Episode: )([^\s,|<>]+) (?:IPv[46] )?(?:TCP|UDP)(?:$|\t| ?[|]|,|:)`),
	pattern(`(?m)^ {2,13}(?:Also {7}|Episodes {3}|[0-9]+: )*(\S+) (?:IPv[46] )?(?:TCP or UDP|TCP|UDP)(?: +[●▲✓○?] |,)`),
	pattern(`(?m)\bOn (\S+), elevated (?:prompt|PowerShell)`),
	pattern(`(?m)^(?:- )?Hosts?: (\S+)`),
	pattern(`(?m)^Host\t([^\t\n]+)`),
	pattern(`(?m)^Host\t[^\t\n]*\t([^\t\n]+)`),
}

var (
	several = pattern(`\b(?:several machines|other machines too): ([^\n.]+(?:\.[^\s.]+)*)`)
	asides  = pattern(`\([^)\n]*\)`)
)

// ours tells that a text is one of our own reports, which say whose ports they speak of.
func ours(text string) bool {
	head := text[:min(len(text), 4096)]
	if strings.HasPrefix(head, "## ") || strings.HasPrefix(head, "# ") || strings.Contains(head, "portverdict") {
		return true
	}
	first, _, _ := strings.Cut(strings.TrimLeft(head, "\x1b[;0123456789m "), "\n")
	for _, word := range []string{"EXHAUSTED", "LIKELY", "INCONCLUSIVE", "FIXED", "BETTER", "SAME", "WORSE", "UNCLEAR"} {
		if at := strings.Index(first, word); at >= 0 && at < 24 {
			return true
		}
	}
	return false
}

// learnReportText learns from what a report says, whose lines may be broken anywhere.
func (r *Redactor) learnReportText(text string) {
	unbroken := strings.Join(strings.Fields(text), " ")
	for _, said := range []string{text, unbroken} {
		*r.work += len(said)
		for _, s := range sentences {
			for _, m := range s().FindAllStringSubmatch(said, -1) {
				if name := strings.Trim(m[1], "*_`.,:()"); !ordinary[strings.ToLower(name)] && !isPool(name) {
					r.learn(Host, name)
				}
			}
		}
		for _, m := range several().FindAllStringSubmatch(said, -1) {
			for name := range strings.FieldsFuncSeq(asides().ReplaceAllString(m[1], ""), func(c rune) bool { return c == ',' || c == ' ' }) {
				if !ordinary[strings.ToLower(name)] {
					r.learn(Host, name)
				}
			}
		}
	}
	r.learnListed(text, unbroken)
}

// isPool tells the words that stand where a machine would, were there several.
func isPool(name string) bool {
	switch strings.ToLower(name) {
	case "tcp", "udp", "utc", "ipv4", "ipv6", "pools", "episode", "episodes", "why", "all", "both", "dynamic":
		return true
	}
	return false
}

var (
	// endings are those of paths of inputs in a sentence.
	endings = pattern(`(?i)\.(?:etl|evtx?|txt|log|csv|zip|cab|7z|reg)\b`)
	// listed are the rows of the inputs in Markdown and on the page.
	listed = pattern(`(?m)^(?:\| ([^|\n]+) \| [a-zA-Z, ]+ \| [0-9.]+ [KMGTP]?B \| |([^\t\n]+)\t[a-zA-Z, ]+\t[0-9.]+ [KMGTP]?B\t)`)
	// introduced says what stands before a path in our sentences, and goesOn what behind it.
	introduced = []string{"read from ", "ime of ", "arts of ", "first: ", "table of ", "the table ", "the tables ", "trace ", "in use in ", "rows of ", "that of ", "readers of ", "minute (", "in force when ", "time zone in ", "says "}
	goesOn     = pattern(`^(?:: | shows | is not whole| says | covers | \(line | @0x| record )`)
	// functional are words of sentences, not of paths.
	functional = words("it is was be has have no not cannot the on without with they there which who a an so this that these those if")
)

// learnListed learns the paths of inputs with a blank in them.
func (r *Redactor) learnListed(texts ...string) {
	for _, text := range texts {
		*r.work += len(text)
		for _, m := range listed().FindAllStringSubmatch(text, -1) {
			r.learnPath(m[1] + m[2])
		}
		for _, m := range endings().FindAllStringIndex(text, -1) {
			before := text[max(m[0]-maxName, 0):m[1]]
			*r.work += len(before)
			path := before[strings.LastIndexAny(before, "\n\t:;()|<>*?\"")+1:]
			path = strings.TrimSpace(path[strings.LastIndex(path, ". ")+1:])
			known := false
			for _, word := range introduced {
				if at := strings.LastIndex(before, word); at >= 0 && len(before)-at-len(word) <= len(path) {
					path, known = before[at+len(word):], true
				}
			}
			if !known && !goesOn().MatchString(text[m[1]:min(len(text), m[1]+16)]) {
				continue
			}
			if !slices.ContainsFunc(strings.Fields(path), func(w string) bool { return functional[w] }) {
				r.learnPath(path)
			}
		}
	}
}

// learnRows learns from CSV, whose first line names its columns.
func (r *Redactor) learnRows(text string) {
	text = strings.TrimLeft(text, "\uFEFF\r\n ")
	if head, _, _ := strings.Cut(text[:min(len(text), 4096)], "\n"); strings.HasPrefix(head, "#TYPE") {
		_, text, _ = strings.Cut(text, "\n")
	}
	if head, _, _ := strings.Cut(text[:min(len(text), 4096)], "\n"); strings.Count(head, ",") < 2 {
		return
	}
	rows := csv.NewReader(strings.NewReader(text))
	rows.FieldsPerRecord, rows.LazyQuotes = -1, true
	head, err := rows.Read()
	if err != nil {
		return
	}
	kinds := make([]Kind, len(head))
	for i, name := range head {
		kinds[i] = fieldKind(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", "")))
	}
	if !slices.ContainsFunc(kinds, func(k Kind) bool { return k != "" }) {
		return
	}
	for {
		row, err := rows.Read()
		if err != nil {
			return
		}
		for i, value := range row[:min(len(row), len(head))] {
			*r.work += len(value)
			if kinds[i] != "" && value != "" && len(value) <= maxName {
				r.learnField(kinds[i], value)
			}
		}
	}
}
