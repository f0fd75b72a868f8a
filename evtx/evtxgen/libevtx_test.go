package evtxgen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// exported is a record as evtxexport shows it.
type exported struct {
	id       uint64 // of the event; unread when libevtx gives none
	written  string
	source   string
	computer string
	strings  []string // Data and Binary
}

const unread = 1 << 63

// run runs a tool of libevtx, which must have nothing to say against the log.
func run(t *testing.T, tool string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("libevtx is not here: %s (Debian: libevtx-utils) is not installed, so nothing but our own reader reads these logs", tool)
	}
	cmd := exec.Command(path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v: %s", tool, err, stderr.Bytes())
	}
	return stdout.String()
}

// export gives the records that evtxexport finds in the log, by number: those of
// the log and those it calls recovered.
func export(t *testing.T, data []byte) map[uint64]exported {
	t.Helper()
	out := run(t, "evtxexport", "-m", "all", file(t, data))
	records := map[uint64]exported{}
	for block := range strings.SplitSeq(out, "\n\n") {
		var r exported
		var number uint64
		var err error
		for line := range strings.Lines(block) {
			line = strings.TrimSuffix(line, "\n")
			label, value, _ := strings.Cut(line, "\t: ")
			switch label = strings.TrimSpace(label); {
			case label == "Event number":
				number, err = strconv.ParseUint(value, 10, 64)
			case label == "Written time":
				r.written = value
			case label == "Source name":
				r.source = value
			case label == "Computer name":
				r.computer = value
			case label == "Event identifier":
				value, _, _ = strings.Cut(value, " ")
				r.id, err = strconv.ParseUint(value, 0, 32)
			case strings.HasPrefix(label, "String: "):
				r.strings = append(r.strings, value)
			case strings.HasPrefix(label, "Unable to export"):
				r.id = unread
			}
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		if number == 0 {
			continue // what stands before the records
		}
		if _, twice := records[number]; twice {
			t.Errorf("record %d comes twice", number)
		}
		records[number] = r
	}
	return records
}

func file(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log.evtx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shown is what evtxexport has to show of a record.
func shown(r *Record) exported {
	e := exported{
		id: uint64(r.ID), written: r.Time.Format("Jan 02, 2006 15:04:05.000000000 UTC"),
		source: r.Provider, computer: r.Computer, strings: r.Data,
	}
	if r.EventSource != "" {
		e.source = r.EventSource
	}
	if len(r.Binary) > 0 {
		e.strings = append(e.strings[:len(e.strings):len(e.strings)], fmt.Sprintf("%X", r.Binary))
	}
	// It reads no id that is text of the template, and then shows no strings.
	if r.LiteralID {
		e.id, e.strings = unread, nil
	}
	return e
}

// libevtx reads every record with the fields that were written.
func TestLibevtx(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			data := whole(t, &k.log)
			got := export(t, data)
			want, _ := inFile(&k.log, k.order, k.live)
			if len(got) != len(want) {
				t.Fatalf("libevtx has %d records, want %d", len(got), len(want))
			}
			for _, w := range want {
				if e := shown(&w); !reflect.DeepEqual(got[w.RecordID], e) {
					t.Fatalf("record %d:\nlibevtx %+v\nwritten %+v", w.RecordID, got[w.RecordID], e)
				}
			}
		})
	}
}

// libevtx finds the flags and the counts that were wished for, and nothing broken.
// It calls every log corrupted whose last chunk by the file header is not the last
// of the file: that is so of wrapped logs, of cleared ones, and of logs that were not
// closed after a new chunk, also of real ones. Of these, and no others, it may.
func TestLibevtxInfo(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			data := whole(t, &k.log)
			info := run(t, "evtxinfo", file(t, data))
			fields := map[string]string{}
			for line := range strings.Lines(info) {
				label, value, _ := strings.Cut(line, ":")
				fields[strings.TrimSpace(label)] = strings.TrimSpace(value)
			}
			_, corrupted := fields["Is corrupted"]
			_, dirty := fields["Is dirty"]
			behind := binary.LittleEndian.Uint64(data[16:]) != uint64(len(k.order)-1)
			if corrupted != behind || dirty != k.log.Dirty {
				t.Errorf("corrupted %t, want %t; dirty %t, want %t", corrupted, behind, dirty, k.log.Dirty)
			}
			records, _ := inFile(&k.log, k.order, k.live)
			inUse, err := chunksInUse(data)
			if err != nil {
				t.Fatal(err)
			}
			if n, over := fmt.Sprint(inUse), fmt.Sprint(len(records)-inUse); fields["Number of records"] != n || fields["Number of recovered records"] != over {
				t.Errorf("want %s records and %s recovered:\n%s", n, over, info)
			}
			if v := fmt.Sprintf("3.%d", max(k.log.Minor, 1)); fields["Version"] != v {
				t.Errorf("want version %s:\n%s", v, info)
			}
		})
	}
}

// chunksInUse gives how many records the chunk headers know.
func chunksInUse(data []byte) (int, error) {
	n := 0
	for at := fileHeaderSize; at < len(data); at += chunkSize {
		if len(data)-at < chunkSize {
			return 0, errors.New("a chunk is cut")
		}
		first, last := binary.LittleEndian.Uint64(data[at+8:]), binary.LittleEndian.Uint64(data[at+16:])
		if last != 1<<64-1 {
			n += int(last - first + 1)
		}
	}
	return n, nil
}
