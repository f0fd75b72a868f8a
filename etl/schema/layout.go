package schema

// InType is how a value lies in the payload: TDH_IN_TYPE.
type InType uint16

// The in-types. Lengths are in the comment where the name does not say.
const (
	InNull            InType = 0
	InUnicode         InType = 1 // UTF-16LE to a NUL, or of a given length in characters
	InANSI            InType = 2 // bytes to a NUL, or of a given length
	InInt8            InType = 3
	InUint8           InType = 4
	InInt16           InType = 5
	InUint16          InType = 6
	InInt32           InType = 7
	InUint32          InType = 8
	InInt64           InType = 9
	InUint64          InType = 10
	InFloat           InType = 11 // 4 bytes
	InDouble          InType = 12 // 8 bytes
	InBoolean         InType = 13 // 4 bytes
	InBinary          InType = 14
	InGUID            InType = 15
	InPointer         InType = 16
	InFileTime        InType = 17
	InSystemTime      InType = 18 // 16 bytes
	InSID             InType = 19
	InHex32           InType = 20
	InHex64           InType = 21
	InCountedUnicode  InType = 22 // u16 bytes, then UTF-16LE
	InCountedANSI     InType = 23
	InStruct          InType = 24 // TraceLogging only
	InCountedBinary   InType = 25
	InCountedString   InType = 300
	InCountedAString  InType = 301
	InReversedString  InType = 302 // u16 big-endian bytes, then UTF-16LE
	InReversedAString InType = 303
	InRestUnicode     InType = 304 // to the end of the payload
	InRestANSI        InType = 305
	InUnicodeChar     InType = 306
	InANSIChar        InType = 307
	InSizeT           InType = 308
	InHexDump         InType = 309 // u32 bytes, then the bytes
	InWbemSID         InType = 310 // u32 0, or a TOKEN_USER of two pointers and a SID
)

// OutType is how a value is meant to be shown: TDH_OUT_TYPE.
type OutType uint16

// The out-types that change what is shown.
const (
	OutNull       OutType = 0
	OutString     OutType = 1
	OutBoolean    OutType = 13
	OutHexBinary  OutType = 15
	OutHex8       OutType = 16
	OutHex16      OutType = 17
	OutHex32      OutType = 18
	OutHex64      OutType = 19
	OutPort       OutType = 22 // u16 big-endian
	OutIPv4       OutType = 23 // 4 bytes in network order
	OutIPv6       OutType = 24 // 16 bytes
	OutSockAddr   OutType = 25
	OutErrorCode  OutType = 29
	OutWin32Error OutType = 30
	OutNTStatus   OutType = 31
	OutHResult    OutType = 32
	OutUTF8       OutType = 35
	OutCodePtr    OutType = 37
)

// Source tells where a layout comes from.
type Source uint8

const (
	SourceNone         Source = iota
	SourceBuiltin             // the tables folder
	SourceManifest            // an instrumentation manifest
	SourceEventSource         // a manifest in the trace, of an EventSource
	SourceTraceLogging        // in the event itself
	SourceEmbedded            // TRACE_EVENT_INFO in the trace
)

func (s Source) String() string {
	return [...]string{"none", "built-in", "manifest", "eventsource", "tracelogging", "embedded"}[min(s, SourceEmbedded)]
}

// layout is what is known of one event.
type layout struct {
	provider string // its name
	name     string
	message  string // with place holders, "" none
	source   Source
	top      int // the first properties are the event's own, the rest members of structs
	props    []property
	blank    bool    // the fields are not known
	other    *layout // of another Windows under the same version, in a table
}

// property is one field.
type property struct {
	name    string
	in      InType
	out     OutType
	mapName string // of a value map of the same provider
	// first and members are the place of a struct's members in layout.props.
	isStruct       bool
	first, members int
	// array tells that the field is one even with one element.
	array  bool
	count  amount
	length amount
	// lengths holds the texts of count and length, with a comma between them, of a
	// table or manifest until resolve.
	lengths string
}

// amount is a number in the schema or the value of an earlier property.
type amount struct {
	value int
	of    int // property + 1; 0: value holds
}

// inFront is the count of a TraceLogging array whose u16 count stands before its
// elements in the payload.
const inFront = -1

// toEnd is the count or the length of what takes all that is left of the payload.
const toEnd = -2

// Map gives numbers names.
type Map struct {
	bits    bool
	entries []mapEntry
}

type mapEntry struct {
	value uint64
	name  string
}

// text is the name of a number, of a bit map the names of its bits, "" for none.
func (m *Map) text(n uint64) string {
	var out string
	for _, e := range m.entries {
		switch {
		case !m.bits && e.value == n:
			return e.name
		case m.bits && e.value != 0 && n&e.value == e.value:
			if out != "" {
				out += "|"
			}
			out += e.name
		}
	}
	return out
}

// same tells that two layouts lay the payload out in the same way: types of one
// size are as good as one another.
func (l *layout) same(o *layout) bool {
	if l.top != o.top || len(l.props) != len(o.props) {
		return false
	}
	for i := range l.props {
		a, b := &l.props[i], &o.props[i]
		if a.isStruct != b.isStruct || a.first != b.first || a.members != b.members || a.array != b.array || a.count != b.count {
			return false
		}
		if n, fixed := sizes[a.in]; fixed {
			if m, ok := sizes[b.in]; !ok || n != m {
				return false
			}
		} else if a.in != b.in || a.in != InPointer && a.length != b.length {
			return false
		}
	}
	return true
}
