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
