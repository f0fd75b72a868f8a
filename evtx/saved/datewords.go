package saved

import (
	"strings"
	"time"
)

var halfCleaner = strings.NewReplacer(".", "", " ", "")

// halfOf tells the half of the day that a word means, in the languages whose short
// time has one.
func halfOf(word string) halfDay {
	switch strings.ToLower(halfCleaner.Replace(word)) {
	case "am", "上午", "午前", "오전", "πμ", "sa", "ص", "vorm":
		return am
	case "pm", "下午", "午後", "오후", "μμ", "ch", "م", "nachm":
		return pm
	}
	return noHalf
}

func weekdayOf(word string) (time.Weekday, bool) {
	word = strings.TrimRight(word, ".")
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(word, d.String()) || strings.EqualFold(word, d.String()[:3]) {
			return d, true
		}
	}
	return 0, false
}

// months begin, in lower case, with one of these: English, German, French, Spanish,
// Italian, Portuguese, Russian, Polish, Dutch. Get-EventLog's table prints three or
// four letters of the locale's own.
var months = [12][]string{
	{"jan", "jän", "ene", "gen", "янв", "sty"},
	{"feb", "fév", "fev", "фев", "lut"},
	{"mar", "mär", "мар", "maa", "mrt"},
	{"apr", "avr", "abr", "апр", "kwi"},
	{"may", "mai", "mag", "май", "мая", "maj", "mei"},
	{"jun", "juin", "giu", "июн", "cze"},
	{"jul", "juil", "lug", "июл", "lip"},
	{"aug", "aoû", "ago", "авг", "sie"},
	{"sep", "set", "сен", "wrz"},
	{"oct", "okt", "ott", "out", "окт", "paź"},
	{"nov", "ноя", "lis"},
	{"dec", "dez", "déc", "dic", "дек", "gru"},
}

// monthOf reads a month's name, or its first three letters or more.
func monthOf(word string) (int, bool) {
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
