package verdict

import (
	"cmp"
	"slices"

	"portverdict/report"
	"portverdict/report/facts"
)

// failureWord is what a status means when it is not ports, and what to do next.
type failureWord struct{ short, meaning, next string }

var failureWords = map[uint32]failureWord{
	statusMemory: {
		"out of memory", "Windows ran short of memory (non-paged pool, or a quota); programs see 10055, as for exhausted ports",
		"Look at the non-paged pool (poolmon, RAMMap) and at the process's memory and handles at that time.",
	},
	statusDenied: {
		"access denied", "a filter blocks the program where it asks for any port or connects; for a port by number, an exclusion or exclusive use",
		"Look at the firewall and security product's rules for this program (Security log 5152, 5157; netsh wfp show netevents).",
	},
	statusSharing:     {"sharing violation", "the port that was asked for is held for exclusive use", "Find who holds that port (netstat -anob)."},
	statusTimeout:     {"timed out", "the peer did not answer in time: the way to it, a NAT gateway out of ports, a firewall, or the server itself", "Test the way to that peer: a NAT gateway (SNAT ports), a firewall, the server's load."},
	statusNotLocal:    {"address not local", "the local address that was asked for is not one of this machine's", "Look at the address the program is set to use."},
	statusInUse:       {"address in use", "one stated port or one pair of endpoints was taken", "Find who holds that port, or why the same pair is used again so soon."},
	statusRefused:     {"connection refused", "nothing listens at the peer, or it refuses", "Look at the server: nothing listens there, or its backlog is full."},
	statusUnreachable: {"network unreachable", "there is no route to the peer", "Look at the routes and the network adapter."},
	statusNoHost:      {"host unreachable", "the peer could not be reached", "Look at the way to the peer."},
}

// failureFinding is the finding that a failing status stands in.
func failureFinding(status uint32) string {
	switch status {
	case statusMemory:
		return "lookalike-0xc000009a"
	case statusDenied:
		return "lookalike-access-denied"
	}
	return "connect-outcomes"
}

// otherFailures lists the statuses that attempts failed with, with their processes.
func (j *judgement) otherFailures() []report.OtherFailure {
	out := []report.OtherFailure{}
	for _, st := range j.failingStatuses() {
		w := failureWords[st]
		f := report.OtherFailure{Status: hex32(st), Name: facts.StatusName(st), Meaning: w.meaning, Next: w.next, Processes: []report.FailedProcess{}}
		for _, m := range j.machines {
			for _, t := range m.traces {
				sm := t.Failed[st]
				if sm == nil {
					continue
				}
				f.Count += sm.Count
				for _, n := range sm.Tally() {
					image := ""
					if proc := t.ProcessOf(n.PID, n.Key); proc != nil {
						image = m.whoRan(proc).image
					}
					f.Processes = append(f.Processes, report.FailedProcess{PID: n.PID, Image: image, Count: n.Count})
				}
			}
		}
		slices.SortStableFunc(f.Processes, func(a, b report.FailedProcess) int { return compareFirst(a.Count, b.Count, a.PID, b.PID) })
		f.Processes = f.Processes[:min(len(f.Processes), holdersShown)]
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b report.OtherFailure) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Status, b.Status))
	})
	return out
}

// failingStatuses are all statuses of attempts that failed otherwise.
func (j *judgement) failingStatuses() []uint32 {
	seen := map[uint32]bool{}
	for _, m := range j.machines {
		for _, t := range m.traces {
			for st := range t.Failed {
				seen[st] = true
			}
		}
	}
	return sortedKeys(seen)
}
