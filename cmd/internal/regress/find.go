package regress

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"portverdict/cmd/internal/bundle"
)

// ErrNoCases means that a folder holds no case.yaml.
var ErrNoCases = errors.New("there is no case.yaml in it")

// A place is a folder with a case, or what looks like a case and is none: it would be
// missed by somebody who believes that it is run.
type place struct {
	path  string
	wrong string // why nothing is run, "" for a case
}

// find gives the cases and what looks like some, in the order of their paths. A bundle is
// not searched.
func find(dir string) ([]place, error) {
	var out []place
	inside := "" // the folder of a case: it holds no other
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "bundle" && name != dir && isCase(filepath.Dir(name)) {
				return filepath.SkipDir
			}
			if !isCase(name) {
				return nil
			}
			switch {
			case inside != "" && strings.HasPrefix(name, inside+string(filepath.Separator)):
				out = append(out, place{name, "it lies in the folder of another case"})
			default:
				inside = name
				out = append(out, place{name, ""})
			}
			return nil
		}
		if why := misnamed(d); why != "" {
			out = append(out, place{name, why})
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = ErrNoCases
	}
	slices.SortFunc(out, func(a, b place) int { return strings.Compare(a.path, b.path) })
	return out, err
}

// isCase tells that a folder has a case.yaml of exactly that name; where the file system
// takes another spelling for the same, another system would not.
func isCase(dir string) bool {
	fi, err := os.Lstat(filepath.Join(dir, caseName))
	if err != nil || !fi.Mode().IsRegular() {
		return false
	}
	if _, err := os.Lstat(filepath.Join(dir, strings.ToUpper(caseName))); err != nil {
		return true
	}
	entries, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == caseName })
}

// misnamed says why a file or link that could have been meant to be a case, or to lead to
// one, is none.
func misnamed(d fs.DirEntry) string {
	name := strings.ToLower(d.Name())
	switch {
	case d.Type()&fs.ModeSymlink != 0:
		return "it is a link: cases are files and folders of their own"
	case name == caseName && !d.Type().IsRegular():
		if fi, err := d.Info(); err == nil {
			return bundle.Regular(fi).Error()
		}
		return "it is not a regular file"
	case name == caseName && d.Name() != caseName, name == "case.yml", name == caseName+".txt":
		return "it is not read: a case is called " + caseName
	}
	return ""
}
