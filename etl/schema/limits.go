package schema

const (
	// maxBlob bounds a TRACE_EVENT_INFO or EVENT_MAP_INFO, in bytes.
	maxBlob = 1 << 20
	// maxProperties bounds the properties of a layout, members of structs included.
	maxProperties = 4096
	// maxLayouts bounds the layouts that one trace or manifest may add.
	maxLayouts = 1 << 16
	// maxMaps and maxEntries bound the value maps and the entries of one.
	maxMaps    = 1 << 14
	maxEntries = 1 << 14
	// maxDepth bounds structs in structs.
	maxDepth = 8
	// maxValues bounds the values decoded of one event, members and elements
	// included: arrays of empty structs take no bytes.
	maxValues = 1 << 14
	// maxName bounds a name, in characters.
	maxName = 1024
	// maxMessage bounds a message with its values, in bytes, and maxFormat what says how a
	// value is written.
	maxMessage = 16 << 10
	maxFormat  = 16
	// maxManifest bounds an instrumentation manifest, in bytes.
	maxManifest = 64 << 20
	// maxSources bounds the sources of one trace that write their own manifests into it,
	// and maxHeld the bytes of those that are not whole yet.
	maxSources = 1024
	maxHeld    = 16 << 20
)
