package evtxgen

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// bulkInterval lies between two records of a log of WriteBulk.
const bulkInterval = 2 * time.Second

// ordinaryChunks are made and written in turn.
const ordinaryChunks = 4

// WriteBulk writes a log of about size bytes to w: a file header and at least one
// chunk of 65,536 bytes, at most 65,535. The chunks are full of what a System log
// mostly holds and what says nothing of ports, of several providers; with every > 0 each every-th chunk (the last of
// every so many) has one Tcpip 4231 record in its middle. The records are numbered
// from 1 without a gap and lie 2 s apart, the first at 2025-03-01T09:00:00Z. Only a
// few chunks are held.
func WriteBulk(w io.Writer, size int64, every int) error {
	plan, err := newBulk(size, every)
	if err != nil {
		return err
	}
	stamp, err := fileTime(bulkStart)
	if err != nil {
		return err
	}
	number := uint64(1)
	for i := range plan.count {
		number += uint64(len(plan.chunk(i).places))
	}
	h := fileHeader{last: plan.count - 1, next: number, count: plan.count, major: 3, minor: 1}
	if _, err := w.Write(h.bytes()); err != nil {
		return err
	}
	number = 1
	for i := range plan.count {
		b := plan.chunk(i)
		b.renumber(number, stamp)
		if _, err := w.Write(b.data); err != nil {
			return err
		}
		number += uint64(len(b.places))
		stamp += uint64(len(b.places)) * uint64(bulkInterval/100)
	}
	return nil
}

var bulkStart = time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)

// bulk are the chunks of a log of WriteBulk: count of them, made of a few.
type bulk struct {
	count    int
	every    int
	ordinary [ordinaryChunks]bulkChunk
	tcpip    bulkChunk
}

// bulkChunk is a whole chunk, and where the numbers and times of its records stand.
type bulkChunk struct {
	data   []byte
	places []place
}

func newBulk(size int64, every int) (*bulk, error) {
	b := &bulk{every: every}
	b.count = int(min(max((size-fileHeaderSize+chunkSize/2)/chunkSize, 1), maxChunks))
	var err error
	for i := range b.ordinary {
		if b.ordinary[i], err = newBulkChunk(i*1000, -1); err != nil {
			return nil, err
		}
	}
	middle := len(b.ordinary[0].places) / 2
	b.tcpip, err = newBulkChunk(ordinaryChunks*1000, middle)
	return b, err
}

// chunk is what stands as chunk i of the file.
func (b *bulk) chunk(i int) *bulkChunk {
	if b.every > 0 && (i+1)%b.every == 0 {
		return &b.tcpip
	}
	return &b.ordinary[i%ordinaryChunks]
}

// newBulkChunk fills a chunk with ordinary records from the number first on, and a
// Tcpip record in the place tcpip.
func newBulkChunk(first, tcpip int) (bulkChunk, error) {
	c := newChunk()
	for i := 0; ; i++ {
		r := ordinary(first + i)
		if i == tcpip {
			r = exhausted()
		}
		r.RecordID, r.Time = uint64(i+1), bulkStart
		fits, err := c.add(&r)
		if err != nil {
			return bulkChunk{}, err
		}
		if !fits {
			return bulkChunk{c.bytes(), c.places}, nil
		}
	}
}

// renumber gives the records the numbers from number on, and times from stamp on.
func (b *bulkChunk) renumber(number, stamp uint64) {
	le := binary.LittleEndian
	last := number + uint64(len(b.places)) - 1
	for i, n := range []uint64{number, last, number, last} {
		le.PutUint64(b.data[8+8*i:], n)
	}
	for _, p := range b.places {
		le.PutUint64(b.data[p.record+8:], number)
		le.PutUint64(b.data[p.number:], number)
		le.PutUint64(b.data[p.record+16:], stamp)
		le.PutUint64(b.data[p.time:], stamp)
		number++
		stamp += uint64(bulkInterval / 100)
	}
	checksums(b.data)
}

// services stand in the most frequent record of a System log.
var services = []string{
	"Windows Update", "Background Intelligent Transfer Service", "WMI Performance Adapter",
	"Software Protection", "Windows Modules Installer", "Device Setup Manager", "Network Connections",
}

// ordinary is the n-th of the records that tell nothing of ports.
func ordinary(n int) Record {
	r := Record{Level: 4, Channel: "System", Computer: "WIN-BULK01", PID: 4, TID: uint32(4 * (n%500 + 10))}
	switch n % 8 {
	case 3:
		r.Provider, r.ID = "Microsoft-Windows-Kernel-General", 16
		r.Named = []string{"HiveNameLength", "HiveName", "KeysUpdated", "DirtyPages"}
		hive := fmt.Sprintf(`\??\C:\Users\user%d\AppData\Local\Temp\settings.dat`, n%40)
		r.Data = []string{fmt.Sprint(len(hive)), hive, fmt.Sprint(n % 300), fmt.Sprint(n % 60)}
	case 5:
		r.Provider, r.ID = "Microsoft-Windows-Time-Service", 37
		r.Named, r.Data = []string{"TimeSource"}, []string{"time.windows.com,0x9 (ntp.m|0x9|0.0.0.0:123->192.0.2.1:123)"}
	case 6:
		r.Provider, r.ID = "Microsoft-Windows-WindowsUpdateClient", 19
		r.Named, r.Data = []string{"updateTitle", "updateRevisionNumber"}, []string{fmt.Sprintf("Security Intelligence Update (Version 1.421.%d.0)", n%900), "200"}
	default:
		name := services[n%len(services)]
		state := []string{"running", "stopped"}[n/8%2]
		r.Provider, r.EventSource, r.ID, r.Qualifiers = "Service Control Manager", "Service Control Manager", 7036, 0x4000
		r.PID = 700
		r.Data = []string{name, state}
		r.Binary = fmt.Appendf(nil, "%s/%d", name, n%8)
	}
	return r
}

// exhausted is the record of Windows that has run out of TCP ports; its Binary is an
// IO_ERROR_LOG_PACKET of 40 bytes: the number of strings u16 @4, the id u32 @12.
func exhausted() Record {
	packet := make([]byte, 40)
	binary.LittleEndian.PutUint16(packet[4:], 1)
	binary.LittleEndian.PutUint32(packet[12:], 0x80000000+4231)
	return Record{
		ID: 4231, Qualifiers: 0x8000, Level: 3, Provider: "Tcpip", Channel: "System", Computer: "WIN-BULK01",
		PID: 4, TID: 4321, Data: []string{""}, Binary: packet,
	}
}
