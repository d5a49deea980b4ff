package main

import (
	"os"

	"steelyard/store"
)

// heapFloor is how much the heap is taken to hold at least. Go collects garbage whenever
// the heap has doubled: a server, which holds little and makes much, would do so many
// times a second. Memory that nobody touches counts and takes no room. SQLite works in
// this process and keeps its pages beside the heap, which leaves less for garbage.
var heapFloor = map[store.Dialect]int{store.Postgres: 32 << 20, store.SQLite: 16 << 20}

// floor is to be kept until the server ends; nothing where the operator set GOGC, who
// then knows better.
func floor(of store.Dialect) []byte {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	return make([]byte, heapFloor[of])
}
