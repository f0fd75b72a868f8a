package schema

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"portverdict/etl"
)

// ManifestEvent is the id of the events in which a .NET EventSource writes its own
// manifest into the trace: u8 format (1: XML), u8 major and u8 minor version, u8 0x5B,
// u16 number of chunks, u16 chunk from 0, then UTF-8. The layout is that of
// ManifestEnvelope in .NET's EventSource.cs.
const ManifestEvent = 65534

const (
	envelopeSize  = 8
	envelopeMagic = 0x5b
	envelopeXML   = 1
)

// isManifestChunk tells such an event by more than its id, which is anyone's to use.
func isManifestChunk(e *etl.Event) bool {
	return e.Kind == etl.KindEvent && e.ID == ManifestEvent && len(e.Payload) >= envelopeSize &&
		e.Payload[0] == envelopeXML && e.Payload[3] == envelopeMagic
}

// chunkLayout is that of a chunk.
var chunkLayout = &layout{
	name: "ManifestData", source: SourceEventSource, top: 7,
	props: []property{
		chunkField("Format", InUint8), chunkField("MajorVersion", InUint8), chunkField("MinorVersion", InUint8), chunkField("Magic", InUint8),
		chunkField("TotalChunks", InUint16), chunkField("ChunkNumber", InUint16), chunkField("Manifest", InRestANSI),
	},
}

func chunkField(name string, in InType) property {
	return property{name: name, in: in, count: amount{value: 1}}
}

// chunks is a manifest that is not whole yet. A source writes it anew for each session,
// so the same one may come several times; a chunk that is there already is passed over.
type chunks struct {
	total int
	parts map[int][]byte
}

// learnChunk keeps a chunk, and with the last one the whole manifest is read.
func (c *Catalog) learnChunk(e *etl.Event) error {
	total, n := int(binary.LittleEndian.Uint16(e.Payload[4:])), int(binary.LittleEndian.Uint16(e.Payload[6:]))
	if total == 0 || n >= total {
		return &etl.FormatError{
			Code: CodeBlob, Offset: e.Offset, Length: int64(len(e.Payload)), Detail: fmt.Sprintf("a manifest says that this is chunk %d of %d", n, total),
		}
	}
	m, known := c.chunks[e.Provider]
	switch {
	case known && m == nil:
		return nil // it was read
	case !known && len(c.chunks) >= maxSources:
		return &etl.FormatError{Code: CodeLimit, Offset: e.Offset, Detail: fmt.Sprintf("more than %d sources describe themselves", maxSources)}
	case !known || m.total != total:
		c.drop(e.Provider, &chunks{total: total, parts: map[int][]byte{}})
		m = c.chunks[e.Provider]
	}
	if m.parts[n] != nil {
		return nil
	}
	m.parts[n] = bytes.Clone(e.Payload[envelopeSize:])
	if c.held += len(m.parts[n]); c.held > maxHeld {
		c.drop(e.Provider, nil)
		return &etl.FormatError{Code: CodeLimit, Offset: e.Offset, Detail: fmt.Sprintf("the manifests in the trace that are not whole have more than %d bytes", maxHeld)}
	}
	if len(m.parts) < total {
		return nil
	}
	var whole []byte
	for i := range total {
		whole = append(whole, m.parts[i]...)
	}
	c.drop(e.Provider, nil)
	in := manifestInput{name: "manifest of " + e.Provider.String(), source: SourceEventSource, only: &e.Provider}
	if err := c.addManifest(bytes.NewReader(whole), in); err != nil {
		return &etl.FormatError{Code: CodeBlob, Offset: e.Offset, Length: int64(len(e.Payload)), Detail: err.Error()}
	}
	return nil
}

// drop forgets the chunks of a source and goes on with next, nil when it is done.
func (c *Catalog) drop(source etl.GUID, next *chunks) {
	if m := c.chunks[source]; m != nil {
		for _, part := range m.parts {
			c.held -= len(part)
		}
	}
	c.chunks[source] = next
}
