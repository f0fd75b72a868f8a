package verdict

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/evtx/evtxgen"
	"portverdict/netstatparse/textgen"
	"portverdict/report"
	"portverdict/report/facts"
)

// story is a bundle that is told: traces, logs and texts of one or more machines. What is
// judged went through the readers, as a bundle does.
type story struct {
	tb      testing.TB
	files   []file // in the order they are added
	tapes   []*tape
	logs    []*journal
	options facts.Options
	host    string
}

// file is one input.
type file struct {
	name string
	data []byte
	tape *tape
	log  *journal

	copies []string // the paths of files with the same bytes
}

func tell(tb testing.TB) *story {
	return &story{tb: tb, options: facts.Options{Zone: time.UTC, Jobs: 1}}
}

// trace adds a trace of a span of the story.
func (s *story) trace(from, to float64) *tape {
	t := newTape(from, to)
	name := "Server.etl"
	if n := len(s.tapes); n > 0 {
		name = fmt.Sprintf("Server%d.etl", n+1)
	}
	s.tapes = append(s.tapes, t)
	s.files = append(s.files, file{name: name, tape: t})
	return t
}

// healthy adds a trace in which a TCP bind succeeds every ten seconds.
func (s *story) healthy(from, to float64) *tape {
	return s.trace(from, to).busy(from, to, 10, tcp, 50290)
}

// text adds a saved text.
func (s *story) text(name, data string) *story {
	s.files = append(s.files, file{name: name, data: []byte(data)})
	return s
}

// printed adds a saved text that a printer composes.
func (s *story) printed(name string, print func(*bytes.Buffer) error) *story {
	s.tb.Helper()
	var b bytes.Buffer
	if err := print(&b); err != nil {
		s.tb.Fatal(err)
	}
	return s.text(name, b.String())
}

// span tells the TCP range.
func (s *story) span(start, count int) *story { return s.rangeOf("tcp", "any", start, count) }

// small tells the range that most stories have: TCP ports 50000-50299.
func (s *story) small() *story { return s.span(50000, 300) }

func (s *story) rangeOf(transport, family string, start, count int) *story {
	name := "dynamicport-" + transport + "-" + family + ".txt"
	return s.printed(name, func(b *bytes.Buffer) error {
		return textgen.PrintRanges(b, "en", "437", []textgen.Range{{Transport: transport, Family: family, Start: start, Count: count}})
	})
}

// excluded tells the excluded ranges of TCP.
func (s *story) excluded(spans ...[2]int) *story {
	var out []textgen.Span
	for _, x := range spans {
		out = append(out, textgen.Span{Transport: "tcp", Start: x[0], End: x[1]})
	}
	return s.printed("excluded.txt", func(b *bytes.Buffer) error { return textgen.PrintExcluded(b, "en", "437", out) })
}

// task is a process of a list: its PID, its image, its services.
func task(pid int, image string, services ...string) textgen.Process {
	return textgen.Process{PID: pid, Image: image, Services: services, Handles: -1, Sockets: -1}
}

// tasks adds a tasklist /svc.
func (s *story) tasks(ps ...textgen.Process) *story {
	return s.printed("tasklist.txt", func(b *bytes.Buffer) error { return textgen.PrintTasklist(b, "csv-svc", "en", "437", ps) })
}

// system adds a systeminfo of a machine.
func (s *story) system(name, version string) *story {
	return s.printed("systeminfo-"+name+".txt", func(b *bytes.Buffer) error {
		return textgen.PrintSysteminfo(b, "437", textgen.Host{Name: name, Version: version})
	})
}

// never is the time of a table that has none.
const never = -1e9

// table adds a connection table of a time, as netstat printed it with those flags. One
// with -q shows UDP too, so that it is complete.
func (s *story) table(at float64, flags string, rows ...string) *story {
	if strings.Contains(flags, "q") {
		rows = append(rows, "  UDP    0.0.0.0:123            *:*                                    900\r\n")
	}
	return s.text(fmt.Sprintf("netstat%d.txt", len(s.files)), tableText(at, "C:\\>netstat -"+flags, rows...))
}

// loop adds tables of one file, each of a time.
func (s *story) loop(flags string, times []float64, rows func(i int) string) *story {
	var b strings.Builder
	for i, at := range times {
		b.WriteString(tableText(at, "C:\\>netstat -"+flags, rows(i), "  UDP    0.0.0.0:123            *:*                                    900\r\n"))
	}
	return s.text("loop.txt", b.String())
}

func tableText(at float64, command string, rows ...string) string {
	text := ""
	if at > never {
		text = moment(at).Format("2006-01-02 15:04:05.000") + "\r\n"
	}
	return text + command + "\r\n\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n" + strings.Join(rows, "") + "\r\n"
}

// conns are rows of TCP ports of a process, from a port on, in a state.
func conns(pid, from, n int, state string) string {
	return towards(pid, from, n, state, "198.51.100.7:443")
}

func towards(pid, from, n int, state, remote string) string {
	local := "10.0.0.5"
	switch state {
	case "BOUND", "LISTENING":
		local, remote = "0.0.0.0", "0.0.0.0:0"
	case "TIME_WAIT":
		pid = 0
	}
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  TCP    %s:%d   %s   %s   %d\r\n", local, from+i, remote, state, pid)
	}
	return b.String()
}

func datagrams(pid, from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  UDP    0.0.0.0:%d   *:*                  %d\r\n", from+i, pid)
	}
	return b.String()
}

// owned puts the owner line of netstat -b below each row.
func owned(rows, image string) string {
	return strings.ReplaceAll(rows, "\r\n", "\r\n ["+image+"]\r\n")
}

// journal is an event log while its story is told.
type journal struct {
	computer, channel string
	records           []evtxgen.Record
	tune              func(*evtxgen.Log)
}

const computer = "HOST1"

// log adds a System log of HOST1 of a span of the story.
func (s *story) log(from, to float64) *journal { return s.logOf(computer, from, to) }

func (s *story) logOf(name string, from, to float64) *journal {
	j := &journal{computer: name, channel: "System"}
	file0 := "System.evtx"
	if n := len(s.logs); n > 0 {
		file0 = fmt.Sprintf("System%d.evtx", n+1)
	}
	s.logs = append(s.logs, j)
	s.files = append(s.files, file{name: file0, log: j})
	return j.record(from, 7036, "Service Control Manager").record(to, 7036, "Service Control Manager")
}

func (j *journal) record(at float64, id uint16, provider string, data ...string) *journal {
	j.records = append(j.records, evtxgen.Record{
		ID: id, Level: 3, Provider: provider, Channel: j.channel, Computer: j.computer, Time: moment(at), Data: data,
	})
	return j
}

func (j *journal) witness(at float64) *journal  { return j.record(at, 4231, "Tcpip", "", "TCP") }
func (j *journal) witness6(at float64) *journal { return j.record(at, 4266, "Tcpip", "", "UDP") }
func (j *journal) reused(at float64) *journal   { return j.record(at, 4227, "Tcpip", "", "TCP") }
func (j *journal) boot(at float64) *journal {
	return j.record(at, 12, "Microsoft-Windows-Kernel-General")
}

func (j *journal) symptom(at float64, id uint16, provider string) *journal {
	return j.record(at, id, provider)
}

// stuck tells of the hanging closes of so many ports of a PID.
func (j *journal) stuck(at float64, pid, from, n int) *journal {
	for i := range n {
		j.record(at, 16002, "AFD", `\Device\Afd`, "TCP", fmt.Sprint(from+i), fmt.Sprint(pid))
	}
	return j
}

func (j *journal) build(tb testing.TB) []byte {
	tb.Helper()
	log := evtxgen.Log{Records: slices.Clone(j.records)}
	slices.SortStableFunc(log.Records, func(a, b evtxgen.Record) int { return a.Time.Compare(b.Time) })
	if j.tune != nil {
		j.tune(&log)
	}
	data, err := log.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// bundle is the story as files.
func (s *story) bundle() []file {
	out := slices.Clone(s.files)
	for i := range out {
		switch {
		case out[i].tape != nil:
			out[i].data = out[i].tape.build(s.tb)
		case out[i].log != nil:
			out[i].data = out[i].log.build(s.tb)
		}
	}
	return out
}

// judge gives the report of the story, which obeys the laws of every report and is the
// one that was last read.
func (s *story) judge() *report.Report {
	s.tb.Helper()
	r := judged(s.bundle(), s.options, s.host)
	laws(s.tb, r)
	asBefore(s.tb, r)
	return r
}

func judged(files []file, o facts.Options, host string) *report.Report {
	return Judge(settledCase(files, o), Options{Version: "test", Host: host})
}

// settledCase reads files in the order that facts asks for.
func settledCase(files []file, o facts.Options) *facts.Case {
	f := facts.New(o)
	handles := make([]facts.Handle, len(files))
	for _, texts := range []bool{true, false} {
		for i, in := range files {
			if (kindOf(in.name) == "netstat") == texts {
				sum := sha256.Sum256(in.data)
				handles[i] = f.Add(report.Source{
					Path: in.name, Kind: kindOf(in.name), Size: int64(len(in.data)), SHA256: hex.EncodeToString(sum[:]),
				}, bytes.NewReader(in.data))
				f.Copied(handles[i], in.copies)
			}
		}
	}
	for i, in := range files {
		if kindOf(in.name) == "netstat" {
			f.AddTables(handles[i], bytes.NewReader(in.data))
		}
	}
	return f.Settled()
}

// kindOf is what a file is by its name; a text may hold tables and facts alike.
func kindOf(name string) string {
	switch {
	case strings.HasPrefix(name, "unknown"):
		return "unknown"
	case strings.HasSuffix(name, ".etl"):
		return "etl"
	case strings.HasSuffix(name, ".evtx"):
		return "evtx"
	}
	return "netstat"
}
