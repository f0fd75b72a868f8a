package schema

// The codes of the errors of this package, which are *etl.FormatError.
const (
	CodeShort     = "schema-short"     // the payload ends inside a field
	CodeBlob      = "schema-blob"      // a TRACE_EVENT_INFO, EVENT_MAP_INFO or TraceLogging description does not fit
	CodeDisagrees = "schema-disagrees" // the trace describes an event otherwise than the built-in tables; the trace wins
	CodeLimit     = "schema-limit"     // there are more descriptions than are kept
)

// CodeText is the sentence for the user that belongs to a code, "" for others.
func CodeText(code string) string {
	switch code {
	case CodeShort:
		return "The payload of an event ends inside a field; the fields before it were read."
	case CodeBlob:
		return "The description of an event does not fit; events of its kind show no fields."
	case CodeDisagrees:
		return "The trace describes an event otherwise than the built-in tables do; the trace was believed."
	case CodeLimit:
		return "The trace holds more descriptions of events than are kept."
	}
	return ""
}
