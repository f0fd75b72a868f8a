package synth

import (
	"slices"
	"strconv"
)

// stuckPort is a port whose close hangs, as AFD 16002 tells.
type stuckPort struct {
	at        ticks
	port, pid int
}

// stuckPorts are those that the log tells of, in time order.
func (v *view) stuckPorts() []stuckPort {
	var out []stuckPort
	for _, e := range v.host.log.entries {
		if e.record.Provider != "AFD" || e.record.ID != 16002 || len(e.record.Data) < 4 || e.record.Data[1] != "TCP" || v.transport != tcp {
			continue
		}
		port, bad := strconv.Atoi(e.record.Data[2])
		pid, worse := strconv.Atoi(e.record.Data[3])
		if bad == nil && worse == nil && port < 1<<16 && port >= 0 && v.host.pools[tcp].dynamic[port] {
			out = append(out, stuckPort{e.at, port, pid})
		}
	}
	slices.SortStableFunc(out, func(a, b stuckPort) int { return int(max(-1, min(1, a.at-b.at))) })
	return out
}

// stuckAt counts the distinct ports that are stuck at a time, since the start of Windows.
func (v *view) stuckAt(at ticks) int {
	ports := map[int]bool{}
	for _, s := range v.stuck {
		if s.at <= at && v.bootOf(s.at) == v.bootOf(at) {
			ports[s.port] = true
		}
	}
	return len(ports)
}

// mostStuck is the most that are stuck at one time.
func (v *view) mostStuck() int {
	most := 0
	for k, s := range v.stuck {
		if k+1 == len(v.stuck) || v.bootOf(v.stuck[k+1].at) != v.bootOf(s.at) {
			most = max(most, v.stuckAt(s.at))
		}
	}
	return most
}

// byStuck is the balance by the closes that hang.
func (v *view) byStuck(at ticks) balance {
	b := balance{at: at, basis: "stuck-closes", capacity: v.capacity, stuck: v.stuckAt(at)}
	b.unaccounted = v.capacity - b.stuck
	return b
}

// notFree is what a table shows in use and the closes that hang then, which it does not show.
func (v *view) notFree(t *tableFacts) int { return t.used[v.transport] + v.stuckAt(t.at) }

// withStuck adds the closes that hang, which no table and no trace shows, to a balance.
func (v *view) withStuck(b balance) balance {
	b.stuck = min(v.stuckAt(b.at), b.unaccounted)
	b.unaccounted -= b.stuck
	return b
}
