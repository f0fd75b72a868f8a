package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/bundle"
)

// The flags that name files, in whatever command.
var (
	flagsRead  = []string{"manifest", "redact-key"}
	flagsWrite = []string{"output", "junit"}
)

// checkFiles refuses, for every command and before anything is opened, to read what is
// neither a file nor a folder and to write anything but a regular file, or over a file
// that is read. What a given folder or archive holds is checked when it is read.
func checkFiles(cmd *cobra.Command, args []string) error {
	if cmd.Name() == "explain" { // its argument is no file
		args = nil
	}
	inputs := append([]string(nil), args...)
	for _, name := range flagsRead {
		inputs = append(inputs, values(cmd.Flags(), name)...)
	}
	for i, in := range inputs {
		if in == bundle.Stdin {
			continue
		}
		if file, _, ok := bundle.Split(in); ok { // a file in an archive
			in, inputs[i] = file, file
		}
		fi, err := os.Stat(in)
		if err == nil && !fi.IsDir() {
			err = bundle.Regular(fi)
		}
		if err != nil && fi != nil {
			return failed("cannot read %s: %v", in, err)
		}
	}
	for _, name := range flagsWrite {
		for _, out := range values(cmd.Flags(), name) {
			if err := checkWritten(name, out, inputs); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkWritten checks the file of one flag; one that is not there yet is fine.
func checkWritten(flag, out string, inputs []string) error {
	fi, err := os.Stat(out)
	if err != nil || out == "-" {
		return nil
	}
	if !fi.IsDir() && !fi.Mode().IsRegular() {
		return usage("--%s %s: %v", flag, out, bundle.Regular(fi))
	}
	for _, in := range inputs {
		if other, err := os.Stat(in); err == nil && os.SameFile(fi, other) {
			return usage("--%s %s is the input %s: it is not overwritten", flag, out, in)
		}
	}
	return nil
}

// values are what a flag was given, whether it may be given once or several times.
func values(fs *pflag.FlagSet, name string) []string {
	f := fs.Lookup(name)
	if f == nil || !f.Changed {
		return nil
	}
	if several, ok := f.Value.(pflag.SliceValue); ok {
		return several.GetSlice()
	}
	return []string{f.Value.String()}
}

// sameFile tells that two names are of one file, or would be.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	y, again := os.Stat(b)
	if err == nil && again == nil {
		return os.SameFile(x, y)
	}
	return resolved(a) == resolved(b)
}

// resolved is the name of a file that may not be there yet, without links.
func resolved(name string) string {
	name = filepath.Clean(name)
	dir, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		return name
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Join(dir, filepath.Base(name))
}

// headBytes is how much of a file tells whether it is an archive, or a report of ours.
const headBytes = 4096

func beginning(path string) (string, error) {
	f, err := bundle.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, headBytes))
	return string(head), err
}
