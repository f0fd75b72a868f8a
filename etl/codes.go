package etl

import "fmt"

// The codes of FormatError. They are stable; CodeText says what each means.
const (
	CodeNoHeader     = "etl-no-header"
	CodeBufferHeader = "etl-buffer-header"
	CodeEventHeader  = "etl-event-header"
	CodeEventSize    = "etl-event-size"
	CodeExtendedData = "etl-extended-data"
	CodeTruncated    = "etl-truncated"
	CodeCompression  = "etl-compression"
	CodeSequenceGap  = "etl-sequence-gap"
	CodeClock        = "etl-clock"
	CodeLimit        = "etl-limit"
	CodeRead         = "etl-read"
)

// CodeText gives the sentence for the user that belongs to a code, and "" for
// a code that is not of this package.
func CodeText(code string) string {
	switch code {
	case CodeNoHeader:
		return "The file does not begin with a trace header, so nothing in it can be read."
	case CodeBufferHeader:
		return "A buffer header makes no sense; reading went on at the next buffer."
	case CodeEventHeader:
		return "An event header is of no known kind; the rest of its buffer was skipped."
	case CodeEventSize:
		return "An event says a size that does not fit; the rest of its buffer was skipped."
	case CodeExtendedData:
		return "The extended data of an event does not fit; the event was skipped."
	case CodeTruncated:
		return "The file ends before its last buffer does; the events that are there were read."
	case CodeCompression:
		return "A compressed buffer cannot be unpacked to its end; the events before the damage were read."
	case CodeSequenceGap:
		return "Buffer sequence numbers are missing, so events were lost between two buffers."
	case CodeClock:
		return "The header names no usable clock, so event times cannot be trusted."
	case CodeLimit:
		return "A limit of the reader was reached."
	case CodeRead:
		return "The file could not be read at this place."
	}
	return ""
}

// FormatError is one damage record: what is wrong, and where.
type FormatError struct {
	Code   string // one of the Code constants
	Offset int64  // in the file, bytes from 0
	Length int64  // bytes that were not understood, 0 when none were lost
	Detail string // the numbers that did not fit
}

func (e *FormatError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("%s at offset %#x, %d bytes: %s", e.Code, e.Offset, e.Length, CodeText(e.Code))
	}
	return fmt.Sprintf("%s at offset %#x, %d bytes: %s", e.Code, e.Offset, e.Length, e.Detail)
}
