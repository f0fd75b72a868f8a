package evtxgen

import (
	"encoding/binary"
	"encoding/hex"
	"testing"
	"unicode/utf16"
)

// The hashes and buckets are those of real logs.
func TestHash(t *testing.T) {
	for name, want := range map[string]uint16{"Event": 0x0cba, "xmlns": 0x0fbc, "Provider": 0x7bf1, "Name": 0x954b, "RelatedActivityID": 0xc535} {
		if got := uint16(hash(utf16.Encode([]rune(name)))); got != want {
			t.Errorf("%s: %#x, want %#x", name, got, want)
		}
	}
	guid, _ := hex.DecodeString("77d82943d5d82d51ec99201a0fd92fc7")
	if got := hash(wordsOf(guid)) % 32; got != 30 {
		t.Errorf("template in bucket %d, want 30", got)
	}
}

func wordsOf(b []byte) []uint16 {
	words := make([]uint16, len(b)/2)
	for i := range words {
		words[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return words
}

// chain gives the places of a bucket, the newest first.
func chain(t *testing.T, chunk []byte, head int) []int {
	t.Helper()
	le := binary.LittleEndian
	var out []int
	before := chunkSize
	for at := int(le.Uint32(chunk[head:])); at != 0; at = int(le.Uint32(chunk[at:])) {
		if at >= before || at < chunkHeaderSize {
			t.Fatalf("bucket at %d leads from %d to %d", head, before, at)
		}
		out, before = append(out, at), at
	}
	return out
}

// Every name and template that a record uses is in the right bucket, once.
func TestTables(t *testing.T) {
	chunks, err := chunksOf(mixed(600), 0)
	if err != nil || len(chunks) < 3 {
		t.Fatal(len(chunks), err)
	}
	le := binary.LittleEndian
	for i, c := range chunks {
		data := c.bytes()
		names, templates := map[string]bool{}, map[uint32]bool{}
		for bucket := range 64 {
			for _, at := range chain(t, data, 128+4*bucket) {
				units := wordsOf(data[at+8:][:2*le.Uint16(data[at+6:])])
				name := string(utf16.Decode(units))
				if sum := le.Uint16(data[at+4:]); names[name] || sum != uint16(hash(units)) || int(sum%64) != bucket {
					t.Errorf("chunk %d: name %q in bucket %d", i, name, bucket)
				}
				names[name] = true
			}
		}
		for bucket := range 32 {
			for _, at := range chain(t, data, 384+4*bucket) {
				guid := data[at+4:][:16]
				id := le.Uint32(guid)
				if templates[id] || hash(wordsOf(guid))%32 != uint32(bucket) || le.Uint32(data[at-4:]) != uint32(at) || le.Uint32(data[at-8:]) != id {
					t.Errorf("chunk %d: template %#x in bucket %d", i, id, bucket)
				}
				templates[id] = true
			}
		}
		// 26 names of Event and its System, and 3 of EventData. 5 templates of events,
		// since two of the seven records differ in their data only, and 6 of data.
		if len(names) != 29 || len(templates) != 11 {
			t.Errorf("chunk %d: %d names, %d templates", i, len(names), len(templates))
		}
		for _, p := range c.places {
			if p.record%8 != 0 {
				t.Errorf("chunk %d: record at %d", i, p.record)
			}
		}
	}
}
