package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl/etlgen"
)

// packetTrace has a packet, a bind, what describes an event, and an event without a name.
const packetTrace = `-- trace --
header mode=1 cpus=1
buffer
event64 time=+10 provider=2ed6006e-4729-4609-b423-3ee7bcd678ef id=1001 keyword=0xc0000000 payload=u32:5,u32:7,u32:14,31*14
event64 time=+20 provider=e53c6823-7bb8-44bb-90dc-3f86090d48a6 id=1029 keyword=2 payload=u32:1,u32:7,u64:1,u64:2,u32:0xC0000209
full64 time=+30 guid=bbccf6c1-6cd1-48c4-80ff-839482e37671 opcode=32 payload=00*112
event64 time=+40 provider=00000001-0000-0000-0000-000000000000 id=9 payload=cafe
`

// With --events the events that are no packets stand in the file, each as the line that
// `events` prints.
func TestExportEvents(t *testing.T) {
	plan, err := etlgen.Parse([]byte(packetTrace))
	if err != nil {
		t.Fatal(err)
	}
	data, err := plan.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	trace, out := filepath.Join(dir, "t.etl"), filepath.Join(dir, "out.pcapng")
	if err := os.WriteFile(trace, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(stdoutOf(t, exitOK, "events", trace, "--format", "ndjson")) {
		if !strings.Contains(line, "2ed6006e") && !strings.Contains(line, "bbccf6c1") {
			want = append(want, line)
		}
	}
	if said := told(t, exitOK, "export", trace, "-o", out, "--events"); said != "portverdict: wrote "+out+"\n" {
		t.Errorf("said %q", said)
	}
	lines, packets := blocks(t, out)
	if d := cmp.Diff(want, lines); d != "" || packets != 1 || len(want) != 3 {
		t.Errorf("%d packets, %d lines (-events +export)\n%s", packets, len(want), d)
	}
	if said := told(t, exitOK, "export", trace, "-o", out, "--force", "--keep-protected", "-q"); said != "" {
		t.Errorf("-q says %q", said)
	}
	if lines, packets := blocks(t, out); len(lines) != 0 || packets != 1 {
		t.Errorf("without --events: %d packets, %v", packets, lines)
	}
}

// blocks gives the data of the Custom Blocks of a pcapng, and how many packets it has.
func blocks(t *testing.T, file string) (lines []string, packets int) {
	t.Helper()
	for b := mustRead(t, file); len(b) > 0; {
		kind, size := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if size < 12 || int(size) > len(b) {
			t.Fatalf("a block of %d bytes", size)
		}
		switch kind {
		case 0x00000bad:
			lines = append(lines, strings.TrimRight(string(b[12:size-4]), "\x00"))
		case 6:
			packets++
		}
		b = b[size:]
	}
	return lines, packets
}
