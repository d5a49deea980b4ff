package deeds

import (
	"sync"

	"steelyard/models"
)

// networks counts in memory how many deeds of each official were confirmed today from
// each network. It is of one process, is written nowhere, and is forgotten with the
// day: what stays is the doubt alone, which tells no address.
type networks struct {
	counting sync.Mutex
	day      models.Date
	seen     map[networkOf]int
}

type networkOf struct {
	official models.ID
	network  string
}

// count is how many deeds of an official were confirmed from a network on a day; an
// unknown network has none.
func (n *networks) count(day models.Date, official models.ID, network string) int {
	n.counting.Lock()
	defer n.counting.Unlock()
	if n.day != day || network == "" {
		return 0
	}
	return n.seen[networkOf{official, network}]
}

// add counts one more confirmation, after it was written.
func (n *networks) add(day models.Date, official models.ID, network string) {
	n.counting.Lock()
	defer n.counting.Unlock()
	if n.day != day || n.seen == nil {
		n.day, n.seen = day, map[networkOf]int{}
	}
	if network != "" {
		n.seen[networkOf{official, network}]++
	}
}
