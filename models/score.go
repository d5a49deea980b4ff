package models

import (
	"math"
	"strconv"
)

// Score is a figure of a report. It is kept as it was computed and shown with two
// decimals, in files and through the API alike.
type Score float64

// Append appends the figure with two decimals, or nothing for NaN and the
// infinities. A half is rounded away from zero, on the shortest decimal form
// that gives back the same number: 1.005 becomes 1.01, although the nearest
// binary number lies a little below. There is no -0.00.
func (s Score) Append(to []byte) []byte {
	x := float64(s)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return to
	}
	// Far from a half the shortest form and the nearest binary number have the same hundredths.
	if scaled := math.Abs(x) * 100; scaled < 1e11 && math.Abs(scaled-math.Floor(scaled)-0.5) > 1e-3 {
		n := uint64(scaled + 0.5)
		if x < 0 && n > 0 {
			to = append(to, '-')
		}
		to = strconv.AppendUint(to, n/100, 10)
		return append(to, '.', '0'+byte(n/10%10), '0'+byte(n%10))
	}
	var buffer [32]byte
	digits := strconv.AppendFloat(buffer[:0], math.Abs(x), 'f', -1, 64)
	point := len(digits)
	for i, c := range digits {
		if c == '.' {
			point = i
			break
		}
	}
	hundredths := make([]byte, 0, len(digits)+3)
	hundredths = append(hundredths, '0') // room for a carry
	hundredths = append(hundredths, digits[:point]...)
	up := false
	for i := 1; i <= 3; i++ {
		digit := byte('0')
		if point+i < len(digits) {
			digit = digits[point+i]
		}
		if i == 3 {
			up = digit >= '5'
			break
		}
		hundredths = append(hundredths, digit)
	}
	for i := len(hundredths) - 1; up; i-- {
		up = hundredths[i] == '9'
		if up {
			hundredths[i] = '0'
		} else {
			hundredths[i]++
		}
	}
	whole := hundredths[:len(hundredths)-2]
	for len(whole) > 1 && whole[0] == '0' {
		whole = whole[1:]
	}
	decimals := hundredths[len(hundredths)-2:]
	if x < 0 && (string(whole) != "0" || string(decimals) != "00") {
		to = append(to, '-')
	}
	to = append(to, whole...)
	to = append(to, '.')
	return append(to, decimals...)
}
