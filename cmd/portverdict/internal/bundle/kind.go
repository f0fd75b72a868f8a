package bundle

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strings"

	"portverdict/etl"
	"portverdict/evtx"
	"portverdict/netstatparse"
	"portverdict/netstatparse/hosttext"
)

const (
	kindUnknown = "unknown"
	kindArchive = "archive"
)

// Kind tells from the first 64 KiB of a file what it is: one of the kinds of
// report.Source, or "archive" for a zip.
func Kind(head []byte) string {
	switch {
	case len(head) == 0:
		return kindUnknown
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return kindArchive
	case evtx.Sniff(head):
		return "evtx"
	case etl.Sniff(head):
		return "etl"
	case isReport(head):
		return kindUnknown
	}
	if kind, ok := netstatparse.Sniff(head); ok {
		return kind
	}
	if kind, ok := hosttext.Sniff(head); ok {
		return kind
	}
	return kindUnknown
}

// isReport tells a page or a verdict.json. They quote the lines of saved texts
// and would pass for one, and a report left in the folder would be judged again.
func isReport(head []byte) bool {
	start := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 256)], "\ufeff \t\r\n"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) ||
		(bytes.HasPrefix(start, []byte("{")) && bytes.Contains(start, []byte(`"schema_version"`)))
}

func readHead(r io.ReaderAt) ([]byte, error) {
	head := make([]byte, headSize)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head[:n], nil
}

// emptied says what an empty file with this name tells: the messages of a command
// that failed are not redirected with its output.
func emptied(name string) string {
	if ext := strings.ToLower(path.Ext(name)); ext == ".txt" || ext == ".log" {
		return ": the capture failed, and why was written to the screen; run the command again in an elevated prompt, such as netstat -anobq > netstat.txt"
	}
	return expected(name)
}

// expected says what a file with this name should have begun with.
func expected(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".etl":
		return "; an ETL trace begins with a buffer header and the trace header event"
	case ".evtx":
		return `; an event log begins with "ElfFile"`
	case ".zip":
		return `; a zip archive begins with "PK"`
	case ".txt", ".log", ".csv":
		return "; texts that help are those of netstat, netsh int ipv4 show dynamicport and tasklist /svc"
	case ".cab", ".7z", ".rar", ".gz":
		return "; of archives only zip is read: unpack it and give the folder"
	}
	return ""
}
