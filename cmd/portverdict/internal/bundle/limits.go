package bundle

// limits bound what one bundle may cost. All sizes are bytes.
type limits struct {
	entries   int   // files of the whole bundle
	depth     int   // archives inside archives
	unpacked  int64 // unpacked bytes of the whole bundle
	floor     int64 // an archive may unpack to this much whatever its size
	ratio     int64 // beyond floor: unpacked bytes for a byte of archive
	directory int64 // of a zip's central directory; about 240 bytes an entry
}

// defaultLimits allow for a day of traces. Deflate cannot reach more than
// 1032:1, and a trace reaches about 10:1; only a bomb is over 200:1 at 1 GiB.
var defaultLimits = limits{
	entries:   100_000,
	depth:     3,
	unpacked:  64 << 30,
	floor:     1 << 30,
	ratio:     200,
	directory: 24 << 20,
}

// headSize is how much of a file is looked at to tell what it is.
const headSize = 64 << 10
