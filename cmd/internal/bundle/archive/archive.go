// Package archive is what the readers of archives have in common: an entry, damage with
// its place, and limits. It reads nothing itself.
package archive

import (
	"fmt"
	"io"
	"io/fs"
)

// Entry is one file of an archive. Name is as the archive has it, with separators of
// either kind. Size is what it is said to unpack to, -1 where the archive does not say;
// it may not be true. Offset is where its data begin in the archive, or those of the
// stream that it lies in. Mode has the type bits of fs.FileMode only. Data are good
// until the next entry is asked for; they end with a *FormatError where the entry is
// damaged, cut or does not fit its checksum. Refused is not nil for an entry that cannot
// be read, and Data are nil then.
type Entry struct {
	Name    string
	Size    int64
	Offset  int64
	Mode    fs.FileMode
	Refused *FormatError
	Data    io.Reader
}

// FormatError is damage, or something that is not read. Code is that of a diagnostic;
// Offset and Length are bytes of the archive; Cause is what a decompressor or the meter
// said, if that was it.
type FormatError struct {
	Code           string
	Offset, Length int64
	Detail         string
	Cause          error
}

func (e *FormatError) Error() string { return e.Detail }

func (e *FormatError) Unwrap() error { return e.Cause }

// The codes of a FormatError.
const (
	CodeDamaged   = "archive-damaged"   // the archive itself
	CodeEntry     = "archive-entry"     // one entry
	CodeChecksum  = "archive-checksum"  // bytes that do not fit their checksum
	CodeMethod    = "archive-method"    // packed in a way that is not read
	CodeEncrypted = "archive-encrypted" // a password is needed
	CodePart      = "archive-part"      // a part of a set is missing
)

// Errorf makes a FormatError. An error among args is its cause.
func Errorf(code string, offset int64, format string, args ...any) *FormatError {
	e := &FormatError{Code: code, Offset: offset, Detail: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.Cause = err
		}
	}
	return e
}

// Limits bound what the reader of an archive may take. Window is the largest dictionary
// of a decompressor, in bytes; Entries the most entries that a directory is read for.
// Meter is put around every stream as it leaves its decompressor, so that all that was
// unpacked is counted once, whether it is part of an entry or passed over.
type Limits struct {
	Window  int64
	Entries int
	Meter   func(io.Reader) io.Reader
}
