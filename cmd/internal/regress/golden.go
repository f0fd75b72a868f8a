package regress

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"portverdict/cmd/internal/bundle"
	"portverdict/report"
)

const (
	goldenName     = "verdict.json"
	maxDifferences = 20 // of one golden; more would say nothing more
)

// keys are the fields that tell the items of a list apart, so that an item too many
// does not make all after it differ. The first that do are taken.
var keys = [][]string{
	{"id"},
	{"id", "host", "transport"}, // a finding
	{"path"},
	{"transport", "host", "window", "pid", "process_key", "image"}, // a holder
	{"transport", "host", "pid", "process_key", "source"},          // a series
	{"transport", "host", "pid", "process_key"},                    // a victim
	{"transport", "host", "from"},                                  // a window
	{"transport", "host", "family"},                                // a pool
	{"pid"},
	{"t"},
	{"input"},
	{"host", "at"}, // a boot
}

// golden compares the report with expected/NAME, the version of the tool apart.
func (c *Case) golden(name string, r *report.Report) []string {
	want, err := readGolden(c.expected(name))
	if errors.Is(err, fs.ErrNotExist) {
		return []string{fmt.Sprintf("expected/%s is not there; --update writes it", name)}
	}
	if err != nil {
		return []string{err.Error()}
	}
	got, err := text(r, want)
	if err != nil {
		return []string{err.Error()}
	}
	if sameText(got, want) {
		return nil
	}
	var old, found any
	if err := decode(want, &old); err != nil {
		return []string{fmt.Sprintf("expected/%s: %v", name, err)}
	}
	if err := decode(got, &found); err != nil {
		return []string{fmt.Sprintf("the report: %v", err)}
	}
	var d fields
	d.compare(name, old, found)
	if d.more > 0 {
		d.diff = append(d.diff, fmt.Sprintf("%s: and %d more", name, d.more))
	}
	if len(d.diff) == 0 { // other white space, or the same key twice
		return []string{fmt.Sprintf("expected/%s says the same in other bytes; --update writes it again", name)}
	}
	return d.diff
}

// maxGolden bounds a golden, in bytes.
const maxGolden = 64 << 20

func readGolden(name string) ([]byte, error) {
	f, err := bundle.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxGolden+1))
	if err == nil && len(data) > maxGolden {
		err = fmt.Errorf("it is larger than %d bytes", maxGolden)
	}
	return data, err
}

// renew writes expected/NAME when it says something else.
func (c *Case) renew(name string, r *report.Report) (written bool, err error) {
	file := c.expected(name)
	old, err := readGolden(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	text, err := text(r, old)
	if err != nil || sameText(text, old) {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return false, err
	}
	return true, replace(file, text)
}

// newFileMode is that of a golden that is new: it quotes a bundle. Git keeps no more of a
// mode than whether a file can be run, so one that is committed is as readable as others.
const newFileMode = 0o600

// replace writes beside the file and renames, so that there is never half a golden. One
// that is there keeps its mode.
func replace(file string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	mode := fs.FileMode(newFileMode)
	if fi, err := os.Lstat(file); err == nil {
		mode = fi.Mode().Perm()
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Chmod(mode), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(temp.Name()))
	}
	return err
}

// sameText tells that a golden says what was found: Git may have changed the ends of its
// lines to those of Windows.
func sameText(found, golden []byte) bool {
	return bytes.Equal(found, golden) || bytes.Equal(found, bytes.ReplaceAll(golden, []byte("\r\n"), []byte("\n")))
}

// text is the report as a golden has it, with the version of the tool that the old
// golden has: another version is no difference.
func text(r *report.Report, old []byte) ([]byte, error) {
	found := *r
	found.Tool.Version = "golden"
	if was, err := report.ReadJSON(bytes.NewReader(old)); err == nil {
		found.Tool = was.Tool
	}
	var b bytes.Buffer
	err := report.WriteJSON(&b, &found)
	return b.Bytes(), err
}

func (c *Case) expected(name string) string { return filepath.Join(c.dir, "expected", name) }

func decode(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(to)
}

// fields compares two JSON values field by field.
type fields struct {
	diff diff
	more int // beyond maxDifferences
}

func (f *fields) note(at, want, found string) {
	if len(f.diff) == maxDifferences {
		f.more++
		return
	}
	f.diff.note(at, want, found)
}

func (f *fields) compare(at string, want, found any) {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := found.(map[string]any); ok {
			f.objects(at, w, g)
			return
		}
	case []any:
		if g, ok := found.([]any); ok {
			f.lists(at, w, g)
			return
		}
	}
	if a, b := brief(want), brief(found); a != b {
		f.note(at, a, b)
	}
}

func (f *fields) objects(at string, want, found map[string]any) {
	both := maps.Clone(want)
	maps.Copy(both, found)
	for _, name := range slices.SortedFunc(maps.Keys(both), weightiest) {
		w, expected := want[name]
		g, there := found[name]
		switch {
		case !expected:
			f.note(at+" "+name, "none", brief(g))
		case !there:
			f.note(at+" "+name, brief(w), "none")
		default:
			f.compare(at+" "+name, w, g)
		}
	}
}

// weightiest puts the judgement first and the rows it rests on last: not all is told.
func weightiest(a, b string) int {
	weight := map[string]int{"verdict": -1, "evidence": 1}
	return cmp.Or(cmp.Compare(weight[a], weight[b]), cmp.Compare(a, b))
}

func (f *fields) lists(at string, want, found []any) {
	for _, key := range keys {
		w, a := keyed(want, key)
		g, b := keyed(found, key)
		if a && b {
			f.objects(at, w, g)
			f.order(at, key, want, found)
			return
		}
	}
	for i := range min(len(want), len(found)) {
		f.compare(fmt.Sprintf("%s[%d]", at, i), want[i], found[i])
	}
	if len(want) != len(found) {
		f.note(at, strconv.Itoa(len(want))+" items", strconv.Itoa(len(found)))
	}
}

// order tells of items that are the same and stand in another order.
func (f *fields) order(at string, key []string, want, found []any) {
	if len(want) != len(found) {
		return
	}
	for i := range want {
		w, g := naming(want[i].(map[string]any), key), naming(found[i].(map[string]any), key)
		if w != g {
			f.note(fmt.Sprintf("%s[%d]", at, i), w, g)
			return
		}
	}
}

// keyed gives the items of a list of objects by some of their fields, false when those
// do not tell all of them apart.
func keyed(list []any, key []string) (map[string]any, bool) {
	out := map[string]any{}
	for _, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		name := naming(o, key)
		if name == "" || out[name] != nil {
			return nil, false
		}
		out[name] = v
	}
	return out, true
}

// naming is how an item is called by some of its fields, "" when it has not all of them.
// Fields that are empty are left out of the name.
func naming(o map[string]any, key []string) string {
	var parts []string
	for _, k := range key {
		v, there := o[k]
		if !there {
			return ""
		}
		if v != nil && v != "" {
			parts = append(parts, fmt.Sprintf("%s %v", k, v))
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

const maxBrief = 120 // bytes of a value that is shown

func brief(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	if len(text) > maxBrief {
		return string(bytes.ToValidUTF8(text[:maxBrief], nil)) + "…"
	}
	return string(text)
}
