package saved

import "fmt"

// The codes of FormatError.
const (
	CodeXML      = "saved-xml"      // an <Event> or <Obj> is cut, too long, or names no provider or id
	CodeJSON     = "saved-json"     // the JSON of an event is cut or broken
	CodeRow      = "saved-row"      // a row of a table or of a CSV cannot be read
	CodeTime     = "saved-time"     // the time of a record cannot be read; the record is given without it
	CodeProvider = "saved-provider" // an event is listed without its provider, so nobody can tell what its id means
	CodeMore     = "saved-more"     // how many further damages were not told one by one
	CodeRead     = "saved-read"     // the file could not be read further
)

// FormatError is a place that could not be used. Line is 1-based and counts line
// feeds, as an editor does.
type FormatError struct {
	Code string
	Line int
	Text string
}

func (e *FormatError) Error() string { return fmt.Sprintf("line %d: %s (%s)", e.Line, e.Text, e.Code) }
