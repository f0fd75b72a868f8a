package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/analysis"
)

func newMan() *cobra.Command {
	var s settings
	var dir string
	var force bool
	cmd := &cobra.Command{
		Use:   "man [COMMAND]",
		Short: "Print a manual page, or write them all",
		Long: `Prints the manual page of the program or of one of its commands, made from what
--help says, in the form that man reads; -o writes all of them to a folder.`,
		Example: `  portverdict man analyze | man -l -
  portverdict man -o man1`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case dir != "" && len(args) > 0:
				return usage("-o writes the pages of all commands: give no COMMAND with it")
			case dir != "":
				s.streams(cmd)
				err := writeTexts(cmd.Context(), dir, manPages(cmd.Root()), force)
				if err == nil {
					s.tellWritten(dir)
				}
				return err
			}
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage("%s", unknownCommand(cmd.Root(), args[0]))
			}
			_, err = io.WriteString(cmd.OutOrStdout(), manPage(of))
			return written(err)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "write the pages of all commands to the folder `DIR`")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite pages that exist")
	s.quietFlag(cmd.Flags())
	return cmd
}

// manPages are those of all commands, by the names of their files.
func manPages(root *cobra.Command) []namedText {
	var all []namedText
	for _, c := range withPages(root) {
		all = append(all, namedText{pageName(c) + ".1", manPage(c)})
	}
	return all
}

// withPages are a command and those below it.
func withPages(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			all = append(all, withPages(sub)...)
		}
	}
	return all
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage is the manual page of a command in the macros of man(7). It has no date, so
// that two builds of one commit write the same.
func manPage(c *cobra.Command) string {
	c.InitDefaultHelpFlag()
	var b strings.Builder
	name := roff(pageName(c))
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"portverdict %s\" \"User Commands\"\n", strings.ToUpper(name), analysis.Version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", name, roff(c.Short))
	b.WriteString(".SH SYNOPSIS\n")
	if c.Runnable() && c.HasParent() {
		fmt.Fprintf(&b, ".B %s\n", roff(c.UseLine()))
	} else {
		fmt.Fprintf(&b, ".B %s\n", roff(c.CommandPath()+" COMMAND"))
	}
	long := c.Long
	if long == "" {
		long = c.Short + "."
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s", manText(long))
	if c.HasAvailableFlags() {
		b.WriteString(".SH OPTIONS\n")
		c.Flags().VisitAll(func(f *pflag.Flag) { b.WriteString(manOption(f)) })
	}
	if c.HasExample() {
		fmt.Fprintf(&b, ".SH EXAMPLES\n%s", manText(c.Example))
	}
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range withPages(c)[1:] {
			if sub.Parent() == c {
				fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(sub)), roff(sub.Short))
			}
		}
	}
	if c.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(pageName(c.Parent())))
	}
	return b.String()
}

func manOption(f *pflag.Flag) string {
	value, text := pflag.UnquoteUsage(f)
	head := `\fB` + roff("--"+f.Name) + `\fR`
	if f.Shorthand != "" {
		head = `\fB` + roff("-"+f.Shorthand) + `\fR, ` + head
	}
	if value != "" {
		head += ` \fI` + roff(value) + `\fR`
	}
	switch f.DefValue {
	case "", "[]", "0", "false":
	default:
		text += " (default " + f.DefValue + ")"
	}
	return ".TP\n" + head + "\n" + manText(text)
}

// manText sets paragraphs, and lines that are indented as they stand.
func manText(s string) string {
	var b strings.Builder
	asIs, begun := false, false
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		switch blank := strings.TrimSpace(line) == ""; {
		case blank && !asIs:
			if begun {
				b.WriteString(".PP\n")
			}
			continue
		case indented && !asIs:
			b.WriteString(".PP\n.nf\n")
			asIs = true
		case !indented && asIs:
			b.WriteString(".fi\n.PP\n")
			asIs = false
			if blank {
				continue
			}
		}
		begun = true
		b.WriteString(roff(strings.ReplaceAll(line, "\t", "    ")) + "\n")
	}
	if asIs {
		b.WriteString(".fi\n")
	}
	return b.String()
}

// roff is a text in which nothing acts: no escape, no request at the head of a line, and
// no hyphen that would be another character when it is copied.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
