package evtx

import "fmt"

// The codes of FormatError. The last six are no loss: every record was read.
const (
	CodeFileHeader  = "evtx-file-header"  // not an event log, or one shorter than its header
	CodeFileCRC     = "evtx-file-crc"     // the file header does not fit its checksum
	CodeChunkMagic  = "evtx-chunk-magic"  // a chunk does not begin like one
	CodeChunkCRC    = "evtx-chunk-crc"    // a chunk header does not fit its checksum
	CodeRecordsCRC  = "evtx-records-crc"  // the records of a chunk do not fit their checksum
	CodeRecordFrame = "evtx-record-frame" // a record's size does not fit; reading went on at the next record
	CodeRecord      = "evtx-record"       // the content of a record cannot be read
	CodeTruncated   = "evtx-truncated"    // the file ends inside a chunk
	CodeRead        = "evtx-read"         // a chunk could not be read from the disk
	CodeMore        = "evtx-more"         // how many further damages were not told one by one

	CodeChunkHeader = "evtx-chunk-header"     // a place in a chunk header lies behind the chunk
	CodeBinaryID    = "evtx-binary-id"        // the id in a record's Binary is not its EventID, which decides
	CodeNoHeader    = "evtx-no-file-header"   // the header of the file is missing; its chunks were read
	CodeHeaderTime  = "evtx-header-time"      // record headers without a time between 1970 and 2100, told once
	CodeTimeBack    = "evtx-time-back"        // the time of the records goes back, told once
	CodeReaders     = "evtx-readers-disagree" // a second reader reads a record in another way
)

// FormatError is damage at a place of the file. Offset and Length are in bytes.
type FormatError struct {
	Code   string
	Offset int64
	Length int64
	Detail string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("offset %d: %s (%s)", e.Offset, e.Detail, e.Code)
}
