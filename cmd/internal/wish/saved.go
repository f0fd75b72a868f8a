package wish

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"portverdict/cmd/internal/bundle"
	"portverdict/report"
)

// MaxVerdict bounds a verdict.json, in bytes; one with the most evidence is far smaller.
const MaxVerdict = 64 << 20

// headBytes is where schema_version is looked for: it comes first.
const headBytes = 4096

// IsVerdict tells a verdict.json. What is not there or no regular file is none; the error
// names the path.
func IsVerdict(path string) (bool, error) {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return false, nil // the bundle says what is wrong with it
	}
	f, err := bundle.Open(path)
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", path, cause(err))
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, headBytes))
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", path, cause(err))
	}
	text := string(head)
	return strings.HasPrefix(strings.TrimLeft(text, "\ufeff \t\r\n"), "{") && strings.Contains(text, `"schema_version"`), nil
}

// ReadVerdict reads a verdict.json. The error names the path.
func ReadVerdict(path string) (*report.Report, error) {
	f, err := bundle.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, cause(err))
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil && fi.Size() > MaxVerdict {
		return nil, fmt.Errorf("cannot read %s: it is larger than %d bytes", path, MaxVerdict)
	}
	r, err := report.ReadJSON(io.LimitReader(f, MaxVerdict)) // it may still grow
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// cause drops operation and path of an error; the message names the path itself.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
