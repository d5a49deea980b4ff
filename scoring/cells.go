package scoring

import "slices"

// cells are the levels of one case-mix factor after thin ones have merged.
type cells struct {
	index  []int32 // by row
	levels int
}

// caseMix are the case-mix factors of one model's rows: what was done, and
// through which channel. Their effects add up: so few parameters leave more to
// tell officials apart, and a kind met through a rare channel needs no cell of its
// own.
type caseMix struct{ kind, channel cells }

func (r *run) caseMix(posting, kind []int32, channel []Channel) caseMix {
	if r.without == ChoiceCaseMix {
		one := cells{index: make([]int32, len(kind)), levels: 1}
		return caseMix{kind: one, channel: one}
	}
	parent := func(k int32) int32 {
		if int(k) < len(r.ev.Kinds) {
			if p := r.ev.Kinds[k].Parent; p != None {
				return p
			}
		}
		return int32(len(r.ev.Kinds)) // the rest
	}
	kinds := make([]int32, len(kind))
	for i, k := range kind {
		if kinds[i] = k; k == None {
			kinds[i] = int32(len(r.ev.Kinds))
		}
	}
	channelIndex := make([]int32, len(channel))
	for i, c := range channel {
		channelIndex[i] = int32(c)
	}
	return caseMix{
		kind:    r.mergeThin(posting, kinds, len(r.ev.Kinds)+1, parent),
		channel: r.mergeThin(posting, channelIndex, int(channels), func(int32) int32 { return int32(ChannelOther) }),
	}
}

// mergeThin lets each cell with fewer officials or items than the policy asks
// merge into its parent, and so on to the top, which is its own parent; a top that
// is thin itself joins the largest cell, unless that is thin too. The cells are then numbered anew in their
// order.
func (r *run) mergeThin(posting, index []int32, n int, parent func(int32) int32) cells {
	for {
		items, people := r.countCells(index, posting, n)
		thin := func(c int32) bool {
			return items[c] < r.policy.MinimumCellItems || people[c] < r.policy.MinimumCellOfficials
		}
		largest := int32(slices.Index(items, slices.Max(items)))
		move, moved := make([]int32, n), false
		for c := range int32(n) {
			move[c] = c
			if items[c] == 0 || !thin(c) {
				continue
			}
			if move[c] = parent(c); move[c] == c && !thin(largest) {
				move[c] = largest
			}
			moved = moved || move[c] != c
		}
		if !moved {
			return numberCells(index, items)
		}
		for i, c := range index {
			index[i] = move[c]
		}
	}
}

// countCells counts items and distinct officials by cell.
func (r *run) countCells(index, posting []int32, n int) (items, people []int) {
	items, people = make([]int, n), make([]int, n)
	rows, starts := bucket(len(r.ev.Postings), posting)
	seen := make([]int32, n) // the last person met there, plus one
	// Postings stand by official, so that one official's follow one another.
	for p := range r.ev.Postings {
		person := r.ev.Postings[p].Person
		for _, row := range rows[starts[p]:starts[p+1]] {
			c := index[row]
			items[c]++
			if seen[c] != person+1 {
				seen[c] = person + 1
				people[c]++
			}
		}
	}
	return items, people
}

// numberCells numbers the cells that have items.
func numberCells(index []int32, items []int) cells {
	to, levels := make([]int32, len(items)), int32(0)
	for c, n := range items {
		if n > 0 {
			to[c] = levels
			levels++
		}
	}
	for i, c := range index {
		index[i] = to[c]
	}
	return cells{index: index, levels: int(levels)}
}

// largest is the cell with most rows, the first among equals.
func (c *cells) largest() int32 {
	items := make([]int, c.levels)
	for _, cell := range c.index {
		items[cell]++
	}
	return int32(slices.Index(items, slices.Max(items)))
}
