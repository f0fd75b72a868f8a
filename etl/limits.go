package etl

const (
	// minFileBuffer and maxFileBuffer bound WMI_BUFFER_HEADER.BufferSize and the
	// decompressed size of a buffer, in bytes. pktmon writes 16 MiB.
	minFileBuffer = bufferHeaderSize
	maxFileBuffer = 64 << 20
	// maxBuffers bounds the index, which holds 56 bytes a buffer.
	maxBuffers = 1 << 20
	// maxProcessors bounds the processor index of a buffer. Windows runs on at
	// most 2,048 logical processors.
	maxProcessors = 4096
	// maxHeld bounds the bytes of all buffers open at one time. Over it a buffer
	// waits until another is read to its end; its events then come late.
	maxHeld = 96 << 20
	// maxFree bounds the bytes of closed buffers kept for the next open.
	maxFree = 8 << 20
	// stretchBytes is what a worker takes of small buffers at a time, and maxAhead
	// bounds the bytes of buffers that are read before the walk opens them; one
	// stretch or buffer may be more.
	stretchBytes = 256 << 10
	maxAhead     = 4 << 20
	// maxMarks bounds the events of a buffer that are framed at a time.
	maxMarks = 1 << 17
	// maxRatio and freeUnpack bound what one walk unpacks: freeUnpack bytes and
	// maxRatio for each byte of the file. Real traces stay under 32.
	maxRatio   = 256
	freeUnpack = 64 << 20
	// maxScan bounds how many bytes of a compressed file one walk looks through
	// for the next buffer header after damage.
	maxScan = 256 << 20
	// maxExtItems bounds the extended data items of one event.
	maxExtItems = 256
	// maxNameUnits bounds LoggerName and LogFileName in UTF-16 units.
	maxNameUnits = 32768
	// maxKeys bounds Stats.Counts; further keys are counted under the zero key.
	maxKeys = 1 << 18
	// maxDiagnosed bounds the damage records of one walk. The last one says so.
	maxDiagnosed = 100_000
)
