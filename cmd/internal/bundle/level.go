package bundle

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portverdict/cmd/internal/bundle/cab"
	"portverdict/cmd/internal/bundle/pkzip"
)

// level is what lies together: the files of a folder, the entries of an archive or the
// PATHs given. Archives are opened when all of it was seen, since one may be in several
// files.
type level struct {
	outer *outermost // that it lies in; nil on the disk
	depth int        // of the archives in it
	given bool       // its archives were named by the user: paths are relative to each
	found []found
}

// found is a file before it is known whether it is an input, an archive or a part of one.
// It lies on the disk, in the memory of the caller or in the store.
type found struct {
	path    string
	kind    string
	mail    bool // files may be attached to it
	fault   *Fault
	size    int64
	sum     string
	damaged bool
	file    string
	data    []byte
	memory  io.ReaderAt
	member  *member
}

func (f *found) open() (io.ReaderAt, io.Closer, error) {
	switch {
	case f.member != nil:
		return f.member, io.NopCloser(nil), nil
	case f.memory != nil:
		return f.memory, io.NopCloser(nil), nil
	case f.file == "":
		return bytes.NewReader(f.data), io.NopCloser(nil), nil
	}
	file, err := Open(f.file)
	return file, file, err
}

// partName is the name of a file that a program may have cut an archive into: x.zip.001,
// or x.z01 beside x.zip.
var partName = regexp.MustCompile(`^(.+)\.(?:(\d{3,4})|[zZ](\d{2,3}))$`)

// take keeps an input, or puts an archive and what may be a part of one aside.
func (l *loader) take(lv *level, f found) {
	if f.kind != kindArchive && strings.EqualFold(path.Ext(f.path), ".zip") && disksOf(&f) > 1 {
		f.kind = kindArchive // the last part of a split zip begins in the middle of a file
	}
	if f.kind == kindArchive || f.mail || partName.MatchString(f.path) {
		lv.found = append(lv.found, f)
		return
	}
	l.keep(f)
}

func (l *loader) keep(f found) {
	in := Input{Path: f.path, Kind: f.kind, Size: f.size, SHA256: f.sum, Fault: f.fault, Damaged: f.damaged, file: f.file, data: f.data, memory: f.memory}
	if f.member != nil {
		in = f.member.keep(in)
	}
	l.add(in)
}

// openAll unpacks the archives of a level and keeps what turned out to be part of none.
// Each of those given is a root of its own.
func (l *loader) openAll(lv *level) error {
	sets := setsOf(lv.found)
	lv.found = nil
	for i, s := range sets {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		switch {
		case s.walk == nil:
			l.keep(s.files[0])
		case lv.outer != nil && lv.outer.stopped: // which was said
			l.done(s, false)
		default:
			if err := l.archive(s, lv); err != nil {
				return err
			}
		}
		sets[i] = nil
		if lv.given && lv.outer == nil {
			l.endRoot()
		}
	}
	return nil
}

// set is an archive: the files it is in, in order. disks are the places in files of those
// of a split zip, -1 for one that is missing.
type set struct {
	walk    walker // nil: no archive
	files   []found
	disks   []int
	missing string // what of it is not there
	mail    bool   // it is a text as well
}

// setsOf puts together what belongs together, in the order of the first of each.
func setsOf(all []found) []*set {
	g := grouping{all: all, at: map[string]int{}, taken: make([]bool, len(all))}
	for i := range all {
		key := strings.ToLower(all[i].path)
		if _, twice := g.at[key]; !twice {
			g.at[key] = i
		}
	}
	var out []*set
	for i := range all { // sets first: a part of one may look like an archive itself
		if s := g.parts(i); s != nil {
			out = append(out, s)
		}
	}
	for i := range all {
		if !g.taken[i] {
			out = append(out, g.one(i))
		}
	}
	return out
}

type grouping struct {
	all   []found
	at    map[string]int // by path in lower case
	taken []bool
}

// one is a file for itself.
func (g *grouping) one(i int) *set {
	s := &set{files: []found{g.all[i]}}
	switch {
	case g.all[i].kind == kindArchive:
		s.walk = walkerOf(&g.all[i])
	case g.all[i].mail:
		s.walk, s.mail = walkMail, true
	}
	return s
}

// walkerOf tells by the head of a file how it is read; nil when it cannot be opened.
func walkerOf(f *found) walker {
	r, closer, err := f.open()
	if err != nil {
		return walkZip // opening it again gives the error that is told
	}
	defer closer.Close()
	head := make([]byte, tarBlock)
	n, _ := r.ReadAt(head, 0)
	_, walk := packedAs(head[:n])
	return walk
}

// parts gives the set that a file is the head of, nil for none.
func (g *grouping) parts(i int) *set {
	f := &g.all[i]
	if g.taken[i] || f.kind != kindArchive {
		return nil
	}
	if m := partName.FindStringSubmatch(f.path); m != nil && m[2] != "" {
		if n, _ := strconv.Atoi(m[2]); n == 1 {
			return g.cutUp(i, m[1], len(m[2]))
		}
	}
	if strings.EqualFold(path.Ext(f.path), ".zip") {
		return g.split(i)
	}
	return g.cabinets(i)
}

// cabinets puts the cabinets of a set together by what they say of themselves: programs
// write wrong names of their neighbours.
func (g *grouping) cabinets(i int) *set {
	id, _, more := place(&g.all[i])
	if !more {
		return nil
	}
	type member struct{ file, index int }
	var members []member
	for k := i; k < len(g.all); k++ {
		if g.taken[k] || g.all[k].kind != kindArchive {
			continue
		}
		set, index, more := place(&g.all[k])
		if !more || set != id || slices.ContainsFunc(members, func(m member) bool { return m.index == int(index) }) {
			continue // not of this set, or a second copy
		}
		g.taken[k] = true
		members = append(members, member{k, int(index)})
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.index, b.index) })
	s := &set{walk: walkCabinet}
	for _, m := range members {
		s.files = append(s.files, g.all[m.file])
	}
	return s
}

// place says of which set of cabinets a file is one, and the how-manyth.
func place(f *found) (set, index uint16, more bool) {
	r, closer, err := f.open()
	if err != nil {
		return 0, 0, false
	}
	defer closer.Close()
	var magic [len(cabinetMagic)]byte
	if n, _ := r.ReadAt(magic[:], 0); n < len(magic) || string(magic[:]) != cabinetMagic {
		return 0, 0, false
	}
	return cab.Place(r)
}

// cutUp joins x.001, x.002 and so on, which are plain cuts. Parts behind a gap are not
// taken for files of their own.
func (g *grouping) cutUp(i int, stem string, digits int) *set {
	s := &set{walk: walkerOf(&g.all[i])}
	for n := 1; ; n++ {
		k, there := g.at[strings.ToLower(fmt.Sprintf("%s.%0*d", stem, digits, n))]
		if !there || g.taken[k] {
			s.missing = fmt.Sprintf("%s.%0*d", path.Base(stem), digits, n)
			break
		}
		g.taken[k] = true
		s.files = append(s.files, g.all[k])
	}
	behind := false
	for k := range g.all {
		m := partName.FindStringSubmatch(g.all[k].path)
		if !g.taken[k] && m != nil && len(m[2]) == digits && strings.EqualFold(m[1], stem) {
			g.taken[k], behind = true, true
		}
	}
	if !behind { // whether it is whole, its reader finds out
		s.missing = ""
	}
	return s
}

// split puts x.z01, x.z02 ... before x.zip, whose end says how many there are.
func (g *grouping) split(i int) *set {
	n := disksOf(&g.all[i])
	if n < 2 {
		return nil
	}
	s := &set{walk: walkZip, disks: make([]int, n)}
	stem := strings.TrimSuffix(g.all[i].path, path.Ext(g.all[i].path))
	var missing []string
	for d := range n - 1 {
		name := fmt.Sprintf("%s.z%02d", stem, d+1)
		k, there := g.at[strings.ToLower(name)]
		if !there || g.taken[k] {
			s.disks[d] = -1
			if len(missing) < 3 {
				missing = append(missing, path.Base(name))
			}
			continue
		}
		s.disks[d] = len(s.files)
		g.taken[k] = true
		s.files = append(s.files, g.all[k])
	}
	s.disks[n-1] = len(s.files)
	g.taken[i] = true
	s.files, s.missing = append(s.files, g.all[i]), strings.Join(missing, ", ")
	return s
}

// disksOf is the number of files that a zip was split into, when this is the last.
func disksOf(f *found) int {
	r, closer, err := f.open()
	if err != nil {
		return 0
	}
	defer closer.Close()
	return pkzip.Disks(r, f.size)
}

// open opens the files of an archive.
func (s *set) open() (*source, []io.Closer, error) {
	last := &s.files[len(s.files)-1]
	src := &source{name: last.path}
	if s.disks == nil {
		src.name = s.files[0].path
	}
	var closers []io.Closer
	for i := range s.files {
		r, closer, err := s.files[i].open()
		if err != nil {
			return src, closers, err
		}
		closers = append(closers, closer)
		src.add(r, s.files[i].size)
		src.names = append(src.names, s.files[i].path)
	}
	for _, d := range s.disks {
		at := int64(-1)
		if d >= 0 {
			at = src.starts[d]
		}
		src.disks = append(src.disks, at)
	}
	return src, closers, nil
}

func closeAll(closers []io.Closer) {
	for _, c := range closers {
		c.Close()
	}
}

// done forgets an archive. A mail is kept as a text, unless it is none that is known and
// had what was looked for attached.
func (l *loader) done(s *set, attached bool) {
	if f := s.files[0]; s.mail && (f.kind != kindUnknown || f.fault != nil || !attached) {
		l.keep(f)
		return
	}
	s.drop()
}

// drop removes what was kept of an archive that lay in another one.
func (s *set) drop() {
	for _, f := range s.files {
		if f.member != nil {
			f.member.drop()
		}
	}
}

// tellMissing says which files of an archive are not there.
func (s *set) tellMissing(u *unpacker) {
	if s.missing != "" {
		u.diagnose("archive-part", "error", u.name, 0, u.size, "a part of this archive is missing ("+s.missing+"): give all parts together; what can be read without it is read")
	}
}
