package evtx

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/0xrawsec/golang-evtx/evtx"
)

// Both readers give the same of every record of the samples that golang-evtx can read.
func TestSecondReaderAgrees(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "samples", "*", "*", "*.evtx"))
	more, _ := filepath.Glob(filepath.Join("..", "..", "shared", "samples", "second", "evtx", "*.evtx"))
	logs := map[string][]byte{"the composed case": composed(t)}
	for _, f := range append(files, more...) {
		logs[f] = sample(t, relative(t, f)...)
	}
	least := 158
	if len(logs) == 1 {
		t.Log("samples not present: only the composed case is read twice")
		least = 127
	}
	agreed := 0
	for name, data := range logs {
		var ids []uint16
		for _, r := range readLog(t, data, nil).records {
			if !slices.Contains(ids, r.ID) {
				ids = append(ids, r.ID)
			}
		}
		res := readLog(t, data, &Options{SecondReader: ids})
		if res.codes[CodeReaders] != 0 || res.stats.Disagreed != 0 {
			for _, r := range res.records {
				if r.Confirmed == Disagreed {
					t.Errorf("%s: record %d at %d: %q", name, r.RecordID, r.Offset, r.Data)
				}
			}
		}
		if res.stats.Unconfirmed > 0 {
			t.Logf("%s: %d records that the second reader cannot read", name, res.stats.Unconfirmed)
		}
		agreed += res.stats.Agreed
	}
	t.Logf("%d records of %d logs are read in the same way", agreed, len(logs))
	if agreed < least {
		t.Errorf("%d records agree", agreed)
	}
}

func relative(t *testing.T, path string) []string {
	t.Helper()
	rel, err := filepath.Rel(filepath.Join("..", "..", "shared", "samples"), path)
	if err != nil {
		t.Fatal(err)
	}
	return []string{rel}
}

// Of few records of an id all are read again, of many the first, the last and some.
func TestWhichAreReadTwice(t *testing.T) {
	data := composed(t)
	byID := map[uint16][]Record{}
	o := &Options{SecondReader: []uint16{4231, 7036, 16}}
	for _, r := range readLog(t, data, o).records {
		byID[r.ID] = append(byID[r.ID], r)
	}
	for id, records := range byID {
		checked := 0
		for i, r := range records {
			want := NotChecked
			if slices.Contains(o.SecondReader, id) && (len(records) <= secondEach || i%secondEvery == 0 || i == len(records)-1) {
				want = Agreed
				checked++
			}
			if r.Confirmed != want {
				t.Errorf("%d of %d records of %d: %v, want %v", i, len(records), id, r.Confirmed, want)
			}
		}
		if slices.Contains(o.SecondReader, id) && checked == 0 {
			t.Errorf("none of %d", id)
		}
	}
	if n := len(byID[4231]); n == 0 || n > secondEach || len(byID[7036]) <= secondEach {
		t.Errorf("the case has %d records of 4231, %d of 16, %d of 7036", len(byID[4231]), len(byID[16]), len(byID[7036]))
	}
	if s := readLog(t, data, &wantedOnly).stats; s.Agreed+s.Disagreed+s.Unconfirmed != 0 {
		t.Errorf("read twice without being asked: %+v", s)
	}
}

// So many records of an id are all read twice, and of one more three.
func TestHowManyAreReadTwice(t *testing.T) {
	for n, want := range map[int]int{secondEach: secondEach, secondEach + 1: 3} {
		w := newWriter()
		for range n {
			w.record(func() { w.put(tokenFragment, 1, 1, 0).instance(func() { w.event(func() {}) }).put(tokenEnd) })
		}
		if s := readLog(t, w.file(t), &Options{SecondReader: []uint16{7}}).stats; s.Decoded != n || s.Agreed != want {
			t.Errorf("%d records: %+v", n, s)
		}
	}
}

// Where the readers differ it is told behind the record, which counts.
func TestReadersDisagree(t *testing.T) {
	w := newWriter()
	for range 2 {
		w.record(func() {
			w.put(tokenFragment, 1, 1, 0).instance(func() {
				w.event(func() {
					w.element("EventData", nil, func() { w.element("Data", nil, func() { w.value(0, kindString|array) }) })
				})
			}, typed{kindString | array, utf16le("first\x00last")}).put(tokenEnd) // golang-evtx drops a string without a zero behind it
		})
	}
	res := readLog(t, w.file(t), &Options{SecondReader: []uint16{7}})
	if res.codes[CodeReaders] != 2 || len(res.codes) != 1 || res.stats.Disagreed != 2 || len(res.records) != 2 {
		t.Fatalf("%v %+v", res.codes, res.stats)
	}
	for _, r := range res.records {
		if r.Confirmed != Disagreed || !slices.Equal(r.Data, []string{"first", "last"}) {
			t.Errorf("%+v", r)
		}
	}
}

// Each thing that two readers may say of a record is compared.
func TestConfirm(t *testing.T) {
	data := composed(t)
	r := readLog(t, data, &wantedOnly).records[0]
	f, _ := frameAt(data[fileHeaderSize:], int(r.Offset-fileHeaderSize))
	s := &second{chunk: data[fileHeaderSize:], budget: secondBudget}
	defer s.close()
	for name, c := range map[string]struct {
		change func(r *Record)
		want   Confirmation
	}{
		"nothing":         {func(*Record) {}, Agreed},
		"provider":        {func(r *Record) { r.Provider = "AFD" }, Disagreed},
		"id":              {func(r *Record) { r.ID++ }, Disagreed},
		"time":            {func(r *Record) { r.Time = r.Time.Add(100 * time.Nanosecond) }, Disagreed},
		"no time":         {func(r *Record) { r.Time = time.Time{} }, Agreed},
		"a string before": {func(r *Record) { r.Data = append([]string{"x"}, r.Data...) }, Disagreed},
		"a string more":   {func(r *Record) { r.Data = append(r.Data, "x") }, Disagreed},
		"an empty string": {func(r *Record) { r.Data = append(r.Data, "") }, Agreed},
	} {
		changed := r
		c.change(&changed)
		if got, text := s.confirm(f, &changed); got != c.want || (text != "") != (c.want == Disagreed) {
			t.Errorf("%s: %v %q, want %v", name, got, text, c.want)
		}
	}
	s.budget = 0
	if got, _ := s.confirm(f, &r); got != Unconfirmed {
		t.Errorf("without a budget: %v", got)
	}
	if got, _ := (&second{chunk: make([]byte, chunkSize), budget: secondBudget}).confirm(f, &r); got != Unconfirmed {
		t.Errorf("nothing to read: %v", got)
	}
}

// A trap ends the second reader too, within the reads that it is allowed.
func TestSecondReaderEnds(t *testing.T) {
	for name, c := range traps {
		w := newWriter()
		f := w.record(func() {
			w.put(tokenFragment, 1, 1, 0)
			c.write(w)
		})
		s := &second{chunk: w.b, budget: secondBudget}
		s.confirm(f, &Record{})
		s.close()
		if used := secondBudget - s.budget; used < 1 || used > readBudget+1 { // the last is the one too many
			t.Errorf("%s: %d reads", name, used)
		}
	}
}

func TestDiffer(t *testing.T) {
	text := func(s string) said { return said{s, true} }
	for _, c := range []struct {
		theirs []said
		ours   []string
		want   int
	}{
		{nil, nil, -1},
		{nil, []string{"", ""}, -1},
		{[]said{text("a")}, []string{"", "a", ""}, -1},
		{[]said{text("a"), text("")}, []string{"a"}, -1},
		{[]said{text("a")}, []string{"b"}, 0},
		{[]said{text("a"), {}}, []string{"a", "0xff"}, -1},
		{[]said{text("a"), {}}, []string{"a"}, 1},
		{[]said{text("a")}, []string{"a", "b"}, 1},
	} {
		if got := differ(c.theirs, c.ours); got != c.want {
			t.Errorf("%v %q: %d, want %d", c.theirs, c.ours, got, c.want)
		}
	}
}

// The second reader's elements are walked up to what they may be: so deep in each other, so
// many templates in each other, and so many.
func TestTreeLimits(t *testing.T) {
	holding := func(e ...evtx.Element) *evtx.TemplateInstance {
		ti := &evtx.TemplateInstance{}
		ti.Definition.Data.Elements = e
		return ti
	}
	nested := func(n int) *evtx.TemplateInstance {
		ti := holding()
		for range n - 1 {
			ti = holding(&evtx.ElementStart{}, ti)
		}
		return ti
	}
	opened := func(n int) (out []evtx.Element) {
		for range n {
			out = append(out, &evtx.ElementStart{})
		}
		return out
	}
	flat := func(n int) []evtx.Element {
		return slices.Repeat([]evtx.Element{&evtx.BinXMLCloseEmptyElementTag{}}, n)
	}
	for name, c := range map[string]struct {
		ti   *evtx.TemplateInstance
		want error
	}{
		"templates": {nested(secondDepth), nil}, "one more": {nested(secondDepth + 1), errNested},
		"open elements": {holding(opened(secondPath)...), nil}, "one more of these": {holding(opened(secondPath + 1)...), errNested},
		"elements": {holding(flat(secondElements)...), nil}, "one more of those": {holding(flat(secondElements + 1)...), errNested},
	} {
		w := &tree{}
		if err := w.instance(c.ti, 0); !errors.Is(err, c.want) || err == nil && len(w.path) > 0 {
			t.Errorf("%s: %v, %d open", name, err, len(w.path))
		}
	}
	if err := new(tree).fragment(&evtx.Fragment{}, 0); !errors.Is(err, errTree) {
		t.Errorf("a fragment of nothing: %v", err)
	}
}

// The chunk as golang-evtx reads it: seeks go where they say, a read behind the end or one too
// many ends the reading, and so does a step back to a token that is none.
func TestSource(t *testing.T) {
	data := []byte{evtx.FragmentHeaderToken, 2, 3, 0xee, 5}
	ends := func(do func(s *source), s source) (source, bool) {
		returned := false
		done := make(chan bool)
		go func() {
			defer close(done)
			do(&s)
			returned = true
		}()
		<-done
		return s, !returned
	}
	read := func(n int) func(s *source) { return func(s *source) { _, _ = s.Read(make([]byte, n)) } }
	seek := func(offset int64, whence int) func(s *source) {
		return func(s *source) { _, _ = s.Seek(offset, whence) }
	}
	for name, c := range map[string]struct {
		do   func(s *source)
		s    source
		at   int64
		ends bool
	}{
		"all of it":                {read(5), source{left: 1}, 5, false},
		"a byte more":              {read(6), source{left: 1}, 0, true},
		"the last":                 {read(1), source{left: 1, at: 4}, 5, false},
		"none is left":             {read(1), source{}, 0, true},
		"behind the end":           {read(0), source{left: 1, at: 6}, 6, true},
		"before the begin":         {read(1), source{left: 1, at: -1}, -1, true},
		"to a place":               {seek(3, io.SeekStart), source{}, 3, false},
		"to one from here":         {seek(-1, io.SeekCurrent), source{at: 3}, 2, false},
		"to one from the end":      {seek(-1, io.SeekEnd), source{}, 4, false},
		"to the begin":             {seek(-3, io.SeekCurrent), source{at: 3}, 0, false},
		"before it":                {seek(-4, io.SeekCurrent), source{at: 3}, 3, false},
		"back to a token":          {seek(-1, io.SeekCurrent), source{at: 1, token: true}, 0, false},
		"back to one that is none": {seek(-1, io.SeekCurrent), source{at: 4, token: true}, 4, true},
		"back to what is no token": {seek(-1, io.SeekCurrent), source{at: 4}, 3, false},
		"two back":                 {seek(-2, io.SeekCurrent), source{at: 5, token: true}, 3, false},
		"back behind the end":      {seek(-1, io.SeekCurrent), source{at: 6, token: true}, 5, false},
	} {
		c.s.data = data
		if got, ended := ends(c.do, c.s); got.at != c.at || ended != c.ends {
			t.Errorf("%s: at %d, ended %t", name, got.at, ended)
		}
	}
	s := &source{data: data, left: 3}
	for n, token := range map[int]bool{1: true, 2: false} {
		s.at = 0
		if got, err := s.Read(make([]byte, n)); got != n || err != nil || s.token != token {
			t.Errorf("%d bytes: %d %v %t", n, got, err, s.token)
		}
	}
	if _, err := s.Seek(0, io.SeekStart); err != nil || s.token {
		t.Error(err)
	}
}
