// Command skips reads what `go test -json` writes, prints what `go test` would print, and
// fails where a test failed or was skipped. A test that is skipped where everything
// proves something that is proved nowhere; only what other people's files are needed for,
// what another target runs, and what this system does not have may be.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// allowed are the reasons for which a test may be skipped.
var allowed = regexp.MustCompile(`(?i)samples? (are )?not (present|here|there)|asks for it|\.\./shared|worked reports are not here|make (page|lake|slow|bench|soak) runs|names no folder`)

type event struct {
	Action, Package, Test, Output string
}

func main() {
	if err := tell(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "skips:", err)
		os.Exit(1)
	}
}

func tell(r io.Reader, w io.Writer) error {
	said := map[string]*strings.Builder{} // what a test, or a package, printed so far
	failed, skipped, packages := 0, 0, 0
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return err
		}
		var e event
		if json.Unmarshal(line, &e) != nil { // what the build prints
			fmt.Fprintf(w, "%s", line)
			continue
		}
		key := e.Package + " " + e.Test
		if said[key] == nil {
			said[key] = new(strings.Builder)
		}
		switch e.Action {
		case "output", "build-output":
			if e.Test == "" && e.Output != "PASS\n" {
				fmt.Fprint(w, e.Output)
			}
			said[key].WriteString(e.Output)
			continue
		case "fail", "build-fail":
			failed++
			fmt.Fprint(w, said[key])
		case "skip":
			if e.Test != "" && !allowed.MatchString(said[key].String()) {
				skipped++
				fmt.Fprintf(w, "skipped, and must not be: %s %s\n%s", e.Package, e.Test, said[key])
			}
		case "pass":
			if e.Test == "" {
				packages++
			}
		}
		if e.Action == "pass" || e.Action == "fail" || e.Action == "skip" {
			delete(said, key)
		}
	}
	switch {
	case failed > 0 || skipped > 0:
		return fmt.Errorf("%d failed, %d skipped that must not be", failed, skipped)
	case packages == 0:
		return fmt.Errorf("no package was tested")
	}
	return nil
}
