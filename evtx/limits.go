package evtx

import "time"

const (
	fileHeaderSize  = 4096
	chunkSize       = 64 << 10
	chunkHeaderSize = 512
	recordHeader    = 24 // magic, size, record number, FILETIME
	// minRecord is a record header and the copy of the size behind the record.
	minRecord = recordHeader + 4

	// chunkBudget bounds the steps that the records of a chunk and their templates
	// may take, and with them the time a chunk made of traps costs. The fullest real
	// chunk takes a tenth of it.
	chunkBudget = 1 << 18
	// chunkOutput bounds the bytes that the records of a chunk may say. A chunk of
	// Binary alone says twice its size; one of texts at most one and a half times.
	chunkOutput = 1 << 20
	// pieceCost is what one of a record's Data counts beside its bytes.
	pieceCost = 16
	// maxDepth bounds the nesting of BinXML in BinXML; real records go to 8.
	maxDepth = 16
	// maxPath bounds how deep elements are nested in one record.
	maxPath = 64
	// maxSystem bounds the elements of System that are stepped over to find the time.
	maxSystem = 32
	// maxStrings bounds the Data of a record.
	maxStrings = 8192
	// maxInterned and maxInternedBytes bound the names and texts that a decoder keeps,
	// and a name.
	maxInterned      = 4096
	maxInternedBytes = 512
	// shapeBits: so many shapes of templates, as a power of two, are kept for a chunk.
	shapeBits = 8

	// stretch is what a worker reads at one time, and maxWorkers bounds the stretches
	// in memory.
	stretch    = 16 * chunkSize
	maxWorkers = 32
	// maxChunks bounds the record ranges kept for Stats.Gaps and for the order of
	// times, 48 bytes a chunk; the largest log Windows keeps has 65,536 chunks.
	maxChunks = 1 << 20
	// maxErrors is how many damages of a file are told one by one.
	maxErrors = 200

	// maxTimeBack is how far the time of a record may lie before that of the record
	// before it: records are written a little out of order, and clocks are set right.
	maxTimeBack = 5 * time.Minute

	// A second reader reads all records of an id where a chunk has no more than
	// secondEach of them, else the first, the last, and each secondEvery-th.
	secondEach  = 32
	secondEvery = 16
	// readBudget is how many reads the second reader may take for one record, of
	// which a Tcpip record takes 888 at most. It ends templates that refer to
	// themselves. secondBudget is the same for all records of a chunk.
	readBudget   = 65536
	secondBudget = 1 << 18
	// secondDepth, secondPath and secondElements bound what the second reader walks.
	// It reads BinXML in BinXML by recursion, at a cost that doubles with each level.
	secondDepth    = 8
	secondPath     = 32
	secondElements = 4096
)
