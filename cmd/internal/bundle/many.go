package bundle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portverdict/report"
)

// telling orders the kinds of inputs by how much of a verdict can rest on one.
func telling(kind string) int {
	switch {
	case kind == "etl":
		return 0
	case kind == "evtx":
		return 1
	case kind == "eventtext", kind == "netstat", kind == "psnet", kind == "sockets":
		return 2
	case kind == kindUnknown:
		return 4
	}
	return 3
}

// trim keeps the n inputs that tell most; of equal ones those whose path comes first.
// Their order stays.
func (l *loader) trim(n int) {
	all := l.bundle.Inputs
	if len(all) <= n {
		return
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, k int) int {
		return cmp.Or(cmp.Compare(telling(all[i].Kind), telling(all[k].Kind)), cmp.Compare(all[i].Path, all[k].Path))
	})
	out := map[int]bool{}
	for _, i := range order[n:] {
		out[i] = true
		l.left[all[i].Kind]++
	}
	kept, before := make([]Input, 0, 2*n), l.inputMark
	for i, in := range all {
		if !out[i] {
			kept = append(kept, in)
		} else if i < before {
			l.inputMark--
		}
	}
	l.bundle.Inputs = kept
}

// tellLeft says what the limits on files and diagnostics left out.
func (l *loader) tellLeft() {
	var parts []string
	if len(l.left) > 0 {
		var kinds []string
		total := 0
		for _, kind := range slices.Sorted(maps.Keys(l.left)) {
			total += l.left[kind]
			kinds = append(kinds, fmt.Sprintf("%s of kind %s", report.Grouped(l.left[kind]), kind))
		}
		parts = append(parts, fmt.Sprintf("the %s files that tell most are read, traces and logs first; %s are left out (%s)",
			report.Grouped(l.limits.entries), report.Grouped(total), strings.Join(kinds, ", ")))
	}
	if l.unseen != "" {
		parts = append(parts, fmt.Sprintf("only the first %s files were looked at, not %q and what comes after it", report.Grouped(l.limits.seen), l.unseen))
	}
	if l.untold > 0 {
		parts = append(parts, fmt.Sprintf("%s further diagnostics of files are not listed", report.Grouped(l.untold)))
	}
	if len(parts) > 0 {
		l.bundle.Diagnostics = append(l.bundle.Diagnostics, report.Diagnostic{
			Code: "input-limit", Severity: "error", Text: "too many files: " + strings.Join(parts, "; "), Count: 1,
		})
	}
}
