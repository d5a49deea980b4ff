package pairing

import (
	"cmp"
	"slices"
)

// forest joins nodes into parts (union and find).
type forest []int32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = int32(i)
	}
	return f
}

func (f forest) root(i int32) int32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

// join makes one part of two, and says whether they were two.
func (f forest) join(a, b int32) bool {
	a, b = f.root(a), f.root(b)
	f[max(a, b)] = min(a, b)
	return a != b
}

// forest are the parts of the graph of the pairs so far. Somebody is one node as a
// reviewer and another as reviewed: being reviewed tells nothing of the own severity.
func (m *matching) forest() forest {
	n := int32(len(m.candidates))
	f := newForest(2 * int(n))
	for i, list := range m.candidates {
		for k, c := range list {
			if m.taken[i][k] {
				f.join(n+int32(i), c.Reviewer)
			}
		}
	}
	return f
}

// join adds pairs that join parts, as long as some candidate does, those first who have
// least to do. It returns how many were added.
func (m *matching) join() int {
	f, n := m.forest(), int32(len(m.candidates))
	var open []place
	for i, list := range m.candidates {
		for k, c := range list {
			if !m.taken[i][k] && f.root(n+int32(i)) != f.root(c.Reviewer) {
				open = append(open, place{int32(i), int32(k)})
			}
		}
	}
	reviewer := func(p place) Candidate { return m.candidates[p.person][p.candidate] }
	slices.SortStableFunc(open, func(a, b place) int {
		return cmp.Or(cmp.Compare(m.load[reviewer(a).Reviewer], m.load[reviewer(b).Reviewer]),
			cmp.Compare(reviewer(b).Strength, reviewer(a).Strength))
	})
	added := 0
	for _, p := range open {
		// Who reviews nobody yet is no part that must be joined.
		if r := reviewer(p).Reviewer; m.load[r] > 0 && f.join(n+p.person, r) {
			m.taken[p.person][p.candidate] = true
			m.load[r]++
			added++
		}
	}
	return added
}

// parts are the reviewed of each part, the largest first. Who has no reviewer is in
// none.
func (m *matching) parts() [][]int32 {
	f, n := m.forest(), int32(len(m.candidates))
	byRoot := map[int32]int{}
	var parts [][]int32
	for i := range m.candidates {
		if !slices.Contains(m.taken[i], true) {
			continue
		}
		root := f.root(n + int32(i))
		at, found := byRoot[root]
		if !found {
			at = len(parts)
			byRoot[root], parts = at, append(parts, nil)
		}
		parts[at] = append(parts[at], int32(i))
	}
	slices.SortStableFunc(parts, func(a, b []int32) int { return cmp.Compare(len(b), len(a)) })
	return parts
}
