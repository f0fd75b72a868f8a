package evtx

const (
	fileHeaderSize  = 4096
	chunkSize       = 64 << 10
	chunkHeaderSize = 512
	recordHeader    = 24 // magic, size, record number, FILETIME
	// minRecord is a record header and the copy of the size behind the record.
	minRecord = recordHeader + 4

	// readBudget is how many reads one record's BinXML may take; a Tcpip record
	// takes 888 at most. It ends templates that refer to themselves.
	readBudget = 65536
	// chunkBudget is the same for all records of a chunk; the fullest real chunk
	// takes two fifths of it. It bounds the time a chunk made of traps costs.
	chunkBudget = 1 << 20
	// maxDepth bounds the nesting of BinXML in BinXML, which
	// golang-evtx walks by recursion and at a cost that doubles with each level.
	maxDepth = 8
	// maxPath bounds how deep elements are nested in one record.
	maxPath = 32
	// maxElements bounds the elements visited in one record.
	maxElements = 4096
	// stretch is what a worker reads at one time, and maxWorkers bounds the stretches
	// in memory.
	stretch    = 16 * chunkSize
	maxWorkers = 32
	// maxChunks bounds the record ranges kept for Stats.Gaps, 16 bytes a chunk; the
	// largest log Windows keeps has 65,536 chunks.
	maxChunks = 1 << 20
	// maxErrors is how many damages of a file are told one by one.
	maxErrors = 200
	// maxStrings and maxString bound the Data of a record.
	maxStrings = 256
	maxString  = 32 << 10
)
