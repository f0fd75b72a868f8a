package main

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"portverdict/report"
)

// logFormat makes stderr what --log-format asks for, in any command.
func logFormat(cmd *cobra.Command) error {
	switch format, _ := cmd.Flags().GetString("log-format"); format {
	case "text":
	case "json":
		cmd.Root().SetErr(&jsonStderr{w: cmd.ErrOrStderr()})
	default:
		return usage("--log-format %q: give text or json", format)
	}
	return nil
}

// jsonStderr writes each line that is said on stderr as a JSON object.
type jsonStderr struct {
	w    io.Writer
	rest []byte // the beginning of a line
}

func (j *jsonStderr) Write(p []byte) (int, error) {
	j.rest = append(j.rest, p...)
	for {
		line, after, ok := bytes.Cut(j.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		j.rest = bytes.Clone(after)
		text := strings.TrimPrefix(string(line), "portverdict: ")
		err := report.EncodeLine(j.w, struct {
			Program string `json:"program"`
			Message string `json:"message"`
		}{"portverdict", text})
		if err != nil {
			return 0, err
		}
	}
}
