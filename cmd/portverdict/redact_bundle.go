package main

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/bundle"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/redact"
)

// isBundle tells a folder or an archive from a document.
func isBundle(name string) bool {
	if _, _, ok := bundle.Split(name); ok {
		return true
	}
	fi, err := os.Stat(name)
	if err != nil || fi.IsDir() {
		return err == nil
	}
	head, err := beginning(name)
	return err == nil && bundle.Kind([]byte(head)) == "archive"
}

// redactBundle writes the texts of a bundle. Names are learned first, from all texts and
// from the report that the bundle gives, so tokens are those of analyze --redact.
func (f *settingFlags) redactBundle(cmd *cobra.Command, in, out string) error {
	if err := checkBundleTarget(in, out, f.force); err != nil {
		return err
	}
	ctx, s := cmd.Context(), &f.settings
	s.jobs, s.evidence = runtime.GOMAXPROCS(0), facts.EvidenceDefault
	b, err := open(ctx, []string{in}, s)
	if err != nil {
		return err
	}
	s.learn(ctx, b.Inputs)
	j, err := s.judge(ctx, b, nil) // closes b
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case j != nil:
		s.redactor.LearnReport(j.Report)
	case err != nil:
		return err
	}
	if b, err = open(ctx, []string{in}, s); err != nil {
		return err
	}
	c := copier{ctx: ctx, settings: s, stderr: cmd.ErrOrStderr()}
	err = c.copy(b.Inputs, out)
	s.tellLeft(cmd.ErrOrStderr(), b.Close())
	return err
}

// checkBundleTarget refuses what cannot be written, and a folder that lies in the input
// or is not empty.
func checkBundleTarget(in, out string, force bool) error {
	if out == "-" {
		return usage("of a bundle give a folder or a .zip to write with -o OUT")
	}
	if extension(out) == "zip" {
		return checkRedactTarget(in, out, force)
	}
	from, err := filepath.Abs(in)
	if err != nil {
		return failed("cannot read %s: %v", in, cause(err))
	}
	to, err := filepath.Abs(out)
	if err != nil {
		return failed("cannot write %s: %v", out, cause(err))
	}
	if rel, err := filepath.Rel(from, to); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return usage("-o %s lies in the input", out)
	}
	list, err := os.ReadDir(out)
	switch {
	case err == nil && len(list) > 0 && !force:
		return usage("-o %s is not empty; --force writes into it", out)
	case err == nil || errors.Is(err, os.ErrNotExist):
		return nil
	}
	return usage("-o %s is no folder; of a bundle a folder or a .zip is written", out)
}

// copier writes the redacted texts of a bundle.
type copier struct {
	ctx      context.Context
	settings *settings
	stderr   io.Writer
	names    map[string]bool
	texts    int
}

// copy writes to a folder or, by its ending, to an archive.
func (c *copier) copy(inputs []bundle.Input, out string) error {
	c.names = map[string]bool{}
	var err error
	if extension(out) == "zip" {
		err = writeFile(c.ctx, out, func(w io.Writer, _ *report.Report) error {
			z := zip.NewWriter(w)
			err := c.each(inputs, func(name string, text []byte) error {
				f, err := z.Create(name)
				if err == nil {
					_, err = f.Write(text)
				}
				return err
			})
			if err == nil && c.texts == 0 {
				err = errNoText
			}
			return errors.Join(err, z.Close())
		}, nil)
	} else {
		err = c.each(inputs, func(name string, text []byte) error {
			file := filepath.Join(out, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				return err
			}
			return writeFile(c.ctx, file, func(w io.Writer, _ *report.Report) error {
				_, err := w.Write(text)
				return err
			}, nil)
		})
	}
	switch {
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case errors.Is(err, errNoText) || err == nil && c.texts == 0:
		return failed("no input is a text, so nothing was written")
	case err != nil:
		return failed("cannot write %s: %v", out, cause(err))
	}
	c.settings.tellWritten(out)
	if !c.settings.quiet {
		fmt.Fprintf(c.stderr, "portverdict: %s written\n", report.Counted(c.texts, "text", "texts"))
	}
	c.settings.tellRedacted(c.stderr)
	return nil
}

var errNoText = errors.New("no text")

// each calls do with every text and its new name, and tells what is left out.
func (c *copier) each(inputs []bundle.Input, do func(name string, text []byte) error) error {
	tell := bufio.NewWriter(c.stderr)
	defer tell.Flush()
	for _, in := range inputs {
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		name := c.name(in.Path)
		text, why := c.text(in)
		if why != "" {
			if !c.settings.quiet {
				fmt.Fprintf(tell, "portverdict: %s is left out, as it is %s\n", visible(name), why)
			}
			continue
		}
		c.texts++
		if err := do(name, text); err != nil {
			return err
		}
	}
	return nil
}

// name is the path of an input without what it names; two that become the same are
// told apart.
func (c *copier) name(path string) string {
	name := c.settings.redactor.Known(path)
	for n := 2; c.names[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s (%d)", c.settings.redactor.Known(path), n)
	}
	c.names[strings.ToLower(name)] = true
	return name
}

// text is an input with names replaced, or why there is none.
func (c *copier) text(in bundle.Input) (text []byte, why string) {
	const records = ": its records are binary, so names and addresses in them cannot be replaced in place; analyze --redact makes a report of it"
	switch {
	case in.Kind == "etl":
		return nil, "a trace" + records
	case in.Kind == "evtx":
		return nil, "an event log" + records
	case in.Kind == "dump":
		return nil, "a dump, whose memory holds secrets"
	case in.Size > maxRedact:
		return nil, fmt.Sprintf("larger than %d bytes", int64(maxRedact))
	}
	data, err := in.Head(maxRedact)
	if err == nil {
		text, err = c.settings.redactor.Document(data)
	}
	switch {
	case errors.Is(err, redact.ErrBinary):
		return nil, "no text"
	case err != nil:
		return nil, "unreadable: " + cause(err).Error()
	}
	return text, ""
}
