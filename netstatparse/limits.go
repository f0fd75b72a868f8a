package netstatparse

// Limits of one file. Each has a test that reaches it.
const (
	// maxRows is the most rows of one snapshot: a server with 65,536 listening
	// and as many bound ports of each family and transport, and half a million
	// connections.
	maxRows = 1 << 20
	// maxErrors is how many damaged lines of a file are told one by one.
	maxErrors = 100
	// maxTotals is the most counts of one snapshot.
	maxTotals = 1 << 12
	// maxComponents is the most component lines kept of one row.
	maxComponents = 16
	// maxBrokenPID is beyond what the two parts of a broken PID can make together.
	maxBrokenPID = 1 << 22
	// maxWords is the most unknown state words learned in a file.
	maxWords = 64
	// maxCuts is how many reasons a table may be incomplete are kept.
	maxCuts = 100
	// elisionReach is how many lines below the last row, with its components, a
	// table may be said to go on; headReach is how many above the first, in a text with
	// an empty line behind every line as well.
	elisionReach = 24
	headReach    = 24
	// stampReach is how many lines below a stamp its table, or the header above it, may
	// begin; twice as many in a text with an empty line behind every line.
	stampReach = 8
	// maxMachines is of how many machines the objects may stand between each other.
	maxMachines = 64
	// jsonAhead is how far into JSON the first connection may stand: what tells the kind of
	// a file has as much of it.
	jsonAhead = 64 << 10
	// maxWraps is how many objects of JSON, and how many arrays, may hold one another
	// around connections.
	maxWraps = 4
	// blockSize is how many bytes are read at a time.
	blockSize = 256 << 10
	// maxKept is how many different addresses, and how many names, of a file are
	// kept to be used again.
	maxKept = 1 << 13
)
