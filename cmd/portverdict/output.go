package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/wish"
	"portverdict/report"
)

func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
}

// checkTargets refuses what cannot be written before anything is read.
func checkTargets(names []string, force bool) error {
	for i, name := range names {
		if slices.ContainsFunc(names[:i], func(other string) bool { return name == other || name != "-" && other != "-" && sameFile(name, other) }) {
			return usage("-o %s is given twice", name)
		}
		if name == "-" {
			continue
		}
		if wish.FormOfFile(extension(name)) == nil {
			return usage("-o %s: the extension gives the format; known are .html .json .ndjson .md .txt .csv .sarif", name)
		}
		if err := checkTarget("-o", name, force); err != nil {
			return err
		}
	}
	return nil
}

// checkTarget refuses a file of a flag that is there already or cannot be.
func checkTarget(flag, name string, force bool) error {
	fi, err := os.Stat(name)
	switch {
	case err == nil && fi.IsDir():
		return usage("%s %s is a folder", flag, name)
	case err == nil && !fi.Mode().IsRegular():
		return usage("%s %s: %v", flag, name, bundle.Regular(fi))
	case errors.Is(err, fs.ErrNotExist) && isLink(name):
		return usage("%s %s is a link to a file that is not there", flag, name)
	case err == nil && !force:
		return usage("%s %s exists; --force overwrites it", flag, name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return failed("cannot write %s: %v", name, cause(err))
	}
	return nil
}

func isLink(name string) bool {
	fi, err := os.Lstat(name)
	return err == nil && fi.Mode()&fs.ModeSymlink != 0
}

// written makes an error of stdout one of the program's.
func written(err error) error {
	if err != nil {
		return failed("cannot write to stdout: %v", cause(err))
	}
	return nil
}

// cause drops operation and path of an error; the message names the path itself.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}

// write gives the report to the files and to stdout.
func (s *settings) write(ctx context.Context, stdout io.Writer, r *report.Report) error {
	show := !s.quiet || s.format != "text" // who asks for JSON wants it
	for _, name := range s.outputs {
		if name == "-" {
			show = true
			continue
		}
		if err := writeFile(ctx, name, wish.FormOfFile(extension(name)), r); err != nil {
			return failed("cannot write %s: %v", name, cause(err))
		}
		s.tellWritten(name)
	}
	s.openPage(ctx, s.stderr)
	if !show {
		return nil
	}
	b := bufio.NewWriter(stdout)
	if err := written(errors.Join(s.print(stdout, b, r), b.Flush())); err != nil || s.format != "github" {
		return err
	}
	return addSummary(func(w io.Writer) error { return report.WriteMarkdown(w, r) })
}

// tellWritten says on stderr that a file is there.
func (s *settings) tellWritten(name string) {
	if s.stderr != nil && !s.quiet {
		fmt.Fprintf(s.stderr, "portverdict: wrote %s\n", visible(name))
	}
}

// quietFlag is that of commands whose only words on stderr are what they wrote.
func (s *settings) quietFlag(fs *pflag.FlagSet) {
	fs.BoolVarP(&s.quiet, "quiet", "q", false, "do not tell what was written")
}

// print writes to b what is meant for stdout.
func (s *settings) print(stdout, b io.Writer, r *report.Report) error {
	if s.format != "text" {
		return wish.FormOf(s.format)(b, r)
	}
	if err := report.WriteText(b, r, report.TextOptions{Color: useColor(s.color, stdout), Width: width(stdout), Saved: len(s.outputs) > 0}); err != nil {
		return err
	}
	if s.now.IsZero() {
		return nil
	}
	_, err := fmt.Fprintf(b, "Made at %s\n", s.now.UTC().Format(time.RFC3339Nano))
	return err
}

// writeFile writes beside the target and renames, so that no reader ever sees
// half a report. A link keeps pointing where it points, and a file that is there keeps
// its mode; a new one is for its owner only, as it quotes what a customer sent. Once ctx
// has ended there is no file, and nothing beside it, whatever the writing waits for.
func writeFile(ctx context.Context, name string, to wish.Form, r *report.Report) (err error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	temp, err := createBeside(name)
	if err != nil {
		return err
	}
	remove := func() { _ = os.Remove(temp.Name()) }
	stop := context.AfterFunc(ctx, remove)
	defer func() {
		stop()
		if err != nil {
			temp.Close()
			remove()
		}
	}()
	if fi, err := os.Stat(name); err == nil && fi.Mode().Perm() != newFileMode {
		if err := temp.Chmod(fi.Mode().Perm()); err != nil {
			return err
		}
	}
	b := bufio.NewWriter(&interruptibleWriter{ctx, temp})
	if err := to(b, r); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}

const (
	newFileMode = 0o600
	maxTempName = 200 // bytes of the target's name in that of its temp file; most systems allow 255 in all
)

// createBeside makes a temp file in the target's folder.
func createBeside(name string) (*os.File, error) {
	base := filepath.Base(name)
	base = base[:min(len(base), maxTempName)]
	for i := 0; ; i++ {
		temp := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d.%d.tmp", base, os.Getpid(), i))
		f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
		if err == nil || !errors.Is(err, fs.ErrExist) || i == 100 {
			return f, err
		}
	}
}
