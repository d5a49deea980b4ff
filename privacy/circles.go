package privacy

// HideWithin hides further rows of a column where what is hidden would follow from what is
// shown. Circles are rows whose figures sum to something that is known; each stands by
// itself. Rows without answers hold nothing. Where the hidden rows of a circle have
// answers, and fewer than the threshold together, the shown row with the fewest is
// hidden as well, the first of several. It reports whether it hid any: a row that is hidden
// for one circle may tell on another.
func HideWithin(shown []bool, counts []int, circles [][]int, threshold int) bool {
	more := false
	for _, circle := range circles {
		for {
			hidden, least := 0, -1
			for _, i := range circle {
				switch {
				case !shown[i]:
					hidden += counts[i]
				case counts[i] > 0 && (least < 0 || counts[i] < counts[least]):
					least = i
				}
			}
			if hidden == 0 || hidden >= threshold || least < 0 {
				break
			}
			shown[least], more = false, true
		}
	}
	return more
}
