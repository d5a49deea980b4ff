package guesses

import (
	"fmt"
	"testing"
)

// TestGuessesFillNoTable: there are no more rows than buckets, however many addresses.
func TestGuessesFillNoTable(t *testing.T) {
	s, seen := &Service{Key: []byte("k")}, map[string]bool{}
	for i := range 100_000 {
		seen[s.bucket(Source{fmt.Sprint(i), 1})] = true
	}
	if len(seen) > 1<<16 || len(seen) < 45_000 {
		t.Errorf("100,000 addresses fill %d buckets", len(seen))
	}
}
