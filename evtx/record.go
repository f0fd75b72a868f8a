package evtx

import "time"

// Record is one event of a log.
type Record struct {
	RecordID   uint64    // EventRecordID: the number in the original log
	Offset     int64     // of the record in the file, in bytes
	Time       time.Time // TimeCreated: UTC, 100 ns
	Written    time.Time // of the record's header: UTC, 100 ns
	Provider   string    // Provider/@Name
	ID         uint16    // EventID
	Qualifiers uint16    // EventID/@Qualifiers of a classic event, else 0
	Level      uint8
	PID, TID   uint32 // Execution; 0 when the event has none
	Channel    string
	Computer   string
	Data       []string // EventData/Data in order, empty strings in their places
	Names      []string // the Name of each Data, "" where it has none
	Binary     []byte   // EventData/Binary
	Origin     Origin
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

// Stats tells of the file what its record headers say; it is complete when
// Records was walked to the end.
type Stats struct {
	Records   int // records of the log itself, live or with a bad checksum
	Leftover  int // records in slack and in chunks marked empty
	Decoded   int // records given
	Undecoded int // chosen records whose content could not be read
	// First and Last are the earliest and the latest time a record of the log
	// was written: what the log can speak for.
	First, Last                 time.Time
	FirstRecordID, LastRecordID uint64 // the least and the greatest number in the record headers
	Gaps                        int    // places where record numbers are missing
	Chunks                      int
	Dirty                       bool // not closed: the headers may be older than the records
	Wrapped                     bool // the oldest records were overwritten
	Truncated                   bool
	Cleared                     bool // records remain in a chunk marked empty
	VersionMajor, VersionMinor  uint16
	Channel, Computer           string // of the first record that can be read
}
