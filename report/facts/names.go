package facts

import (
	"cmp"
	"slices"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// nameEvent is a process event of a trace: a process of that PID began, ended or was
// listed as running.
type nameEvent struct {
	at    etl.FileTime
	pid   report.PID
	key   uint64
	image string
	kind  nameKind
}

type nameKind uint8

const (
	processBegan nameKind = iota
	processListed
	processEnded
)

func (t *Trace) processEvent(at *place, f *winsock.Fact) {
	kind := processListed
	switch {
	case !f.ProcessStart:
		kind = processEnded
	case f.ID == 1:
		kind = processBegan
	}
	if len(t.names) < maxNames {
		t.names = append(t.names, nameEvent{at.time, report.PID(f.PID), f.Process, f.Image, kind})
	} else {
		t.limit("trace-too-many-processes", "further process events of this trace are not kept")
	}
	if at.time > t.to {
		return
	}
	if p := t.byPID[report.PID(f.PID)]; p != nil && kind == processBegan && at.time-p.first >= second {
		t.over(p) // unless two providers tell of one start
	}
	if f.Process != 0 {
		if kind == processBegan {
			delete(t.processes, f.Process) // the address is used again
		}
		t.process(f.Process, report.PID(f.PID), at.time)
	}
	if p := t.byPID[report.PID(f.PID)]; p != nil && kind == processEnded {
		t.over(p)
	}
}

// over ends a process: what its address is seen with from now on is another one, but for
// the endpoints it left open.
func (t *Trace) over(p *Process) {
	if t.processes[p.Key] == p {
		delete(t.processes, p.Key)
	}
}

// life is the time in which one process had a PID, as far as process events tell.
type life struct {
	from, to etl.FileTime // to is 0 while it lasts
	image    string
	key      uint64
	ended    bool
}

// nameProcesses gives each process the name of the life it falls into: a name found
// later is not given to an earlier life.
func (t *Trace) nameProcesses() {
	lives := t.lives()
	last := map[report.PID]*Process{}
	for _, p := range t.Processes {
		if p.PID < 0 {
			continue
		}
		if before := last[p.PID]; before != nil {
			if p.first >= before.first {
				before.Later = true
				last[p.PID] = p
			} else {
				p.Later = true
			}
		} else {
			last[p.PID] = p
		}
		of := lives[p.PID]
		i, _ := slices.BinarySearchFunc(of, p.last, func(l life, at etl.FileTime) int { return cmp.Compare(l.from, at+1) })
		for i--; i >= 0; i-- {
			l := &of[i]
			if l.key != 0 && p.Key != 0 && l.key != p.Key {
				continue
			}
			if l.to == 0 || l.to >= p.first {
				p.Image = l.image
				if l.ended && l.to <= t.to {
					p.Ended = stamp(l.to)
				}
			}
			break
		}
	}
}

// lives are the lives of each PID, by time.
func (t *Trace) lives() map[report.PID][]life {
	slices.SortStableFunc(t.names, func(a, b nameEvent) int { return cmp.Compare(a.at, b.at) })
	out := map[report.PID][]life{}
	for _, e := range t.names {
		of := out[e.pid]
		n := len(of)
		open := n > 0 && of[n-1].to == 0
		sameKey := open && (of[n-1].key == 0 || e.key == 0 || of[n-1].key == e.key)
		switch {
		case e.kind == processEnded && open && sameKey:
			of[n-1].to, of[n-1].ended = e.at, true
			if of[n-1].image == "" {
				of[n-1].image = e.image
			}
			continue
		case e.kind == processEnded:
			of = append(of, life{from: after(of), to: e.at, image: e.image, key: e.key, ended: true})
		case e.kind == processListed && sameKey:
			if of[n-1].image == "" {
				of[n-1].image = e.image
			}
			if of[n-1].key == 0 {
				of[n-1].key = e.key
			}
			continue
		default:
			from := e.at
			if e.kind == processListed {
				from = after(of) // it had begun before
			}
			if open {
				of[n-1].to = e.at
			}
			of = append(of, life{from: from, image: e.image, key: e.key})
		}
		out[e.pid] = of
	}
	return out
}

// after is the earliest that a further life of a PID can have begun.
func after(of []life) etl.FileTime {
	if n := len(of); n > 0 {
		return max(of[n-1].from, of[n-1].to) + 1
	}
	return 0
}

// ImageOf names a PID by the process events of the trace around a time, "" when they do
// not tell.
func (t *Trace) ImageOf(pid report.PID) string {
	image := ""
	for i := range t.names {
		if e := &t.names[i]; e.pid == pid && e.image != "" {
			image = e.image
		}
	}
	return image
}

// ProcessOf gives the last process of a PID, or of a key where the PID is not known.
func (t *Trace) ProcessOf(pid report.PID, key uint64) *Process {
	for _, p := range slices.Backward(t.Processes) {
		if pid >= 0 && p.PID == pid || pid < 0 && p.PID < 0 && p.Key == key {
			return p
		}
	}
	return nil
}

// Outlived tells that a process acts more than a second after it has given its last port
// of a transport back: it has not just ended.
func (p *Process) Outlived(tr Transport) bool {
	return p.gave[tr] > 0 && p.last > p.gave[tr]+second
}
