package wish

import (
	"io"

	"portverdict/report"
)

// A Form writes a report in one format.
type Form func(io.Writer, *report.Report) error

// FormOf gives the writer of a format by its name or the extension of its files, nil
// when there is none.
func FormOf(name string) Form {
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
	case "sarif":
		return report.WriteSARIF
	case "github":
		return report.WriteGitHub
	}
	return nil
}

// FormOfFile gives the writer of a file by its extension, nil when there is none: what
// GitHub Actions reads from stdout is no file.
func FormOfFile(extension string) Form {
	if extension == "github" {
		return nil
	}
	return FormOf(extension)
}

func plainText(w io.Writer, r *report.Report) error {
	return report.WriteText(w, r, report.TextOptions{})
}
