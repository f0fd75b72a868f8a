package evtx

import "time"

// Record is one event of a log. Its texts are valid UTF-8 and its own; Data and Names
// share memory with no other record, and none of it points into the file.
type Record struct {
	RecordID uint64    // EventRecordID: the number in the original log
	Offset   int64     // of the record in the file, in bytes
	Time     time.Time // TimeCreated: UTC, 100 ns; zero when there is none between 1970 and 2100
	// Written is the time in the record's header: UTC, 100 ns; zero when there is none
	// between 1970 and 2100. In an exported log it is that of another record.
	Written      time.Time
	Provider     string // Provider/@Name
	ProviderGUID string // Provider/@Guid, lower case in braces, "" if there is none
	EventSource  string // Provider/@EventSourceName, of classic events that have both
	ID           uint16 // EventID
	Qualifiers   uint16 // EventID/@Qualifiers of a classic event, else 0
	Version      uint8
	Level        uint8
	Task         uint16
	Opcode       uint8
	Keywords     uint64
	// ActivityID and RelatedActivityID are those of Correlation, GUIDs, lower case in
	// braces; "" when there are none.
	ActivityID, RelatedActivityID string
	PID, TID                      uint32 // Execution; 0 when the event has none
	UserID                        string // Security/@UserID, a SID
	Channel                       string
	Computer                      string
	Name                          string // EventData/@Name
	// Data are the values of the event and Names what each is called, equally many:
	// EventData/Data in order, empty strings in their places, an array as one for each
	// of its elements, with its Name, "" where it has none. Of UserData, and of other
	// elements that are not Data, they are the innermost elements with their names, and
	// attributes as Element/@attribute; of what else an Event has (RenderingInfo,
	// ProcessingErrorData, DebugData) the same behind its name and a slash.
	Data, Names []string
	Binary      []byte // EventData/Binary
	// Payload is the BinXML of a record that could not be read to its end, nil of
	// others. The fields have what was read before; Time is that of the header when
	// TimeCreated was not.
	Payload   []byte
	Origin    Origin
	Confirmed Confirmation
}

// Origin tells where a record was found, and so how far it can be trusted.
type Origin uint8

const (
	OriginLive       Origin = iota // part of the log
	OriginSlack                    // left over behind the last record of a chunk
	OriginEmptyChunk               // left over in a chunk that is marked empty: the log was cleared
	OriginBadCRC                   // in a chunk whose checksum does not fit
)

func (o Origin) String() string {
	switch o {
	case OriginLive:
		return "live"
	case OriginSlack:
		return "slack"
	case OriginEmptyChunk:
		return "empty-chunk"
	case OriginBadCRC:
		return "bad-crc"
	}
	return "unknown"
}

// Confirmation tells what the second reader says of a record.
type Confirmation uint8

const (
	NotChecked  Confirmation = iota // the second reader was not asked
	Agreed                          // it gives the same provider, id, TimeCreated and strings
	Disagreed                       // it gives another
	Unconfirmed                     // it could not read the record
)

func (c Confirmation) String() string {
	switch c {
	case NotChecked:
		return "not checked"
	case Agreed:
		return "agreed"
	case Disagreed:
		return "disagreed"
	case Unconfirmed:
		return "unconfirmed"
	}
	return "unknown"
}

// Stats tells of the file what its record headers say; it is complete when
// Records was walked to the end.
type Stats struct {
	Records   int // records of the log itself, live or with a bad checksum
	Leftover  int // records in slack and in chunks marked empty
	Decoded   int // records given
	Undecoded int // chosen records whose content could not be read, given or not
	// First and Last are the earliest and the latest TimeCreated of the records of the
	// log: what the log can speak for. Header times have no part in them.
	First, Last                 time.Time
	FirstRecordID, LastRecordID uint64 // the least and the greatest number in the record headers
	Gaps                        int    // places where record numbers are missing
	Chunks                      int
	Dirty                       bool // not closed: the headers may be older than the records
	Wrapped                     bool // the oldest records were overwritten
	Truncated                   bool
	Cleared                     bool // records remain in a chunk marked empty
	NoHeader                    bool // the file begins without the header of a log; its chunks were read
	VersionMajor, VersionMinor  uint16
	Channel, Computer           string // of the first record that can be read
	// Of the records that a second reader was asked for: those it read in the same way,
	// in another, and not at all.
	Agreed, Disagreed, Unconfirmed int
}
