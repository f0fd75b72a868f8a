package evtx

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Where libevtx gives less than this package.
var differences = map[string]struct {
	records int // that it does not give
	ids     int // of records it gives without one
	reason  string
}{
	"real/system-truncated":      {records: 89, reason: "libevtx does not read the chunk in which the file ends"},
	"synthetic/tcpip-dirty":      {ids: 300, reason: "libevtx does not read an event id that is literal text"},
	"synthetic/tcpip-literal-id": {ids: 300, reason: "libevtx does not read an event id that is literal text"},
}

// key is what tells a record: the number in its header, which an export counts
// anew, and when it was written.
type key struct {
	number  uint64
	written string
}

const noID = -1

// libevtxRecords are the ids of the records that evtxexport gives, recovered ones too.
func libevtxRecords(t *testing.T, path string) map[key][]int {
	t.Helper()
	out, err := exec.Command("evtxexport", "-m", "all", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	records := map[key][]int{}
	var k key
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		label, value, _ := strings.Cut(lines.Text(), ": ")
		switch label = strings.TrimSpace(label); {
		case label == "Event number":
			if k.number, err = strconv.ParseUint(value, 10, 64); err != nil {
				t.Fatal(err)
			}
		case label == "Written time":
			k.written = value
		case label == "Event identifier":
			hex, _, _ := strings.Cut(value, " ")
			id, err := strconv.ParseUint(hex, 0, 32)
			if err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
			records[k] = append(records[k], int(id&0xffff))
		case strings.HasPrefix(label, "Unable to export"):
			records[k] = append(records[k], noID)
		}
	}
	return records
}

// Every record that libevtx gives is given here, with the same number, id and
// time; what it does not give is listed above.
func TestLibevtx(t *testing.T) {
	if _, err := exec.LookPath("evtxexport"); err != nil {
		t.Skip("evtxexport is not installed: the records are not compared with libevtx's here")
	}
	files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "samples", "evtx", "*", "*.evtx"))
	if len(files) == 0 {
		t.Skip("samples not present: the records are not compared with libevtx's here")
	}
	for _, path := range files {
		name := filepath.Base(filepath.Dir(path)) + "/" + strings.TrimSuffix(filepath.Base(path), ".evtx")
		data := sample(t, "evtx", name+".evtx")
		theirs := libevtxRecords(t, path)
		more, ids := 0, 0
		for _, r := range readLog(t, data, nil).records {
			written := r.Written
			if written.IsZero() { // FILETIME 0
				written = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)
			}
			k := key{binary.LittleEndian.Uint64(data[r.Offset+8:]), written.Format("Jan 02, 2006 15:04:05.000000000 UTC")}
			list := theirs[k]
			if len(list) == 0 {
				more++
				continue
			}
			if list[0] == noID {
				ids++
			} else if list[0] != int(r.ID) {
				t.Errorf("%s: record %d at %d has id %d, libevtx says %d", name, k.number, r.Offset, r.ID, list[0])
			}
			theirs[k] = list[1:]
		}
		less := 0
		for _, list := range theirs {
			less += len(list)
		}
		if d := differences[name]; less != 0 || more != d.records || ids != d.ids {
			t.Errorf("%s: libevtx gives %d records more; %d less, want %d; %d without id, want %d (%s)", name, less, more, d.records, ids, d.ids, d.reason)
		}
	}
}
