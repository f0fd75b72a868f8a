package sockets

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"portverdict/netstatparse"
	"portverdict/netstatparse/pstext"
)

// Names of Snapshot.Tool.
const (
	ToolTCPView      = "TCPView"
	ToolTCPVCon      = "tcpvcon"
	ToolCurrPorts    = "CurrPorts"
	ToolOsquery      = "osquery"
	ToolVelociraptor = "Velociraptor"
	ToolJC           = "jc netstat"
	ToolNetscan      = "windows.netscan"
)

const (
	// maxRows is the most rows of one snapshot.
	maxRows = 1 << 20
	// maxErrors is how many damaged rows of a file are told.
	maxErrors = 100
	// maxNames is how many names of programs and states are kept to be used again.
	maxNames = 1 << 13
	// stampReach is how many lines below a stamp its table may begin.
	stampReach = 8
	// enoughRows is how many rows without a header make a table of a file.
	enoughRows = 2
)

// Sniff tells that the first bytes of a file are a table of one of the tools; the kind of
// source is "sockets". Ask it before netstatparse, which takes the columns of CurrPorts
// for those of PowerShell.
func Sniff(head []byte) (kind string, ok bool) {
	rows := 0
	for s, err := range NewReader(bytes.NewReader(head)).Snapshots() {
		if err != nil {
			continue
		}
		if rows += len(s.Entries); rows >= enoughRows || rows > 0 && !s.Filtered {
			return "sockets", true
		}
	}
	return "", false
}

// Reader reads one saved text.
type Reader struct {
	in      *pstext.Text
	line    int
	current *netstatparse.Snapshot
	errs    []*netstatparse.FormatError // to be given
	told    int
	full    bool
	named   bool
	names   map[string]string
	most    int // rows of one snapshot

	objects pstext.Reader
	header  *header
	fields  map[string]string // of a list or an item of XML
	first   int               // its line
	owner   string            // of a block of tcpvcon
	proto   string
	banner  bool // of TCPView or tcpvcon
	stamp   pstext.Stamp
	stamped string
	stampAt int
}

// NewReader reads r, which is read once and forward.
func NewReader(r io.Reader) *Reader {
	s := &Reader{names: map[string]string{}, fields: map[string]string{}, most: maxRows}
	s.in = pstext.NewText(r, s.takeObject)
	// A table and a CSV of PowerShell are netstatparse's.
	s.objects = pstext.Reader{Emit: s.takeObject, Wants: func([]string) bool { return false }}
	return s
}

// Snapshots gives the tables in the order of the file. A damaged row is given as
// (Snapshot{}, *netstatparse.FormatError) before the table it stands in. Codes:
//
//	sockets-port         a port is not a number from 0 to 65535
//	sockets-pid          a PID is not a number below 2^32
//	sockets-named-port   ports are written as service names and cannot be counted
//	sockets-rows         a table has more rows than are read
//	sockets-read         the file could not be read further
func (r *Reader) Snapshots() iter.Seq2[netstatparse.Snapshot, error] {
	return func(yield func(netstatparse.Snapshot, error) bool) {
		for r.in.Scan() {
			if r.in.NetstatRow() {
				continue
			}
			if next := r.takeLine(); !r.give(next, yield) {
				return
			}
		}
		if err := r.in.Err(); err != nil {
			r.fail(r.in.Line()+1, "sockets-read", "%v", err)
		}
		r.objects.End()
		r.endFields()
		if r.current != nil && r.in.IsJSON() {
			r.current.Truncated = r.current.Truncated || !r.in.Complete()
		}
		if r.current != nil && !r.in.IsJSON() && !r.in.Terminated() && r.current.Entries[len(r.current.Entries)-1].Line == r.line {
			r.current.Truncated = true
		}
		r.give(r.current, yield)
	}
}

// give hands on what is to be told, and a snapshot that is complete.
func (r *Reader) give(s *netstatparse.Snapshot, yield func(netstatparse.Snapshot, error) bool) bool {
	for _, err := range r.errs {
		if !yield(netstatparse.Snapshot{}, err) {
			return false
		}
	}
	r.errs = r.errs[:0]
	return s == nil || len(s.Entries) == 0 || yield(*s, nil)
}

// takeLine reads the line of the text.
func (r *Reader) takeLine() (ended *netstatparse.Snapshot) {
	r.line = r.in.Line()
	if r.objects.InJSON() {
		raw, first := r.in.RawLine()
		if !first || r.objects.Take(r.line, raw) {
			return nil
		}
	}
	return r.take(r.in.Text())
}

// take reads a line and gives the table that it ends, nil for none.
func (r *Reader) take(text string) (ended *netstatparse.Snapshot) {
	if strings.TrimSpace(text) == "" {
		r.endFields()
		r.objects.Take(r.line, text)
		return nil
	}
	whole := text
	text = strings.TrimLeft(text, " \u00a0") // of a block of code, or behind a time
	if r.takeBanner(text) || r.takeStamp(text) {
		ended, r.current = r.current, nil
		return ended
	}
	if h := headerOf(text); h != nil {
		r.endFields()
		r.header = h
		ended, r.current = r.current, nil
		return ended
	}
	if !r.takeFields(text) && !r.takeRow(text) && !r.takeItem(text) {
		r.objects.Take(r.line, whole)
	}
	return nil
}

// takeBanner reads the first line of tcpvcon.
func (r *Reader) takeBanner(text string) bool {
	if !strings.HasPrefix(text, "TCPView v") && !strings.HasPrefix(text, "Tcpvcon v") || !strings.Contains(text, " - ") {
		return false
	}
	r.endFields()
	r.banner = true
	return true
}

func (r *Reader) takeStamp(text string) bool {
	bare := strings.Trim(text, "=-#* ")
	s, ok := pstext.StampAt(bare)
	if !ok || strings.Trim(bare[s.Length:], " ]=-#*)") != "" {
		return false
	}
	r.endFields()
	r.stamp, r.stamped, r.stampAt = s, bare, r.line
	return true
}

// add puts a row into the table of a tool.
func (r *Reader) add(tool string, e netstatparse.Entry, headed bool) {
	s := r.current
	if s == nil { // rows of another tool right below are put into the same table
		s = &netstatparse.Snapshot{Tool: tool, Line: e.Line, Filtered: !headed}
		r.current, r.full = s, false
		if r.stampAt > 0 && e.Line-r.stampAt <= stampReach {
			s.Stamp, s.StampLine, s.Local, s.Swapped = r.stamped, r.stampAt, r.stamp.Local, r.stamp.Swapped
			s.Ambiguous, s.Offset = r.stamp.Ambiguous, r.stamp.Offset
		}
		r.stampAt = 0
	}
	if len(s.Entries) >= r.most {
		s.Truncated = true
		if !r.full {
			r.full = true
			r.fail(e.Line, "sockets-rows", "the table has more than %d rows: the rest was left out", r.most)
		}
		return
	}
	s.Entries = append(s.Entries, e)
	s.HasPID = s.HasPID || e.PID >= 0
	s.HasBound = s.HasBound || e.State == netstatparse.Bound
	s.HasUDP = s.HasUDP || e.Proto == "udp"
	s.HasIPv6 = s.HasIPv6 || e.Local.Addr().Is6()
	s.HasOwner = s.HasOwner || e.Owner != ""
}

func (r *Reader) fail(line int, code, format string, args ...any) {
	if r.told++; r.told <= maxErrors {
		r.errs = append(r.errs, &netstatparse.FormatError{Code: code, Line: line, Text: fmt.Sprintf(format, args...)})
	}
}

// name is s, kept once.
func (r *Reader) name(s string) string {
	if kept, ok := r.names[s]; ok {
		return kept
	}
	if len(r.names) >= maxNames {
		clear(r.names)
	}
	s = strings.Clone(s)
	r.names[s] = s
	return s
}
