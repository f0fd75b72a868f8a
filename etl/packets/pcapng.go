package packets

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"portverdict/etl"
)

// ErrNoPackets says that there was nothing to write.
var ErrNoPackets = errors.New("the trace holds no packets")

// WriteOptions are the parts of the file that are not in the trace.
type WriteOptions struct {
	// Application is named in the file as its writer, "" for none.
	Application string
	// Process, if not nil, gives the name of a process, "" unknown.
	Process func(pid uint32) string
	// Damage, if not nil, is told of all damage met on the way.
	Damage func(error)
}

// WritePcapng writes packets as one pcapng section in little-endian order with
// times in nanoseconds, and events that are no packets as Custom Blocks between them. The
// error is ErrNoPackets, or that of w.
func WritePcapng(w io.Writer, interfaces []Interface, packets iter.Seq2[Packet, error], o WriteOptions) error {
	if len(interfaces) == 0 { // pcapng cannot begin without one; the damage may say why
		for _, err := range packets {
			o.tell(err)
		}
		return ErrNoPackets
	}
	section := pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: o.Application, OS: "Windows"}}
	ng, err := pcapgo.NewNgWriterInterface(w, ngInterface(interfaces[0]), section)
	if err != nil {
		return err
	}
	for _, in := range interfaces[1:] {
		if _, err := ng.AddInterface(ngInterface(in)); err != nil {
			return err
		}
	}
	n := 0
	for p, err := range packets {
		if err != nil {
			o.tell(err)
			continue
		}
		if p.Event != nil {
			if err := errors.Join(ng.Flush(), writeCustom(w, p.Event)); err != nil {
				return err
			}
			continue
		}
		info := gopacket.CaptureInfo{
			Timestamp: wireTime(p.Time), CaptureLength: len(p.Data), Length: max(p.OriginalLength, len(p.Data)), InterfaceIndex: p.Interface,
		}
		if err := ng.WritePacketWithOptions(info, p.Data, o.packetOptions(&p)); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return ErrNoPackets
	}
	return ng.Flush()
}

// customBlock is the type of a Custom Block that may be copied into another file, and
// enterprise the Private Enterprise Number in it: the one for examples and documentation
// (RFC 5612), since this project has none.
const (
	customBlock = 0x00000bad
	enterprise  = 32473
)

// writeCustom writes a Custom Block: type, length, enterprise number, data, zeros up to a
// multiple of 4 bytes, length.
func writeCustom(w io.Writer, data []byte) error {
	size := uint32(16 + (len(data)+3)/4*4)
	b := make([]byte, 12, size)
	le := binary.LittleEndian
	le.PutUint32(b, customBlock)
	le.PutUint32(b[4:], size)
	le.PutUint32(b[8:], enterprise)
	b = append(b, data...)
	b = append(b, make([]byte, int(size)-4-len(b))...)
	_, err := w.Write(le.AppendUint32(b, size))
	return err
}

func (o *WriteOptions) tell(err error) {
	if err != nil && o.Damage != nil {
		o.Damage(err)
	}
}

func ngInterface(in Interface) pcapgo.NgInterface {
	return pcapgo.NgInterface{
		Name: in.Name, Description: in.Description, OS: "Windows", LinkType: layers.LinkType(in.LinkType),
		TimestampResolution: 9,
	}
}

// wireTime keeps to the times that 64 bits of nanoseconds since 1970 can hold; a
// damaged event may say any time.
func wireTime(t etl.FileTime) time.Time {
	at := t.Time()
	if at.Year() < 1970 || at.Year() > 2261 {
		return time.Unix(0, 0)
	}
	return at
}

func (o *WriteOptions) packetOptions(p *Packet) pcapgo.NgPacketOptions {
	var out pcapgo.NgPacketOptions
	if text := o.comment(p); text != "" {
		out.Comments = []string{text}
	}
	switch p.Direction {
	case Inbound:
		out.Flags = &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionInbound}
	case Outbound:
		out.Flags = &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}
	}
	return out
}

func (o *WriteOptions) comment(p *Packet) string {
	var text string
	if p.PID != ^uint32(0) {
		text = fmt.Sprintf("PID=%d TID=%d", p.PID, p.TID)
		if o.Process != nil {
			if name := o.Process(p.PID); name != "" {
				text += " Process=" + printable(name)
			}
		}
	}
	text = joined(text, p.Comment)
	if len(text) > maxComment {
		text = strings.ToValidUTF8(text[:maxComment], "")
	}
	return text
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
