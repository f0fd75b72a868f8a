package bundle

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tempPrefix and digits are the name of a temp folder, and of nothing else a person
// would make: what has such a name may be swept away.
const tempPrefix = "portverdict-tmp-"

// staleAfter is the age from which a temp folder is that of a run that was killed.
const staleAfter = 24 * time.Hour

// TempFolder makes a folder that is gone once remove was called or ctx has ended,
// whoever still reads in it.
func TempFolder(ctx context.Context) (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp("", tempPrefix)
	if err != nil {
		return "", nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = removeAll(dir) })
	return dir, func() error {
		stop()
		return removeAll(dir)
	}, nil
}

// removeAll removes a folder and what is in it; one that is gone is fine. os.RemoveAll needs
// calls that Wine and old Windows lack.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	var all []string
	_ = filepath.WalkDir(dir, func(name string, _ fs.DirEntry, _ error) error {
		all = append(all, name)
		return nil
	})
	var failed error
	for _, name := range slices.Backward(all) { // children first
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	return failed
}

// Sweep removes what runs that were killed left in the temp folder in: folders with a
// name of ours that nothing was put into for a day before now. What cannot be removed
// stays.
func Sweep(in string, now time.Time) {
	d, err := os.Open(in)
	if err != nil {
		return
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(1024) // a temp folder can have very many
		for _, e := range entries {
			if !e.IsDir() || !isTemp(e.Name()) {
				continue
			}
			if fi, err := e.Info(); err == nil && now.Sub(fi.ModTime()) > staleAfter {
				_ = removeAll(filepath.Join(in, e.Name()))
			}
		}
		if err != nil { // io.EOF, or no more can be read
			return
		}
	}
}

func isTemp(name string) bool {
	digits, ok := strings.CutPrefix(name, tempPrefix)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
