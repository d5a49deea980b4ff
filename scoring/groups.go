package scoring

import "slices"

// groups are the peer groups by name.
type groups struct {
	names   []string
	of      []int32   // by posting
	members [][]int32 // postings by group
}

func newGroups(postings []Posting) *groups {
	g := &groups{}
	for i := range postings {
		g.names = append(g.names, postings[i].PeerGroup)
	}
	slices.Sort(g.names)
	g.names = slices.Compact(g.names)
	g.members = make([][]int32, len(g.names))
	g.of = make([]int32, len(postings))
	for i := range postings {
		k, _ := slices.BinarySearch(g.names, postings[i].PeerGroup)
		g.of[i] = int32(k)
		g.members[k] = append(g.members[k], int32(i))
	}
	return g
}

func (g *groups) count() int { return len(g.names) }

// mean is the mean of x over the members that have it; NaN if none has.
func (g *groups) mean(k int, x []float64) float64 {
	sum, n := 0.0, 0.0
	for _, i := range g.members[k] {
		if x[i] == x[i] {
			sum += x[i]
			n++
		}
	}
	return sum / n
}

// having is how many members have x.
func (g *groups) having(k int, x []float64) float64 {
	n := 0.0
	for _, i := range g.members[k] {
		n += boolFloat(x[i] == x[i])
	}
	return n
}

// flagSet is the flags of one posting, in the order of being raised.
type flagSet []Flag

func (s *flagSet) add(f Flag) {
	if !slices.Contains(*s, f) {
		*s = append(*s, f)
	}
}

// sorted returns the flags by name.
func (s flagSet) sorted() []Flag {
	out := slices.Clone([]Flag(s))
	slices.Sort(out)
	return out
}
