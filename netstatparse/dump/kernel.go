package dump

import (
	"fmt"
	"strings"
	"time"
)

// layout is where the fields of a kernel dump's header stand.
type layout struct {
	size                               int
	machine, bugCheck, arguments, kind int
	time, uptime, product, argument    int
}

var (
	layout64 = layout{size: 8 << 10, machine: 0x30, bugCheck: 0x38, arguments: 0x40, argument: 8, kind: 0xf98, time: 0xfa8, uptime: 0x1030, product: 0x1040}
	layout32 = layout{size: 4 << 10, machine: 0x20, bugCheck: 0x28, arguments: 0x2c, argument: 4, kind: 0xf88, time: 0xfc0, uptime: 0xfb8, product: 0xf94}
)

const (
	filler       = 0x45474150 // "PAGE": a field that nobody wrote
	otherForm    = 0x10000000 // the same bug check, of a processor's own
	maxUptime    = 100 * 365 * 24 * time.Hour
	versionMinor = 0x0c
)

// kinds are the types of kernel dumps (wdm.h DUMP_TYPE, and dbgeng's from 8 on).
var kinds = map[uint32]string{
	1: "complete", 2: "kernel", 3: "header", 4: "small", 5: "complete", 6: "kernel", 7: "automatic", 8: "kernel", 9: "kernel and user", 10: "complete",
}

// liveCodes are bug checks that only live dumps have.
var liveCodes = map[uint32]bool{0x161: true, 0x193: true, 0x198: true}

func (f *file) kernel(l *layout) (*Dump, []error) {
	b := f.bytes(0, l.size)
	if len(b) < l.size {
		f.damage(CodeTruncated, int64(len(b)), 0, fmt.Sprintf("the dump ends within its header: %d of %d bytes are there", len(b), l.size))
		b = append(b, strings.Repeat("PAGE", (l.size-len(b))/4+1)...)
	}
	word := func(at int) uint32 {
		if v := le.Uint32(b[at:]); v != filler {
			return v
		}
		return 0
	}
	long := func(at int) uint64 {
		if v := le.Uint64(b[at:]); v != filler<<32|filler {
			return v
		}
		return 0
	}
	k := &Kernel{Kind: kinds[word(l.kind)], BugCheck: word(l.bugCheck) &^ otherForm}
	k.Live = liveCodes[k.BugCheck]
	for i := range k.Arguments {
		if at := l.arguments + i*l.argument; l.argument == 8 {
			k.Arguments[i] = long(at)
		} else {
			k.Arguments[i] = uint64(word(at))
		}
	}
	d := &Dump{Kernel: k, Product: product(word(l.product)), Time: filetime(long(l.time))}
	d.Machine = map[uint32]string{0x8664: "x64", 0xaa64: "arm64", 0x14c: "x86"}[word(l.machine)]
	if build := word(versionMinor); build > 0 && build < 1<<20 {
		d.Build = int(build)
	}
	if up := long(l.uptime); up > 0 && !d.Time.IsZero() && up < uint64(maxUptime/100) {
		k.Boot = d.Time.Add(-time.Duration(up) * 100)
	}
	return d, f.errs
}
