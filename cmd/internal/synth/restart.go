package synth

import (
	"fmt"
	"time"

	"portverdict/evtx/evtxgen"
)

const (
	downFor   = 60 * second // how long a restart takes
	laterPIDs = 20000       // a process has another PID after a restart, higher by this
	systemPID = 4           // has the same in every boot
)

// down tells that the machine is off, or starting.
func (r *Recipe) down(at ticks) bool {
	stop := ticksOf(r.Restart)
	return stop > 0 && at >= stop && at < stop+downFor
}

// stop ends all that runs. A restart frees every port.
func (h *host) stop() {
	h.boot++
	for _, s := range h.sockets {
		h.truth.closed(s, h.now)
		h.truth.freed(s, h.now)
	}
	h.sockets, h.endpoints, h.reusable = nil, nil, nil
	h.waiting, h.shared = map[int]int{}, map[uint16]map[int]bool{}
	h.pools = [2]*pool{newPool(&h.recipe.TCP), newPool(&h.recipe.UDP)}
	h.log.system(h.now, "EventLog", 6006, nil)
	h.surely(h.now+downFor, h.start)
}

// start starts the machine again, with the same programs as other processes.
func (h *host) start() {
	h.log.system(h.now, "Microsoft-Windows-Kernel-General", 12, []string{
		"10", "0", fmt.Sprint(h.recipe.Host.Build), "1", "0", "0", h.time(h.now).UTC().Format("2006-01-02T15:04:05.0000000Z"),
	})
	h.log.system(h.now+2*second, "EventLog", 6009, []string{"10.00.", fmt.Sprint(h.recipe.Host.Build), "", "Multiprocessor Free", "17"})
	h.log.system(h.now+2*second, "EventLog", 6005, nil)
	h.past, h.processes = h.processes, nil
	for i, was := range h.past {
		next := *was.Process
		if next.PID != systemPID {
			next.PID += laterPIDs
		}
		h.processes = append(h.processes, &process{Process: &next, key: h.address(0x8000000000, 0x0A000000) + uint64(len(h.past)+i+1)*0x1000, began: h.now, boot: h.boot})
	}
	for _, p := range h.processes {
		h.begin(p)
	}
}

// system logs a record of Windows itself.
func (l *logger) system(at ticks, provider string, id uint16, data []string) {
	if l.want == nil {
		return
	}
	r := evtxgen.Record{ID: id, Level: 4, Provider: provider, Data: data}
	if provider == "EventLog" {
		r.Qualifiers = 0x8000
	}
	l.add(at, r)
}

// checkRestart wants the inputs to be of one boot or the other, each for itself.
func (r *Recipe) checkRestart() error {
	if r.Restart == 0 {
		return nil
	}
	stop, up := ticksOf(r.Restart), ticksOf(r.Restart)+downFor
	if stop < 0 || up >= ticksOf(r.Duration) {
		return fmt.Errorf("restart %v: within the duration, and a minute before its end", time.Duration(r.Restart))
	}
	if t := r.Trace; t != nil && ticksOf(t.Until) > stop && ticksOf(t.From) < up {
		return fmt.Errorf("trace: it ends before the restart at %v or begins a minute after it", time.Duration(r.Restart))
	}
	pids := map[int]bool{}
	for i := range r.Processes {
		pids[r.Processes[i].PID] = true
	}
	for i := range r.Processes {
		if pid := r.Processes[i].PID; pids[pid+laterPIDs] {
			return fmt.Errorf("processes[%d]: PID %d is that of another after the restart", i, pid)
		}
	}
	return nil
}
