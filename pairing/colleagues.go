package pairing

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Tie is how a reviewer stands to the reviewed.
type Tie uint8

// The ties.
const (
	Peer Tie = iota
	Superior
	Subordinate
)

// Person is somebody who is reviewed and reviews.
type Person struct{ Unit, Position int32 }

// Work is what two people did together.
type Work struct {
	A, B  int32 // persons
	Cases int   // on which both worked
}

// Organisation is what is known of who works with whom.
type Organisation struct {
	People []Person
	Parent []int32 // by unit; -1 at a top
	Shared []Work
	Apart  func(a, b int32) bool // a conflict of interest, symmetric; nil: none
}

// Candidate is somebody who could review a person.
type Candidate struct {
	Reviewer int32
	Tie      Tie
	Strength float64 // 0 to 1: how much their work connects them
}

// How much each connection counts.
const (
	strengthShared      = 1.0
	strengthSuperior    = 0.9
	strengthPost        = 0.8 // the same unit and position
	strengthUnit        = 0.6
	strengthSubordinate = 0.7
	// levels is how many superiors, and how many subordinates, a person can get.
	levels = 4
)

// Candidates returns who could review each person, some limit of each kind, in the
// order of their numbers. In a large unit they are neighbours in a ring that the seed
// shuffles: everybody is then a candidate equally often, and the unit hangs together.
func (o *Organisation) Candidates(limit int, seed uint64) [][]Candidate {
	c := &colleagues{Organisation: o, known: make([]map[int32]Candidate, len(o.People))}
	for i := range c.known {
		c.known[i] = make(map[int32]Candidate, 2*limit)
	}
	members := make([][]int32, len(o.Parent))
	for i, p := range o.People {
		members[p.Unit] = append(members[p.Unit], int32(i))
	}
	dice := rand.New(rand.NewPCG(seed, 1))
	for _, unit := range members {
		dice.Shuffle(len(unit), func(a, b int) { unit[a], unit[b] = unit[b], unit[a] })
		c.ring(unit, limit)
	}
	for u := range members {
		if above := c.above(members, int32(u)); above != nil {
			c.levels(members[u], above)
		}
	}
	c.shared(limit)
	return c.list()
}

type colleagues struct {
	*Organisation
	known []map[int32]Candidate
}

// add makes reviewer a candidate for a person; the stronger connection stays.
func (c *colleagues) add(person, reviewer int32, tie Tie, strength float64) {
	if person == reviewer || c.Apart != nil && c.Apart(person, reviewer) {
		return
	}
	if have, found := c.known[person][reviewer]; !found || have.Strength < strength {
		c.known[person][reviewer] = Candidate{reviewer, tie, strength}
	}
}

// ring makes the neighbours in a shuffled unit candidates for one another.
func (c *colleagues) ring(unit []int32, limit int) {
	n := len(unit)
	for place, person := range unit {
		for step := 1; step <= min(limit, n-1); step++ {
			other := unit[(place+step)%n]
			strength := strengthUnit
			if c.People[person].Position == c.People[other].Position {
				strength = strengthPost
			}
			c.add(person, other, Peer, strength)
		}
	}
}

// above are the members of the nearest unit above that has any.
func (c *colleagues) above(members [][]int32, unit int32) []int32 {
	for up := c.Parent[unit]; up >= 0; up = c.Parent[up] {
		if len(members[up]) > 0 {
			return members[up]
		}
	}
	return nil
}

// levels lets those above review those below, and the other way.
func (c *colleagues) levels(unit, above []int32) {
	subordinates := map[int32]int{}
	for place, person := range unit {
		for step := range min(levels, len(above)) {
			superior := above[(place+step)%len(above)]
			c.add(person, superior, Superior, strengthSuperior)
			if subordinates[superior] < levels {
				subordinates[superior]++
				c.add(superior, person, Subordinate, strengthSubordinate)
			}
		}
	}
}

// shared adds those with whom a person has shared most cases.
func (c *colleagues) shared(limit int) {
	most := slices.Clone(c.Shared)
	slices.SortStableFunc(most, func(a, b Work) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	taken := make([]int, len(c.People))
	for _, w := range most {
		for _, pair := range [][2]int32{{w.A, w.B}, {w.B, w.A}} {
			if taken[pair[0]] < limit {
				taken[pair[0]]++
				c.add(pair[0], pair[1], c.tie(pair[0], pair[1]), strengthShared)
			}
		}
	}
}

// tie is how a reviewer stands to a person by the tree of units.
func (c *colleagues) tie(person, reviewer int32) Tie {
	switch mine, theirs := c.People[person].Unit, c.People[reviewer].Unit; {
	case c.under(mine, theirs):
		return Superior
	case c.under(theirs, mine):
		return Subordinate
	}
	return Peer
}

// under says whether a unit lies below another.
func (c *colleagues) under(unit, other int32) bool {
	for up := c.Parent[unit]; up >= 0; up = c.Parent[up] {
		if up == other {
			return true
		}
	}
	return false
}

func (c *colleagues) list() [][]Candidate {
	out := make([][]Candidate, len(c.known))
	for i, known := range c.known {
		for _, candidate := range known {
			out[i] = append(out[i], candidate)
		}
		slices.SortFunc(out[i], func(a, b Candidate) int { return cmp.Compare(a.Reviewer, b.Reviewer) })
	}
	return out
}
