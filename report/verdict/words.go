package verdict

import (
	"fmt"
	"strconv"
	"strings"
)

// number says a count with its noun: "1 port", "2 ports".
func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func plain(n int) string { return strconv.Itoa(n) }

// sentence starts with a capital, unless that would change a file's name, and
// ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if first, _, _ := strings.Cut(s, " "); strings.Contains(first, ".") {
		return s + "."
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func parseKey(s string) uint64 {
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 64)
	if err != nil {
		return 0
	}
	return v
}

// known says a number, and nothing when it is 0.
func known(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
