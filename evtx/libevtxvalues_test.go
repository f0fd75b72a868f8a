package evtx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var libevtxValues = flag.Bool("libevtx", false, "compare all values of the sample logs with those libevtx gives")

// node is an element of what evtxexport writes as XML.
type node struct {
	name     string
	attrs    []xml.Attr
	text     string
	children []*node
}

func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return &node{}
}

// libevtxEvents are the events that evtxexport gives as XML, by EventRecordID.
func libevtxEvents(t *testing.T, path string) map[uint64][]*node {
	t.Helper()
	out, _ := exec.Command("evtxexport", "-f", "xml", "-m", "all", path).Output() // it fails at the first record it cannot read
	events := map[uint64][]*node{}
	d := xml.NewDecoder(bytes.NewReader(out))
	d.Strict = false
	var stack []*node
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			t.Fatalf("%s: evtxexport's XML: %v", path, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			n := &node{name: token.Name.Local, attrs: token.Copy().Attr}
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.children = append(top.children, n)
			}
			stack = append(stack, n)
		case xml.EndElement:
			n := stack[len(stack)-1]
			if stack = stack[:len(stack)-1]; len(stack) == 0 {
				number, _ := strconv.ParseUint(n.child("System").child("EventRecordID").text, 10, 64)
				events[number] = append(events[number], n)
			}
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(token)
			}
		}
	}
}

// said lists what an event says beside its System: a name, an equal sign and the value.
func (n *node) said() (out []string) {
	for _, c := range n.children {
		switch c.name {
		case "System":
		case "EventData":
			for _, d := range c.children {
				switch {
				case d.name == "Data" && len(d.children) == 0:
					out = append(out, d.attr("Name")+"="+d.text)
				case d.name != "Binary":
					out = append(out, d.leaves()...)
				}
			}
		default:
			for _, d := range c.children {
				out = append(out, d.leaves()...)
			}
		}
	}
	return out
}

func (n *node) leaves() (out []string) {
	inner := len(n.children) > 0
	for _, a := range n.attrs {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			out, inner = append(out, n.name+"/@"+a.Name.Local+"="+a.Value), true
		}
	}
	for _, c := range n.children {
		out = append(out, c.leaves()...)
	}
	if !inner || len(n.children) == 0 && n.text != "" {
		out = append(out, n.name+"="+n.text)
	}
	return out
}

// system lists what System says, in one form for both readers.
func (n *node) system() []string {
	s := n.child("System")
	at, _ := time.Parse(time.RFC3339Nano, s.child("TimeCreated").attr("SystemTime"))
	num := func(text string) string {
		v, _ := strconv.ParseUint(text, 0, 64)
		return fmt.Sprint(v)
	}
	return []string{
		s.child("Provider").attr("Name"), strings.ToLower(s.child("Provider").attr("Guid")), s.child("Provider").attr("EventSourceName"),
		num(s.child("EventID").text), num(s.child("EventID").attr("Qualifiers")), num(s.child("Version").text), num(s.child("Level").text),
		num(s.child("Task").text), num(s.child("Opcode").text), num(s.child("Keywords").text), at.Format(time.RFC3339Nano), num(s.child("EventRecordID").text),
		strings.ToLower(s.child("Correlation").attr("ActivityID")), strings.ToLower(s.child("Correlation").attr("RelatedActivityID")),
		num(s.child("Execution").attr("ProcessID")), num(s.child("Execution").attr("ThreadID")), s.child("Channel").text, s.child("Computer").text,
		s.child("Security").attr("UserID"), n.child("EventData").attr("Name"), strings.ToUpper(n.child("EventData").child("Binary").text),
	}
}

func systemOf(r *Record) []string {
	return []string{
		r.Provider, r.ProviderGUID, r.EventSource,
		fmt.Sprint(r.ID), fmt.Sprint(r.Qualifiers), fmt.Sprint(r.Version), fmt.Sprint(r.Level),
		fmt.Sprint(r.Task), fmt.Sprint(r.Opcode), fmt.Sprint(r.Keywords), r.Time.Format(time.RFC3339Nano), fmt.Sprint(r.RecordID),
		r.ActivityID, r.RelatedActivityID,
		fmt.Sprint(r.PID), fmt.Sprint(r.TID), r.Channel, r.Computer,
		r.UserID, r.Name, fmt.Sprintf("%X", r.Binary),
	}
}

// sameValue reports whether two readers write the same value: hexadecimal numbers with
// zeros before them, GUIDs in upper case, times with zeros at their end.
func sameValue(ours, theirs string) bool {
	ours = strings.ReplaceAll(ours, "\r\n", "\n") // as a parser of XML does
	if ours == theirs || len(ours) > 0 && ours[0] == '{' && strings.EqualFold(ours, theirs) {
		return true
	}
	if n, err := strconv.ParseInt(ours, 10, 64); err == nil && n < 0 && theirs == fmt.Sprint(math.MinInt32-n) {
		return true // libevtx writes the 31 lower bits of a negative number behind a minus
	}
	if ours == "\n" && theirs == "" {
		return true // libevtx drops a line break that is alone
	}
	if a, err := strconv.ParseUint(ours, 0, 64); err == nil {
		b, err := strconv.ParseUint(theirs, 0, 64)
		return err == nil && a == b
	}
	if a, err := time.Parse(time.RFC3339Nano, ours); err == nil {
		b, err := time.Parse(time.RFC3339Nano, theirs)
		return err == nil && a.Equal(b)
	}
	if a, err := strconv.ParseFloat(ours, 64); err == nil {
		b, err := strconv.ParseFloat(theirs, 64)
		return err == nil && float32(a) == float32(b)
	}
	return false
}

// firstDifference gives the first place where a record and an event differ, "" if none.
func firstDifference(r *Record, event *node) string {
	ours, theirs := systemOf(r), event.system()
	for i := range ours {
		if ours[i] != theirs[i] {
			return fmt.Sprintf("System %d: %q, libevtx %q", i, ours[i], theirs[i])
		}
	}
	said := event.said()
	for i, value := range r.Data {
		if i >= len(said) {
			return fmt.Sprintf("%s=%q, which libevtx does not have", r.Names[i], value)
		}
		name, theirs, _ := strings.Cut(said[i], "=")
		if name != r.Names[i] || !sameValue(value, theirs) {
			return fmt.Sprintf("%s=%q, libevtx %q", r.Names[i], value, said[i])
		}
	}
	if len(said) > len(r.Data) {
		return fmt.Sprintf("libevtx has %q too", said[len(r.Data)])
	}
	return ""
}

// All values of the public logs are those of libevtx, where it reads them.
func TestLibevtxValues(t *testing.T) {
	if !*libevtxValues {
		t.Skip("make slow runs it: all values are compared with libevtx's with -libevtx only")
	}
	if _, err := exec.LookPath("evtxexport"); err != nil {
		t.Fatal("evtxexport is not installed (Debian: libevtx-utils)")
	}
	files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "samples", "evtx", "real", "*.evtx"))
	if len(files) == 0 {
		t.Fatal("samples not present")
	}
	records, values := 0, 0
	for _, path := range files {
		name := filepath.Base(path)
		events := libevtxEvents(t, path)
		compared := 0
		for _, r := range readLog(t, sample(t, "evtx", "real", name), nil).records {
			list := events[r.RecordID]
			if len(list) == 0 {
				continue
			}
			why := ""
			i := slices.IndexFunc(list, func(e *node) bool { why = firstDifference(&r, e); return why == "" })
			if i < 0 {
				t.Errorf("%s: record %d at %d: %s", name, r.RecordID, r.Offset, why)
				continue
			}
			events[r.RecordID] = slices.Delete(list, i, i+1)
			compared++
			values += len(r.Data)
		}
		left := 0
		for _, list := range events {
			left += len(list)
		}
		if left > 0 {
			t.Errorf("%s: libevtx has %d records more", name, left)
		}
		t.Logf("%s: %d records are those of libevtx", name, compared)
		records += compared
	}
	t.Logf("%d records, %d values beside System", records, values)
}
