package main

import (
	"errors"
	"io"
	"os"

	"portverdict/cmd/internal/bundle"
)

// inActions tells that the program is a step of a GitHub Actions job.
func inActions() bool { return os.Getenv("GITHUB_ACTIONS") == "true" }

// addSummary adds Markdown to the summary of the GitHub Actions step that this is, if it
// is one.
func addSummary(to func(io.Writer) error) error {
	name := os.Getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	f, err := openSummary(name)
	if err == nil {
		err = errors.Join(to(f), f.Close())
	}
	if err != nil {
		return failed("cannot write the step summary %s: %v", name, cause(err))
	}
	return nil
}

// openSummary opens the file behind what other steps wrote; the runner makes it.
func openSummary(name string) (*os.File, error) {
	if fi, err := os.Stat(name); err == nil && bundle.Regular(fi) != nil {
		return nil, bundle.Regular(fi)
	}
	return os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, newFileMode)
}
