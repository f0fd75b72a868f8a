package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
)

// opener is the program of the system that shows a file as a double click would.
func opener() []string {
	switch runtime.GOOS {
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	case "darwin":
		return []string{"open"}
	}
	return []string{"xdg-open"}
}

// shownPage is the first HTML report among the outputs, "" when there is none.
func shownPage(outputs []string) string {
	i := slices.IndexFunc(outputs, func(name string) bool { return extension(name) == "html" })
	if i < 0 {
		return ""
	}
	return outputs[i]
}

// openPage shows the HTML report that was written. The verdict does not hang on it.
func (s *settings) openPage(ctx context.Context, stderr io.Writer) {
	if !s.open {
		return
	}
	program := append(opener(), shownPage(s.outputs))
	if err := exec.CommandContext(ctx, program[0], program[1:]...).Run(); err != nil {
		fmt.Fprintf(stderr, "portverdict: cannot open %s: %v\n", visible(shownPage(s.outputs)), err)
	}
}
