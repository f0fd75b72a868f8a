package fleet

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"portverdict/cmd/internal/bundle"
)

// sniffed is how much of a file is looked at to tell whether it is a bundle.
const sniffed = 64 << 10

// A place is where one bundle lies. Name is relative to the path that was given, with
// forward slashes: the same whatever the path is called by.
type place struct {
	Name string
	file string
	dir  bool
}

// find gives the bundles of all paths, sorted by name, and the names of files that are
// none. A folder's children are bundles: folders, archives, and traces and logs, which
// are bundles of one. A file is a bundle itself. Of several paths the last element of
// each stands before the names of its children.
func find(paths []string) (places []place, others []string, err error) {
	for _, p := range paths {
		fi, err := os.Stat(p)
		if err != nil {
			return nil, nil, err
		}
		base := filepath.Base(filepath.Clean(p))
		if !fi.IsDir() {
			places = append(places, place{base, p, false})
			continue
		}
		prefix := ""
		if len(paths) > 1 {
			prefix = base + "/"
		}
		entries, err := os.ReadDir(p)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			at := place{prefix + e.Name(), filepath.Join(p, e.Name()), e.IsDir()}
			switch {
			case e.IsDir() || e.Type().IsRegular() && isBundle(at.file):
				places = append(places, at)
			default:
				others = append(others, at.Name)
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.Name, b.Name) })
	for i := 1; i < len(places); i++ {
		if places[i].Name == places[i-1].Name {
			return nil, nil, fmt.Errorf("two bundles have the name %s", places[i].Name)
		}
	}
	slices.Sort(others)
	return places, others, nil
}

// isBundle tells whether a file is a bundle by itself. One that cannot be read is one:
// that it cannot is worth a word.
func isBundle(name string) bool {
	f, err := bundle.Open(name)
	if err != nil {
		return true
	}
	defer f.Close()
	head := make([]byte, sniffed)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	switch bundle.Kind(head[:n]) {
	case "archive", "etl", "evtx":
		return true
	}
	return false
}

// shardOf is the shard of n that a bundle is in: by its name, so that no shard has to
// read the bundles of another.
func shardOf(name string, n int) int {
	h := sha256.Sum256([]byte(name))
	return int(binary.BigEndian.Uint64(h[:8]) % uint64(n))
}

// mark is what tells without reading that a bundle is the one it was: the sizes and
// times of its files.
func (p *place) mark() (string, error) {
	h := sha256.New()
	err := p.each(func(name string, fi fs.FileInfo) error {
		fmt.Fprintf(h, "%q %d %d\n", name, fi.Size(), fi.ModTime().UnixNano())
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// size is the bytes and the number of the bundle's files on the disk.
func (p *place) size() (bytes int64, files int, err error) {
	err = p.each(func(_ string, fi fs.FileInfo) error {
		bytes, files = bytes+fi.Size(), files+1
		return nil
	})
	return bytes, files, err
}

// sum is the SHA-256 of a file, or that of the names and SHA-256s of a folder's files,
// in lower-case hex.
func (p *place) sum() (string, error) {
	if !p.dir {
		return sumOf(p.file)
	}
	h := sha256.New()
	err := p.each(func(name string, _ fs.FileInfo) error {
		sum, err := sumOf(filepath.Join(p.file, filepath.FromSlash(name)))
		fmt.Fprintf(h, "%q %s\n", name, sum)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

func sumOf(name string) (string, error) {
	f, err := bundle.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, f, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// each gives the regular files of a bundle in the order of their names.
func (p *place) each(do func(name string, fi fs.FileInfo) error) error {
	if !p.dir {
		fi, err := os.Stat(p.file)
		if err != nil {
			return err
		}
		return do(path.Base(p.Name), fi)
	}
	return filepath.WalkDir(p.file, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(p.file, at)
		if err != nil {
			return err
		}
		return do(filepath.ToSlash(name), fi)
	})
}
