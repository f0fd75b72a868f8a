package synth

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Limits of what one recipe may ask for.
const (
	maxDuration  = 31 * 24 * time.Hour
	maxOpenings  = 20_000_000 // sockets over the whole time
	maxProcesses = 100_000
	maxTables    = 100_000
	maxNoise     = 1_000_000
)

// refusals are the statuses a habit may be refused with.
var refusals = map[string]uint32{
	"too-many-addresses": 0xC0000209, "address-already-exists": 0xC000020A, "insufficient-resources": 0xC000009A,
	"access-denied": 0xC0000022, "sharing-violation": 0xC0000043, "invalid-address-component": 0xC0000207,
}

// failures are the statuses that the connects of a habit may fail with.
var failures = map[string]uint32{"timed-out": 0xC00000B5, "connection-refused": 0xC0000236, "network-unreachable": 0xC000023C}

func (r *Recipe) check() error {
	switch {
	case r.Schema != 1:
		return fmt.Errorf("schema %d is not known; it is 1", r.Schema)
	case r.Host.Bits != 32 && r.Host.Bits != 64:
		return fmt.Errorf("host.bits %d: 32 or 64", r.Host.Bits)
	case r.Host.CPUs < 1 || r.Host.CPUs > 64:
		return fmt.Errorf("host.cpus %d: 1 to 64", r.Host.CPUs)
	case r.Duration <= 0 || time.Duration(r.Duration) > maxDuration:
		return fmt.Errorf("duration %v: up to %v", time.Duration(r.Duration), maxDuration)
	case len(r.Processes) > maxProcesses:
		return fmt.Errorf("%d processes: up to %d", len(r.Processes), maxProcesses)
	}
	if _, err := time.LoadLocation(r.Host.Zone); err != nil {
		return fmt.Errorf("host.zone: %w", err)
	}
	for i, p := range []*Range{&r.TCP, &r.UDP} {
		name := transportNames[i]
		if p.Start < 1 || p.Count < 1 || p.Start+p.Count > 1<<16 {
			return fmt.Errorf("%s: %d ports from %d do not fit", name, p.Count, p.Start)
		}
	}
	if err := r.checkProcesses(); err != nil {
		return err
	}
	if err := r.checkRestart(); err != nil {
		return err
	}
	return r.checkFiles()
}

func (r *Recipe) checkProcesses() error {
	seen := map[int]bool{}
	openings := 0.0
	for i := range r.Processes {
		p := &r.Processes[i]
		if p.PID < 4 || seen[p.PID] {
			return fmt.Errorf("processes[%d]: PID %d is below 4 or used twice", i, p.PID)
		}
		seen[p.PID] = true
		for k := range p.Sockets {
			s := &p.Sockets[k]
			at := fmt.Sprintf("processes[%d].sockets[%d]", i, k)
			switch {
			case s.Transport != "tcp" && s.Transport != "udp":
				return fmt.Errorf("%s: transport %q: tcp or udp", at, s.Transport)
			case s.Family != "ipv4" && s.Family != "ipv6" && s.Family != "dual":
				return fmt.Errorf("%s: family %q: ipv4, ipv6 or dual", at, s.Family)
			case s.Rate < 0 || s.Held < 0 || s.Held > 1<<16 || s.Remotes < 1 || s.Port < 0 || s.Port > 65535 || s.Back < 0:
				return fmt.Errorf("%s: rate, held, remotes, port or back is out of range", at)
			case s.Deferred && !s.Connect, s.Reuse && !s.Deferred, s.PeerGone && !s.Connect:
				return fmt.Errorf("%s: deferred and peer_gone need connect, reuse needs deferred", at)
			case s.Hangs && s.Transport != "tcp", s.Fails != "" && (!s.Connect || s.Deferred || failures[s.Fails] == 0):
				return fmt.Errorf("%s: hangs is of tcp, fails needs connect, not deferred, and one of its statuses", at)
			case s.Refused != "" && refusals[s.Refused] == 0:
				return fmt.Errorf("%s: status %q is not known", at, s.Refused)
			}
			openings += s.Rate * max(0, time.Duration(s.Until-s.From).Minutes())
		}
	}
	if openings > maxOpenings {
		return fmt.Errorf("%.0f sockets are opened: up to %d", openings, maxOpenings)
	}
	return nil
}

// checkFiles wants each file to have a plain name of its own.
func (r *Recipe) checkFiles() error {
	var names []string
	if t := r.Trace; t != nil {
		names = append(names, t.File)
		if t.BufferKB < 4 || t.BufferKB > 1024 || t.RingMB < 0 || t.Noise < 0 || t.Noise > 100 || t.LostEvents < 0 || t.LostEvents >= 1 || t.LostBuffer < 0 || t.LostBuffer >= 1 {
			return fmt.Errorf("trace: buffer_kb 4 to 1024, ring_mb from 0, noise 0 to 100, lost shares 0 to 1")
		}
	}
	if l := r.Log; l != nil {
		names = append(names, l.File)
		if l.Noise < 0 || l.Noise > maxNoise || l.Until <= l.From {
			return fmt.Errorf("log: noise up to %d, until after from", maxNoise)
		}
	}
	for i, t := range r.Tables {
		names = append(names, t.File)
		if r.down(ticksOf(t.At)) {
			return fmt.Errorf("tables[%d]: the machine restarts at %v", i, time.Duration(r.Restart))
		}
		if t.Every < 0 || t.Every > 0 && time.Duration(r.Duration)/time.Duration(t.Every) > maxTables {
			return fmt.Errorf("tables[%d]: up to %d tables", i, maxTables)
		}
	}
	for _, name := range []string{r.Texts.Range, r.Texts.Excluded, r.Texts.Tasklist, r.Texts.Registry, r.Texts.System} {
		if name != "" {
			names = append(names, name)
		}
	}
	seen := map[string]bool{}
	for _, name := range names {
		if name != filepath.Base(name) || strings.HasPrefix(name, ".") || seen[name] {
			return fmt.Errorf("file %q is no plain name or is written twice", name)
		}
		seen[name] = true
	}
	for i, d := range r.Damage {
		if !seen[d.File] || d.Cut < 0 || d.Cut > 1 || d.Zero[0] < 0 || d.Zero[1] < 0 {
			return fmt.Errorf("damage[%d]: %q is not written, or its cut is not 0 to 1", i, d.File)
		}
	}
	return nil
}
