package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// isTerminal tells whether w is a character device, as a terminal is.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0
}

// useColor decides for --color; NO_COLOR and a dumb terminal turn auto off.
func useColor(when string, w io.Writer) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

// width of the terminal as the shell tells it, 0 when it does not or when w is
// no terminal: what goes into a file must not depend on a window.
func width(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	n, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || n < 40 || n > 500 {
		return 0
	}
	return n
}

// visible shows control and direction characters of hostile names as \u{..}.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			fmt.Fprintf(&b, "\\u{%x}", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
