package paste

// Limits of one text. Each has a test that reaches it.
const (
	// MaxLine is the longest piece of a line kept, in bytes of its text; the lines
	// of Windows' tools stay below 200.
	MaxLine = 16 << 10
	// blockSize is how many bytes are read at a time.
	blockSize = 256 << 10
	// leastBuffer is how far any reader of a text looks ahead.
	leastBuffer = 4 << 10
	// lookAhead is how many bytes are looked at to tell the encoding of a line.
	lookAhead = 1 << 10
	// maxWraps is how many wrappers of one line are taken off.
	maxWraps = 16
	// maxCells is the most cells of one row.
	maxCells = 64
	// maxRow is the longest row of netstat, and maxPrefix how much may stand before one.
	maxRow    = 130
	maxPrefix = 200
)
