package fleet

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// A table is the rows of one table of a part, to be written in either format.
type table struct {
	name    string
	ndjson  func(io.Writer) error
	parquet func(io.Writer) error
}

// tables are those of a part in the order in which they are written: bundles last, for
// it is what makes the part count.
func (t *rows) tables() []table {
	return []table{
		tableOf("findings", t.findings), tableOf("evidence", t.evidence), tableOf("holders", t.holders), tableOf("victims", t.victims),
		tableOf("pools", t.pools), tableOf("windows", t.windows), tableOf("sources", t.sources), tableOf("diagnostics", t.diagnostics),
		tableOf("known", t.known), tableOf("bundles", t.bundles),
	}
}

func tableOf[T any](name string, rows []T) table {
	return table{
		name: name,
		ndjson: func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			for i := range rows {
				if err := enc.Encode(&rows[i]); err != nil {
					return err
				}
			}
			return nil
		},
		parquet: func(w io.Writer) error {
			p := parquet.NewGenericWriter[T](w, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("portverdict", fmt.Sprint(SchemaVersion), ""))
			if _, err := p.Write(rows); err != nil {
				return err
			}
			return p.Close()
		},
	}
}

const tempPrefix = ".writing-"

// commit writes the rows as one part of a shard. Once the file of bundles has its name,
// the part counts; until then nothing of it does.
func (t *rows) commit(lake string, s Shard) error {
	name := s.prefix() + t.key()
	for _, tab := range t.tables() {
		dir := filepath.Join(lake, tab.name)
		if err := s.writeFile(filepath.Join(dir, name+".parquet"), tab.parquet); err != nil {
			return err
		}
		if err := s.writeFile(filepath.Join(dir, name+".ndjson"), tab.ndjson); err != nil {
			return err
		}
	}
	return nil
}

// key is a hash of what the part is of: the same bundles make a part of the same name.
func (t *rows) key() string {
	h := sha256.New()
	for i := range t.known {
		fmt.Fprintf(h, "%+v\n", t.known[i])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// writeFile writes a file under a temporary name in its folder, syncs it and renames it.
// The name has no extension: no query that reads a whole folder meets it.
func (s Shard) writeFile(name string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, tempPrefix+s.prefix()+"*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 256<<10)
	if err := write(w); err != nil {
		return err
	}
	if err := cmp.Or(w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename last. A system that cannot sync a folder keeps it in its own way.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}

// A lake is what is committed in a folder. Parts are the names of its parts without
// their extension, sorted.
type lake struct {
	dir   string
	parts []string
}

// openLake makes the folders, and removes what an earlier run of this shard left half
// written.
func openLake(dir string, s Shard) (*lake, error) {
	l := &lake{dir: dir}
	var none rows
	for _, tab := range none.tables() {
		if err := os.MkdirAll(filepath.Join(dir, tab.name), 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, reportFolder), 0o700); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "bundles", "part-*.ndjson"))
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		l.parts = append(l.parts, strings.TrimSuffix(filepath.Base(n), ".ndjson"))
	}
	slices.Sort(l.parts)
	folders := []string{"", reportFolder}
	for _, tab := range none.tables() {
		folders = append(folders, tab.name)
	}
	for _, folder := range folders {
		if err := l.sweep(folder, s); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// sweep removes the files of a folder that were being written, and those of parts that
// do not count. Other shards may be at work: what is theirs stays.
func (l *lake) sweep(folder string, s Shard) error {
	entries, err := os.ReadDir(filepath.Join(l.dir, folder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		_, counts := slices.BinarySearch(l.parts, strings.TrimSuffix(name, filepath.Ext(name)))
		if strings.HasPrefix(name, tempPrefix+s.prefix()) || strings.HasPrefix(name, s.prefix()) && !counts {
			if err := os.Remove(filepath.Join(l.dir, folder, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// errTorn is a file of the lake that somebody else has damaged.
var errTorn = errors.New("it holds a line that is no row")

// read gives each row of a table's parts that count.
func read[T any](l *lake, name string, do func(*T)) error {
	for _, part := range l.parts {
		file := filepath.Join(l.dir, name, part+".ndjson")
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		dec := json.NewDecoder(bufio.NewReaderSize(f, 256<<10))
		for {
			var row T
			err := dec.Decode(&row)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				f.Close()
				return fmt.Errorf("%s: %w", file, errTorn)
			}
			do(&row)
		}
		f.Close()
	}
	return nil
}
