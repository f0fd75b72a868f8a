package main

import (
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"portverdict/report"
)

// terminal gives the file of a stream that is a terminal, else nil.
func terminal(w io.Writer) *os.File {
	if o, ok := w.(*outlet); ok {
		w = o.w
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

func isTerminal(w io.Writer) bool { return terminal(w) != nil }

// useColor decides for --color; NO_COLOR, a dumb terminal and a console that cannot turn
// auto off.
func useColor(when string, w io.Writer) bool {
	if when == "never" || when != "always" && (os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb") {
		return false
	}
	f := terminal(w)
	return f != nil && obeys(f) || when == "always"
}

// width of the terminal in columns, 0 when it is not known or w is none: what goes
// into a file must not depend on a window.
func width(w io.Writer) int {
	f := terminal(w)
	if f == nil {
		return 0
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	n, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// visible shows characters of hostile names that could act; lines stay lines.
func visible(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = report.Visible(l)
	}
	return strings.Join(lines, "\n")
}
