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
	"strings"
	"time"

	"portverdict/report"
)

type writer func(io.Writer, *report.Report) error

func plainText(w io.Writer, r *report.Report) error {
	return report.WriteText(w, r, report.TextOptions{})
}

// formatOf gives the writer of a format, nil when there is none.
func formatOf(name string) writer {
	switch name {
	case "text", "txt":
		return plainText
	case "json":
		return report.WriteJSON
	case "ndjson":
		return report.WriteNDJSON
	case "md":
		return report.WriteMarkdown
	case "html":
		return report.WriteHTML
	case "csv":
		return report.WriteCSV
	}
	return nil
}

func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
}

// checkTargets refuses what cannot be written before anything is read.
func checkTargets(names []string, force bool) error {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[filepath.Clean(name)] {
			return usage("-o %s is given twice", name)
		}
		seen[filepath.Clean(name)] = true
		if name == "-" {
			continue
		}
		if formatOf(extension(name)) == nil {
			return usage("-o %s: the extension gives the format; known are .html .json .ndjson .md .txt .csv", name)
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
	case err == nil && !force:
		return usage("%s %s exists; --force overwrites it", flag, name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return failed("cannot write %s: %v", name, cause(err))
	}
	return nil
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
		if err := writeFile(ctx, name, formatOf(extension(name)), r); err != nil {
			return failed("cannot write %s: %v", name, cause(err))
		}
	}
	if !show {
		return nil
	}
	b := bufio.NewWriter(stdout)
	return written(errors.Join(s.print(stdout, b, r), b.Flush()))
}

// print writes to b what is meant for stdout.
func (s *settings) print(stdout, b io.Writer, r *report.Report) error {
	if s.format != "text" {
		return formatOf(s.format)(b, r)
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
// half a report. A link keeps pointing where it points. Once ctx has ended there
// is no file.
func writeFile(ctx context.Context, name string, to writer, r *report.Report) (err error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	temp, err := createBeside(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
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
	return os.Rename(temp.Name(), name)
}

// createBeside makes a temp file in the target's folder with the permissions a
// new file gets there; os.CreateTemp would keep the report from its readers.
func createBeside(name string) (*os.File, error) {
	for i := 0; ; i++ {
		temp := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d.%d.tmp", filepath.Base(name), os.Getpid(), i))
		f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil || !errors.Is(err, fs.ErrExist) || i == 100 {
			return f, err
		}
	}
}
