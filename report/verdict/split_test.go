package verdict

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/report"
)

// halves are the two files that a session leaves that began a new one: each with
// the header, and with its own buffers.
func halves(t *testing.T, whole []byte) (first, second []byte) {
	t.Helper()
	r, err := etl.NewReader(bytes.NewReader(whole), int64(len(whole)), nil)
	if err != nil {
		t.Fatal(err)
	}
	size := int(r.Header().BufferSize)
	at := len(whole) / size / 2 * size
	first = bytes.Clone(whole[:at])
	second = append(bytes.Clone(whole[:size]), whole[at:]...)
	count := uint32(len(whole) / size)
	for _, part := range [][]byte{first, second} {
		// BuffersWritten is where the header says how many buffers the whole has.
		i := bytes.Index(part[:size], binary.LittleEndian.AppendUint32(nil, count))
		for ; i >= 0 && i < size; i++ {
			if binary.LittleEndian.Uint32(part[i:]) == count && i%4 == 0 {
				binary.LittleEndian.PutUint32(part[i:], uint32(len(part)/size))
				break
			}
		}
	}
	return first, second
}

// What a verdict says, without the places of its evidence.
func essence(r *report.Report) any {
	type holder struct{ PID, Ports int }
	var out struct {
		Outcome    report.Outcome
		Confidence report.Confidence
		Pools      []report.Pool
		Windows    []report.Window
		Holders    []holder
		Victims    map[int]int
		Findings   map[string]int
	}
	out.Outcome, out.Confidence = r.Verdict.Outcome, r.Verdict.Confidence
	out.Victims, out.Findings = map[int]int{}, map[string]int{}
	for _, p := range r.Verdict.Pools {
		p.UsedSource, p.RangeSource = "", ""
		out.Pools = append(out.Pools, p)
	}
	for _, w := range r.Verdict.Windows {
		w.Evidence = nil
		for i := range w.Log {
			w.Log[i].Evidence = ""
		}
		out.Windows = append(out.Windows, w)
	}
	for _, h := range r.Verdict.Holders {
		out.Holders = append(out.Holders, holder{h.PID, h.Ports})
	}
	for _, v := range r.Verdict.Victims {
		out.Victims[v.PID] = v.Failures
	}
	for _, f := range r.Findings {
		out.Findings[f.ID] = f.Count
	}
	return out
}

// A trace in two files of one session says what it says in one.
func TestSplitTraceSaysTheSame(t *testing.T) {
	split := 0
	for _, path := range cases(t) {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if strings.HasSuffix(dir, "compressed") {
				t.Skip("its buffers are of any length in the file: it is not split here")
			}
			inputs := bundleOf(t, dir)
			o := sampleOptions(t)
			ev := New(o)
			for _, in := range inputs {
				src := report.Source{Path: in.name, Kind: kindOf(in.data), Size: int64(len(in.data)), SHA256: in.name}
				if src.Kind != "etl" {
					ev.Add(src, bytes.NewReader(in.data))
					continue
				}
				first, second := halves(t, in.data)
				a, b := src, src
				a.Size, b.Path, b.Size = int64(len(first)), "Server_1.etl", int64(len(second))
				ev.AddSession([]report.Source{a, b}, []io.ReaderAt{bytes.NewReader(first), bytes.NewReader(second)})
				split++
			}
			for _, in := range inputs {
				ev.AddTables(in.name, bytes.NewReader(in.data))
			}
			if d := cmp.Diff(essence(analyse(inputs, o)), essence(Judge(ev))); d != "" {
				t.Error(d)
			}
		})
	}
	if split < 4 {
		t.Errorf("%d traces were split", split)
	}
}

// Names and order of the inputs say nothing: the same content gives the same
// judgement on the same evidence.
func TestNamesAndOrderSayNothing(t *testing.T) {
	for _, path := range cases(t) {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			inputs := bundleOf(t, dir)
			o := sampleOptions(t)
			var renamed []input
			for i, in := range slices.Backward(inputs) {
				renamed = append(renamed, input{fmt.Sprintf("upload%d.bin", (i*7+3)%len(inputs)), in.data})
			}
			a, b := analyse(inputs, o), analyse(renamed, o)
			if d := cmp.Diff(essence(a), essence(b)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(evidenceIDs(a), evidenceIDs(b)); d != "" || a.Bundle.ID != b.Bundle.ID {
				t.Errorf("evidence %s", d)
			}
		})
	}
}

func evidenceIDs(r *report.Report) []string {
	var out []string
	for _, e := range r.Evidence {
		out = append(out, e.ID)
	}
	slices.Sort(out)
	return out
}
