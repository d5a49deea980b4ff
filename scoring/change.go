package scoring

import "math"

// Bounded is a number with its 95 % interval.
type Bounded struct{ Value, Low, High float64 }

// Change is the difference of two independent estimates and its 95 % interval, by
// squaring and adding the distances to the ends that it leans on:
//
//	d = after − before
//	low  = d − √((after − after.Low)² + (before.High − before)²)
//	high = d + √((after.High − after)² + (before − before.Low)²)
//
// Intervals need not be symmetrical. Source: Newcombe, Statistics in Medicine 17 (1998),
// 873–890, method 10; Zou and Donner, ibid. 27 (2008), 1693–1702.
func Change(before, after Bounded) (d, low, high float64) {
	d = after.Value - before.Value
	return d, d - math.Hypot(after.Value-after.Low, before.High-before.Value),
		d + math.Hypot(after.High-after.Value, before.Value-before.Low)
}
