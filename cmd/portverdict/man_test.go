package main

import (
	"bytes"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// A request at the head of a line is one of those that manPage means.
var manRequest = regexp.MustCompile(`^(\.(TH|SH|B|BR|TP|PP|nf|fi)( .*)?|[^.'].*|)$`)

// Every command has a page with all its flags, in which no text of a command acts, and
// groff, where it is, finds nothing wrong with it.
func TestManPages(t *testing.T) {
	root := newRoot()
	var all bytes.Buffer
	if code := execute(t.Context(), root, []string{"man"}, nil, &all, io.Discard); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	plain := strings.NewReplacer(`\-`, "-", `\e`, `\`, `\fB`, "", `\fI`, "", `\fR`, "")
	for _, c := range withPages(root) {
		page := manPage(c)
		for line := range strings.SplitSeq(strings.TrimSuffix(page, "\n"), "\n") {
			if !manRequest.MatchString(line) {
				t.Errorf("%s: %q acts", c.Name(), line)
			}
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(plain.Replace(page), "--"+f.Name) {
				t.Errorf("%s: the page lacks --%s", c.Name(), f.Name)
			}
		})
		if c.HasParent() && !strings.Contains(plain.Replace(manPage(c.Parent())), pageName(c)) {
			t.Errorf("%s stands on no page above it", c.Name())
		}
		all.WriteString(page)
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Log("groff is not here: the pages were not set")
		return
	}
	cmd := exec.Command(groff, "-man", "-Tutf8", "-ww")
	cmd.Stdin = &all
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	set, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("%v: %s", err, &complaints)
	}
	if !bytes.Contains(set, []byte("portverdict events System.evtx --provider Tcpip --from 2026-03-10T09:00:00Z")) {
		t.Error("an example is not set as it stands")
	}
}
