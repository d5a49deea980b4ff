package mixed

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls task(0) … task(n-1) on all CPUs. A task must write only what no
// other task touches, so that the schedule cannot be seen in the result.
func parallel(n int, task func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			task(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				task(i)
			}
		})
	}
	wg.Wait()
}

// borders splits 0 … n into at most parts pieces of at least least each. They
// depend on the arguments alone.
func borders(n, parts, least int) []int {
	parts = max(1, min(parts, n/max(1, least)))
	b := make([]int, parts+1)
	for i := range b {
		b[i] = int(int64(n) * int64(i) / int64(parts))
	}
	return b
}
