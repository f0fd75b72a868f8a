package paste

import "strings"

// months begin, in lower case, with one of these: English, German, French, Spanish,
// Italian, Portuguese, Russian, Polish, Dutch, Czech. Get-EventLog's table prints three
// or four letters of the locale's own.
var months = [12][]string{
	{"jan", "jän", "ene", "gen", "янв", "sty", "led"},
	{"feb", "fév", "fev", "фев", "lut", "úno"},
	{"mar", "mär", "мар", "maa", "mrt", "bře"},
	{"apr", "avr", "abr", "апр", "kwi", "dub"},
	{"may", "mai", "mag", "май", "мая", "maj", "mei", "kvě"},
	{"jun", "juin", "giu", "июн", "cze", "červn"},
	{"jul", "juil", "lug", "июл", "lip", "červenc"},
	{"aug", "aoû", "ago", "авг", "sie", "srp"},
	{"sep", "set", "сен", "wrz", "zář"},
	{"oct", "okt", "ott", "out", "окт", "paź", "říj"},
	{"nov", "ноя", "lis"},
	{"dec", "dez", "déc", "dic", "дек", "gru", "pro"},
}

// Month reads a month's name in a language of Windows, or its first three letters or
// more: 1 is January.
func Month(word string) (int, bool) {
	word = strings.ToLower(strings.TrimRight(word, "."))
	if len(word) < 3 || len(word) > 24 {
		return 0, false
	}
	for m, names := range months {
		for _, name := range names {
			if strings.HasPrefix(word, name) {
				return m + 1, true
			}
		}
	}
	return 0, false
}
