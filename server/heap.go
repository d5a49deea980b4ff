package main

import "os"

// heapFloor is how much the heap is taken to hold at least. Go collects garbage whenever
// the heap has doubled: a server, which holds little and makes much, would do so many
// times a second. Memory that nobody touches counts and takes no room.
const heapFloor = 32 << 20

// floor is to be kept until the server ends; nothing where the operator set GOGC, who
// then knows better.
func floor() []byte {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	return make([]byte, heapFloor)
}
