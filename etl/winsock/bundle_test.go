package winsock

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
)

// victim counts the records that carry STATUS_TOO_MANY_ADDRESSES.
type victim struct {
	Bind    int `json:"bind"`
	Connect int `json:"connect"`
}

// TestBundles decodes composed traces, written by a program that is not ours,
// and finds the failures per process that its author wrote down.
func TestBundles(t *testing.T) {
	const bundles = "../../../shared/samples/bundles"
	truths, err := filepath.Glob(filepath.Join(bundles, "*.truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(truths) == 0 {
		t.Skip("samples not present: " + bundles)
	}
	for _, path := range truths {
		name := filepath.Base(path[:len(path)-len(".truth.json")])
		trace, err := os.Open(filepath.Join(bundles, name, "Server.etl"))
		if err != nil {
			continue // a bundle without a trace
		}
		t.Run(name, func(t *testing.T) {
			defer trace.Close()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var truth struct {
				Victims map[string]victim `json:"victims"`
			}
			if err := json.Unmarshal(text, &truth); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(truth.Victims, victims(t, trace)); d != "" {
				t.Errorf("-truth +decoded\n%s", d)
			}
		})
	}
}

// victims walks a trace; a process is known by its creates.
func victims(t *testing.T, trace *os.File) map[string]victim {
	t.Helper()
	info, err := trace.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := etl.NewReader(trace, info.Size(), &etl.Options{Providers: []etl.GUID{AFD, TCPIP}})
	if err != nil {
		t.Fatal(err)
	}
	pids := map[uint64]uint32{}
	found := map[string]victim{}
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		f, ok, err := Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		if ok && f.HasPID {
			pids[f.Process] = f.PID
		}
		if !ok || f.Status != StatusTooManyAddresses {
			continue
		}
		pid := strconv.Itoa(int(pids[f.Process]))
		v := found[pid]
		switch f.Op {
		case OpBind:
			v.Bind++
		case OpConnect:
			v.Connect++
		}
		found[pid] = v
	}
	return found
}
