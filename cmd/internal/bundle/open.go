package bundle

import (
	"io/fs"
	"os"
)

// specialError says what a file is that is none; reading it might never end.
type specialError struct{ what string }

func (e *specialError) Error() string { return "it is " + e.what + ", not a regular file" }

// Open opens a regular file for reading. What is a folder, a pipe, a device or a socket
// is refused before it is opened: opening a pipe waits for somebody to write, and
// reading a device may never end.
func Open(name string) (*os.File, error) {
	fi, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := Regular(fi); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if fi, err = f.Stat(); err == nil { // it may have been exchanged meanwhile
		err = Regular(fi)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Regular is an error for all but a regular file; it says what the thing is.
func Regular(fi fs.FileInfo) error {
	switch {
	case fi.Mode().IsRegular():
		return nil
	case fi.IsDir():
		return &specialError{"a folder"}
	}
	return &specialError{special(fi.Mode())}
}
