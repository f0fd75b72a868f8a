package saved

// Limits of one file. Each has a test that reaches it.
const (
	// blockSize is how many bytes are read at a time.
	blockSize = 128 << 10
	// maxPiece is how much of a line is looked at in one go; Event Viewer writes a
	// whole export into one line.
	maxPiece = 64 << 10
	// maxStamp is the longest line that may be a time alone.
	maxStamp = 64
	// maxEvent is the longest event kept while its end is looked for. Windows lets an
	// event have 64 KiB, which escapes can make four times as long.
	maxEvent = 256 << 10
	// maxStart is how far after "<Event" its content has to begin.
	maxStart = 1 << 10
	// maxReplay is how many bytes of a file are read a second time because an event
	// that seemed to begin had no end.
	maxReplay = 4 << 20
	// maxRowLines is how many lines a quoted message of a CSV may take.
	maxRowLines = 1 << 10
	// maxRowTries is how often the end of such a message is looked for where the
	// quotes are in pairs and yet it does not end.
	maxRowTries = 4
	// maxMessage is how much of a message is kept, in bytes.
	maxMessage = 8 << 10
	// maxData and maxString bound the strings of one record.
	maxData   = 256
	maxString = 32 << 10
	// maxBinary bounds the Binary of one record, in bytes.
	maxBinary = 32 << 10
	// maxErrors is how many damages of a file are told one by one.
	maxErrors = 200
	// maxColumns is the most columns of a table.
	maxColumns = 64
	// maxQuiet is how many lines after a copied event its XML may follow, and
	// maxStray how many lines that are no field may stand in an unfinished copy.
	maxQuiet = 256
	maxStray = 8
	// maxPageTries is how many lines the code page of a file is looked for.
	maxPageTries = 256
	// maxKept is how many different names of a file are kept to be used again.
	maxKept = 1 << 12
)
