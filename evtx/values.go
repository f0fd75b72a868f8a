package evtx

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/0xrawsec/golang-evtx/evtx"
)

// values are the values of one template instance.
type values struct {
	descs  []evtx.ValueDescriptor
	parsed []evtx.Element // by golang-evtx; used for nested fragments
	raw    [][]byte       // in the chunk
	at     []int          // offset in the chunk
	depth  int
}

// fragmentHeader is the size of a fragment's header: token, version, flags.
const fragmentHeader = 4

// valuesOf finds the values of the template instance at offset: token, unknown u8,
// template number u32, offset of its definition u32 (the definition may follow),
// number of values u32, a descriptor of size u16 and type u16 for each, then the
// values.
func valuesOf(chunk []byte, offset int64, ti *evtx.TemplateInstance) (*values, error) {
	n := len(ti.Data.ValDescs)
	if n == 0 {
		return &values{}, nil
	}
	at := offset + 10
	if int64(ti.Definition.Header.DataOffset) == at {
		at += 24 + int64(ti.Definition.Data.Size)
	}
	if at < 0 || at+4+4*int64(n) > int64(len(chunk)) || int(binary.LittleEndian.Uint32(chunk[at:])) != n {
		return nil, errValues
	}
	v := &values{descs: ti.Data.ValDescs, parsed: ti.Data.Values, raw: make([][]byte, n), at: make([]int, n)}
	next := int(at) + 4 + 4*n
	for i, d := range v.descs {
		if len(chunk)-next < int(d.Size) {
			return nil, errValues
		}
		v.at[i], v.raw[i] = next, chunk[next:next+int(d.Size)]
		next += int(d.Size)
	}
	return v, nil
}

// text gives a value as Windows writes it into XML, one of an unknown type or of a
// size that does not fit its type in hexadecimal.
func text(kind evtx.ValueType, raw []byte) string {
	switch kind {
	case evtx.NullType:
		return ""
	case evtx.StringType:
		return wideString(raw)
	case evtx.AnsiStringType:
		return strings.ToValidUTF8(strings.TrimRight(string(raw), "\x00"), "\ufffd")
	case evtx.Int8Type, evtx.Int16Type, evtx.Int32Type, evtx.Int64Type:
		if n, ok := unsigned(raw); ok {
			shift := 64 - 8*len(raw)
			return strconv.FormatInt(int64(n<<shift)>>shift, 10)
		}
	case evtx.UInt8Type, evtx.UInt16Type, evtx.UInt32Type, evtx.UInt64Type:
		if n, ok := unsigned(raw); ok {
			return strconv.FormatUint(n, 10)
		}
	case evtx.HexInt32Type, evtx.HexInt64Type, evtx.SizeTType:
		if n, ok := unsigned(raw); ok {
			return fmt.Sprintf("%#x", n)
		}
	case evtx.Real32Type, evtx.Real64Type:
		if n, ok := unsigned(raw); ok && len(raw) == 8 {
			return strconv.FormatFloat(math.Float64frombits(n), 'g', -1, 64)
		} else if ok && len(raw) == 4 {
			return strconv.FormatFloat(float64(math.Float32frombits(uint32(n))), 'g', -1, 32)
		}
	case evtx.BoolType:
		if n, ok := unsigned(raw); ok {
			return strconv.FormatBool(n != 0)
		}
	case evtx.FileTimeType:
		if n, ok := unsigned(raw); ok && len(raw) == 8 {
			return fileTime(n).Format(time.RFC3339Nano)
		}
	case evtx.GuidType:
		if len(raw) == 16 {
			le := binary.LittleEndian
			return fmt.Sprintf("{%08x-%04x-%04x-%x-%x}", le.Uint32(raw), le.Uint16(raw[4:]), le.Uint16(raw[6:]), raw[8:10], raw[10:])
		}
	case evtx.SidType:
		if s, ok := sid(raw); ok {
			return s
		}
	}
	return strings.ToUpper(hex.EncodeToString(raw))
}

// unsigned reads an integer of 1, 2, 4 or 8 bytes.
func unsigned(b []byte) (uint64, bool) {
	switch len(b) {
	case 1:
		return uint64(b[0]), true
	case 2:
		return uint64(binary.LittleEndian.Uint16(b)), true
	case 4:
		return uint64(binary.LittleEndian.Uint32(b)), true
	case 8:
		return binary.LittleEndian.Uint64(b), true
	}
	return 0, false
}

// sid reads a SID: revision u8, number of sub-authorities u8, authority 6 bytes big
// endian, sub-authorities u32.
func sid(b []byte) (string, bool) {
	if len(b) < 8 || len(b) != 8+4*int(b[1]) {
		return "", false
	}
	var authority [8]byte
	copy(authority[2:], b[2:8])
	var s strings.Builder
	s.WriteString(fmt.Sprintf("S-%d-%d", b[0], binary.BigEndian.Uint64(authority[:])))
	for b = b[8:]; len(b) > 0; b = b[4:] {
		s.WriteString(fmt.Sprintf("-%d", binary.LittleEndian.Uint32(b)))
	}
	return s.String(), true
}

// stringsOf splits an array of UTF-16LE strings that each end in a zero. An empty
// string is one too.
func stringsOf(b []byte) []string {
	var out []string
	for len(b) >= 2 && len(out) < maxStrings {
		n := 0
		for n+2 <= len(b) && (b[n] != 0 || b[n+1] != 0) {
			n += 2
		}
		out = append(out, wideString(b[:n]))
		b = b[min(n+2, len(b)):]
	}
	return out
}

// wideString decodes UTF-16LE without the zeros at its end.
func wideString(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

// binaryID gives the event id in the IO_ERROR_LOG_PACKET that drivers write as
// Binary: the full id at byte 12, its upper half being the Qualifiers. ok is false
// when Binary is no such packet.
func (r *Record) binaryID() (id uint16, ok bool) {
	if len(r.Binary) < 40 || r.Qualifiers == 0 {
		return 0, false
	}
	full := binary.LittleEndian.Uint32(r.Binary[12:])
	return uint16(full), uint16(full>>16) == r.Qualifiers
}

func binaryDetail(eventID, packetID uint16) string {
	return fmt.Sprintf("EventID is %d, but the driver's packet in Binary says %d", eventID, packetID)
}
