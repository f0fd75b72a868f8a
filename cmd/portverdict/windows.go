package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What Windows leaves to the program: to expand patterns, and to keep in sight what a
// bundle dropped on the icon of the program gave.

// expanded puts the files that a pattern means in the place of the pattern, as a shell
// does elsewhere. What is the value of a flag stays, and so does a pattern of no file.
func expanded(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil || cmd.Name() == "explain" { // its argument is no file
		return args
	}
	var out []string
	value := false // of the flag before
	for _, a := range args {
		switch {
		case value || strings.HasPrefix(a, "-"):
			out = append(out, a)
		default:
			out = append(out, matches(a)...)
		}
		value = !value && wantsValue(cmd.Flags(), a)
	}
	return out
}

// wantsValue tells that the argument after this one is the value of a flag.
func wantsValue(flags *pflag.FlagSet, arg string) bool {
	if !strings.HasPrefix(arg, "-") || strings.Contains(arg, "=") || len(arg) < 2 {
		return false
	}
	f := flags.Lookup(strings.TrimPrefix(arg, "--"))
	if !strings.HasPrefix(arg, "--") {
		f = flags.ShorthandLookup(arg[len(arg)-1:])
	}
	return f != nil && f.NoOptDefVal == ""
}

// matches are the files that a pattern of * and ? in its last part means, in order, or the
// pattern. A bracket is a part of a name, and letters match in either case.
func matches(pattern string) []string {
	dir, base := filepath.Split(pattern)
	if !strings.ContainsAny(base, "*?") {
		return []string{pattern}
	}
	if base == "*.*" { // which a name without a dot matches too
		base = "*"
	}
	want := strings.ToLower(strings.NewReplacer(`[`, `\[`, `\`, `\\`).Replace(base))
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	var out []string
	for _, e := range entries {
		if ok, _ := path.Match(want, strings.ToLower(e.Name())); ok {
			out = append(out, dir+e.Name())
		}
	}
	if err != nil || len(out) == 0 {
		return []string{pattern}
	}
	return out
}

// dropped makes of paths that were dropped on the icon of the program the arguments that
// write a report beside the first of them and open it. A report that is there stays. The
// name is "" where something else was asked.
func dropped(args []string) (analyze []string, name string) {
	if len(args) == 0 {
		return nil, ""
	}
	for _, a := range args {
		if _, err := os.Stat(a); err != nil {
			return nil, ""
		}
	}
	first := strings.TrimRight(args[0], `/\`)
	first = strings.TrimSuffix(first, filepath.Ext(filepath.Base(first)))
	for n := 1; ; n++ {
		name = first + "-report.html"
		if n > 1 {
			name = fmt.Sprintf("%s-report (%d).html", first, n)
		}
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) || n == maxReports {
			break
		}
	}
	return append([]string{"analyze", "-o", name, "--open", "--"}, args...), name
}

const maxReports = 1000 // of one bundle, beside it

// fromIcon runs the program for what was dropped on its icon. The window closes with the
// program, so it waits until its words were read.
func fromIcon(program func() int, in io.Reader, out io.Writer) int {
	args, name := dropped(os.Args[1:])
	if name != "" {
		os.Args = append(os.Args[:1:1], args...)
	}
	code := program()
	if _, err := os.Stat(name); name != "" && err == nil {
		fmt.Fprintf(out, "\nThe report: %s\n", name)
	}
	if code != exitInterrupted {
		fmt.Fprint(out, "\nPress Enter to close this window.")
		_, _ = bufio.NewReader(in).ReadString('\n')
	}
	return code
}
