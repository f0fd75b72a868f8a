package paste

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// elided are words that say that lines were left out; digits stand for a count.
var elided = pattern(`(?i)^(?:snip(?:ped)?|cut|cut here|schnipp|gekürzt|ausgelassen|usw|etc|more|weitere|fortsetzung|suite|m[aá]s|truncated|omitted|shortened|skipped|removed|elided|continues|continued)$` +
	`|\b(?:truncated|omitted|left out|elided|abbreviated|shortened|snip|snipped|trimmed|and so on|and so forth|und so weiter)\b` +
	`|\b(?:cut (?:off|here|out|for)|(?:output|table|list|rest|rows|lines|remainder) (?:is |was |are |were )?(?:cut|removed|skipped|deleted))\b` +
	`|^(?:and )?(?:about |ca\.? |~ ?)?\d[\d,.' ]* (?:more|further|other|similar|additional|weitere)\b` +
	`|\b(?:more|further|similar|additional|remaining|hundreds of|thousands of) (?:such )?(?:rows|lines|entries|ports|connections|sockets)\b` +
	`|^(?:and )?(?:many|several|lots) more\b|^the rest\b|^(?:repeats|same|ditto)\b.{0,40}$` +
	`|^more\b.{0,12}$|^(?:show|read|see|load|view) more$|\bx ?\d[\d,.]*$|\b(?:only|just) (?:the )?(?:first|last|top)\b|\b(?:first|last) [\d,.]+ (?:rows|lines|entries)\b` +
	`|\bet(?:c|cetera)\b|\b(?:rows|lines|entries|rest) .{0,20}\b(?:removed|redacted|deleted|skipped|dropped|kept)\b|\b(?:rest|remainder|rows|lines) redacted\b`)

// elsewhere are parts of words that say it in other languages, in lower case.
var elsewhere = [...]string{
	"gekürzt", "weggelassen", "ausgelassen", "abgeschnitten", "usw.", "u.s.w", "und so weiter", "tronqu", "coupé", "la suite", "et ainsi de suite", "recortad", "truncad", "se omite",
	"omitid", "omissis", "troncat", "tagliat", "eccetera", "weggelaten", "afgekapt", "ingekort", "ucięt", "pominięt", "опущен", "обрезан", "сокращен", "сокращён", "пропущен",
	"и так далее", "и т.д", "и т. д", "省略", "以下略", "中略", "后略", "後略", "생략", "message clipped", "clipped]", "view entire message",
}

// excerpt are words of a line above a table that say that it is not the whole of it.
var excerpt = pattern(`(?i)\b(?:excerpt|extract|snippet|a? ?parts? of|partial|(?:the )?(?:first|last|top) (?:few |some |[\d,.]+ )?(?:rows|lines|entries)|sample of|beginning of|filtered|shortened|only the|just the|abridged|auszug|ausschnitt|extrait|extracto|fragmento|estratto|fragment)\b|отрывок|фрагмент|выдержка|抜粋|一部|节选|節選|片段|摘录|발췌|일부`)

// Excerpt tells whether a line above a table says that it is a part: "excerpt:", "the first
// rows:", "Auszug".
func Excerpt(text string) bool { return len(text) <= 120 && excerpt().MatchString(text) }

// Elision tells whether a line says that lines were left out where it stands:
// "...", "[... 15,900 more ...]", "<snip>", "-- More --", "and so on".
func Elision(text []byte) bool {
	i := skipBlanks(text, 0)
	if i == len(text) || len(text) > 120 {
		return false
	}
	switch first := text[i]; {
	case first == '[' && len(text)-i > 6 && string(text[len(text)-5:]) == ".exe]":
		return false
	case string(text[i:]) == "." || string(text[i:]) == ":":
		return true // one of three, one below the other
	}
	s := strings.TrimSpace(string(text))
	core := strings.Trim(s, " \t.…⋮·:;,!%@&[](){}<>-=*#~_+|/\\\"'`")
	start := strings.TrimLeft(s, " :;,!%@&[](){}<>-=*#~_|/\"'`")
	dots := strings.HasPrefix(start, "...") || strings.HasPrefix(start, ". . .") || strings.HasPrefix(start, "…") || strings.HasPrefix(start, "⋮")
	switch {
	case core == "":
		return dots || strings.Count(s, ".") >= 2 && strings.Trim(s, ". ") == "" || s == "(..)" || s == "[..]"
	case dots && utf8.RuneCountInString(core) <= 60:
		return true
	case (strings.Contains(s, "8<") || strings.Contains(s, ">8")) && strings.Trim(s, " -8<>") == "":
		return true
	case len(s) > 8 && (s[:3] == "TCP" || s[:3] == "UDP") && strings.Contains(s, "...") && strings.Trim(s[3:], ". *:") == "":
		return true // a row of dots
	case utf8.RuneCountInString(core) <= 60 && mentions(core):
		return true
	case len(core) == len(s) && !strings.Contains(core, " "):
		return strings.EqualFold(core, "truncated") || strings.EqualFold(core, "snip") || strings.EqualFold(core, "etc")
	}
	lower := strings.ToLower(core)
	return slices.ContainsFunc(elidedHints[:], func(w string) bool { return strings.Contains(lower, w) }) && elided().MatchString(core)
}

// mentions tells whether a line has one of the words of other languages.
func mentions(core string) bool {
	lower := strings.ToLower(core)
	return slices.ContainsFunc(elsewhere[:], func(w string) bool { return strings.Contains(lower, w) })
}

// elidedHints are parts of words of which elided needs one.
var elidedHints = [...]string{
	"snip", "cut", "schnipp", "gek", "ausgel", "usw", "etc", "more", "weiter", "fort", "suite", "más", "mas", "trunc", "omit", "short", "skip", "remov",
	"elided", "contin", "left out", "abbrev", "trimmed", "and so", "und so", "delet", "further", "other", "similar", "addit", "remaining", "hundreds",
	"thousands", "many", "the rest", "repeats", "same", "ditto", "rest", "x", "first", "last", "top",
}
