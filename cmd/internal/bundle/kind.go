package bundle

import (
	"bytes"
	"io"
	"path"
	"regexp"
	"strings"

	"portverdict/etl"
	"portverdict/evtx"
	"portverdict/evtx/saved"
	"portverdict/netstatparse"
	"portverdict/netstatparse/counts"
	"portverdict/netstatparse/dump"
	"portverdict/netstatparse/hosttext"
	"portverdict/netstatparse/sockets"
)

const (
	kindUnknown = "unknown"
	kindArchive = "archive"
)

// Kind tells from the first 64 KiB of a file what it is: one of the kinds of
// report.Source, or "archive" for one that is read.
func Kind(head []byte) string {
	title, walk := packedAs(head)
	switch {
	case len(head) == 0, isOffice(head):
		return kindUnknown
	case walk != nil:
		return kindArchive
	case evtx.Sniff(head):
		return "evtx"
	case etl.Sniff(head):
		return "etl"
	case isReport(head), title != "": // texts may stand in an archive as they are
		return kindUnknown
	}
	for _, sniff := range []func([]byte) (string, bool){dump.Sniff, sockets.Sniff, netstatparse.Sniff, counts.Sniff, hosttext.Sniff} {
		if kind, ok := sniff(head); ok {
			return kind
		}
	}
	if saved.Sniff(head) {
		return "eventtext"
	}
	return kindUnknown
}

// isText tells by its kind and its head a file that is read as lines.
func isText(kind string, head []byte) bool {
	switch kind {
	case kindArchive, "evtx", "etl", "dump":
		return false
	case kindUnknown:
		what, _ := foreignAs(head)
		title, _ := packedAs(head)
		return what == "" && title == "" && bytes.IndexByte(head, 0) < 0
	}
	return true
}

// behind tells what a longer file of no known kind holds farther on: a text may have its
// table behind the output of other commands.
func behind(r io.ReaderAt, size int64) string {
	if kind, _, ok := netstatparse.Find(r, size); ok {
		return kind
	}
	return kindUnknown
}

// What stands at the head of every page that this program writes: its name in a report,
// its policy in all.
const (
	pageMark   = "<b>portverdict</b>"
	policyMark = `content="default-src 'none'; style-src 'sha256-`
)

// isReport tells what analyze or compare wrote, in any format. Reports quote the lines of saved
// texts and would pass for them, and a report left in the folder would be judged again.
// Any other page may be a mail.
func isReport(head []byte) bool {
	start := bytes.TrimPrefix(head, []byte("\ufeff"))
	lower := bytes.ToLower(bytes.TrimLeft(start[:min(len(start), 256)], " \t\r\n"))
	if bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.HasPrefix(lower, []byte("<html")) {
		return bytes.Contains(head, []byte(pageMark)) || bytes.Contains(head, []byte(policyMark))
	}
	if bytes.HasPrefix(lower, []byte("{")) && (bytes.Contains(lower, []byte(`"schema_version"`)) || bytes.Contains(lower, []byte("/sarif-schema-"))) {
		return true
	}
	line, _, _ := bytes.Cut(start[:min(len(start), 256)], []byte("\n"))
	return bytes.HasPrefix(line, []byte("id,kind,source,offset,record,line,")) || headline.Match(line)
}

// headline is the first line of a report as text or as Markdown, or of a comparison.
var headline = regexp.MustCompile(`^((?:  )?[^\s\w]+ (NOT EXHAUSTED|EXHAUSTED|LIKELY EXHAUSTED|LIKELY|INCONCLUSIVE|FIXED|BETTER|NO CHANGE|WORSE|UNCLEAR)(?:  |\s*$)|## (Not exhausted|Exhausted|Likely|Inconclusive)\b)`)

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
	}
	return ""
}
