package scoring

import (
	"cmp"
	"slices"
)

// cells are the case-mix cells of one model's rows: a kind met through a channel.
type cells struct {
	index  []int32 // by row
	levels int
}

// anyChannel stands for all channels that are too thin alone.
const anyChannel = channels

// cellKey is a cell before it is numbered. Kind None is what is left when even
// the coarsest kind is thin.
type cellKey struct {
	kind    int32
	channel Channel
}

func (k cellKey) coarser(kinds []Kind) cellKey {
	switch {
	case k.channel != anyChannel:
		return cellKey{k.kind, anyChannel}
	case k.kind != None:
		return cellKey{kinds[k.kind].Parent, anyChannel}
	}
	return k
}

// buildCells puts each row into its cell. A cell with fewer officials or items
// than the policy asks merges into the kind's other thin channels, then into the
// parent kind, and at last into the rest; a rest that is thin itself joins the
// largest cell.
func (r *run) buildCells(posting, kind []int32, channel []Channel) cells {
	kinds, policy := r.ev.Kinds, &r.policy
	keys := make(map[cellKey]int32)
	var names []cellKey
	number := func(k cellKey) int32 {
		i, ok := keys[k]
		if !ok {
			i = int32(len(names))
			keys[k] = i
			names = append(names, k)
		}
		return i
	}
	index := make([]int32, len(kind))
	last, lastIndex := cellKey{-2, 0}, int32(0)
	for i := range kind {
		if k := (cellKey{kind[i], channel[i]}); k != last {
			last, lastIndex = k, number(k)
		}
		index[i] = lastIndex
	}
	items, people := r.countCells(index, posting, len(names))
	thin := func(c int32) bool {
		return items[c] < policy.MinimumCellItems || people[c] < policy.MinimumCellOfficials
	}
	for {
		move, moved := make([]int32, len(names)), false
		for c := range int32(len(move)) {
			move[c] = c
			if next := names[c].coarser(kinds); items[c] > 0 && thin(c) && next != names[c] {
				move[c], moved = number(next), true
			}
		}
		if !moved {
			break
		}
		for i, c := range index {
			index[i] = move[c]
		}
		items, people = r.countCells(index, posting, len(names))
	}
	if rest, ok := keys[cellKey{None, anyChannel}]; ok && thin(rest) {
		largest := slices.Index(items, slices.Max(items))
		for i, c := range index {
			if c == rest {
				index[i] = int32(largest)
			}
		}
		items, _ = r.countCells(index, posting, len(names))
	}
	return numberCells(index, names, items)
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

// numberCells numbers the cells that have items in the order of kind and channel.
func numberCells(index []int32, names []cellKey, items []int) cells {
	var used []int32
	for c, n := range items {
		if n > 0 {
			used = append(used, int32(c))
		}
	}
	slices.SortFunc(used, func(a, b int32) int {
		return cmp.Or(cmp.Compare(names[a].kind, names[b].kind), cmp.Compare(names[a].channel, names[b].channel))
	})
	to := make([]int32, len(names))
	for i, c := range used {
		to[c] = int32(i)
	}
	for i, c := range index {
		index[i] = to[c]
	}
	return cells{index: index, levels: len(used)}
}
