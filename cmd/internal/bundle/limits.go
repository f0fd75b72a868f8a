package bundle

// limits bound what one bundle may cost. All sizes are bytes. Reaching one is a
// diagnostic that says what was left out.
type limits struct {
	seen     int   // files of folders that are looked at
	entries  int   // inputs of the whole bundle, and entries of all archives
	told     int   // diagnostics
	depth    int   // archives inside archives
	unpacked int64 // unpacked bytes of the whole bundle
	floor    int64 // an outermost archive may unpack to this much whatever its size
	ratio    int64 // beyond floor: unpacked bytes for a byte of the outermost archive
	window   int64 // of the dictionary of a decompressor
	memory   int64 // unpacked bytes that are held in memory
	noTemp   int64 // the same where no temp folder can be made
}

// defaultLimits allow for a day of traces. Deflate cannot reach more than
// 1032:1, and a trace reaches about 10:1; only a bomb is over 200:1 at 1 GiB.
var defaultLimits = limits{
	seen:     1_000_000,
	entries:  100_000,
	told:     100_000,
	depth:    6,
	unpacked: 64 << 30,
	floor:    1 << 30,
	ratio:    200,
	window:   64 << 20,
	memory:   64 << 20,
	noTemp:   256 << 20,
}

// headSize is how much of a file is looked at to tell what it is.
const headSize = 64 << 10

// maxSaid is how much memory is taken at once because an archive says that a file is so
// long, in bytes; it may not be true.
const maxSaid = 1 << 20
