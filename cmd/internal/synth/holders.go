package synth

import (
	"cmp"
	"maps"
	"slices"
)

const listed = 20 // holders of an episode that the list has room for

// holders tells who held the ports of a pool, in each of its episodes and where none
// decides it, and who must and may be named.
func (j *judge) holders(t *Truth, i int, a answer, index map[*episode]int) {
	v := j.views[i]
	for _, e := range j.episodes[i] {
		b := j.books(i, e)
		if !b.sure {
			t.Holders = append(t.Holders, j.large(i, index[e])...)
			continue
		}
		named, may := j.host.nameable(b)
		t.Sure.Holder = t.Sure.Holder || len(b.byPID) > 0
		for k, c := range j.host.claims(b) {
			row := holderRow(i, index[e], c)
			row.Sure = k < listed-1 && b.stuck == 0 && (c.pid != 0 || 10*c.ports >= b.capacity) // a small sum need not be told
			row.Named = named != nil && *named == c
			row.MayName = row.Named || slices.Contains(may, c)
			t.Holders = append(t.Holders, row)
		}
	}
	if len(j.deciding(i)) > 0 {
		return
	}
	if !v.ranged || j.damaged || v.trace && !v.whole {
		if a.outcome == likely || slices.Contains(a.also, likely) {
			t.Holders = append(t.Holders, j.large(i, -1)...)
		}
		return
	}
	j.fullest(t, i, a)
}

func holderRow(i, window int, c claim) Holder {
	return Holder{Transport: transportNames[i], Window: window, PID: c.pid, Image: c.image, Instances: c.instances, Ports: c.ports, PortsMost: c.most}
}

// large are the processes that had a quarter of the pool at some time. Nobody else may be
// named, whatever the files leave open.
func (j *judge) large(i, window int) []Holder {
	v := j.views[i]
	b := balance{capacity: v.capacity, byPID: v.ever()}
	var out []Holder
	for _, c := range j.host.claims(b) {
		if 4*c.ports >= v.capacity {
			row := holderRow(i, window, c)
			row.MayName = true
			out = append(out, row)
		}
	}
	return out
}

// fullest tells the holders of a pool that no episode decides, at any of the moments that
// may be meant. Sure is the one that has by far the most at each of them.
func (j *judge) fullest(t *Truth, i int, a answer) {
	moments := j.views[i].moments()
	rows := map[claim]*Holder{} // by PID, image and instances
	first := map[claim]int{}    // at how many moments it has most
	must, may := map[claim]int{}, map[claim]bool{}
	key := func(c claim) claim { return claim{pid: c.pid, image: c.image} }
	for _, b := range moments {
		claims := j.host.claims(b)
		for _, c := range claims {
			row := holderRow(i, -1, c)
			if was := rows[key(c)]; was != nil {
				row.Ports, row.PortsMost = min(was.Ports, c.ports), max(was.PortsMost, c.most)
			}
			rows[key(c)] = &row
		}
		if len(claims) > 0 && claims[0].ports >= 10 && (len(claims) == 1 || 2*claims[0].ports >= 3*claims[1].most) {
			first[key(claims[0])]++
		}
		named, others := j.host.nameable(b)
		if named != nil {
			must[key(*named)]++
		}
		for _, c := range others {
			may[key(c)] = true
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(rows), func(a, b claim) int {
		return cmp.Or(rows[b].PortsMost-rows[a].PortsMost, a.pid-b.pid, cmp.Compare(a.image, b.image))
	}) {
		row := *rows[k]
		row.Sure = first[k] == len(moments) && len(moments) > 0 && j.views[i].mostStuck() == 0 && (k.pid != 0 || 10*row.Ports >= j.views[i].capacity)
		row.Named = a.outcome == likely && len(a.also) == 0 && must[k] == len(moments)
		row.MayName = (a.outcome == likely || slices.Contains(a.also, likely)) && may[k]
		t.Sure.Holder = t.Sure.Holder || row.Sure
		t.Holders = append(t.Holders, row)
	}
}
