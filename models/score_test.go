package models

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestDecimals(t *testing.T) {
	for _, test := range []struct {
		x    float64
		want string
	}{
		{0, "0.00"},
		{math.Copysign(0, -1), "0.00"},
		{-0.004, "0.00"},
		{-0.005, "-0.01"},
		{1.005, "1.01"}, // the nearest binary number lies a little below
		{2.675, "2.68"},
		{1.004999, "1.00"},
		{0.125, "0.13"},
		{9.995, "10.00"},
		{99.995, "100.00"},
		{-99.995, "-100.00"},
		{100, "100.00"},
		{0.1 + 0.2, "0.30"},
		{1e-300, "0.00"},
		{123456789.125, "123456789.13"},
		{1e21, "1000000000000000000000.00"},
		{math.NaN(), ""},
		{math.Inf(1), ""},
		{math.Inf(-1), ""},
	} {
		if got := string(Score(test.x).Append(nil)); got != test.want {
			t.Errorf("%v is written %q, want %q", test.x, got, test.want)
		}
	}
}

// The oracle is exact arithmetic on the shortest decimal form: |100·x| + 1/2,
// rounded down.
func TestDecimalsRoundHalvesAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.OneOf(
			rapid.Float64Range(-1000, 1000),
			rapid.Float64Range(-1e13, 1e13),
			rapid.Map(rapid.Float64Range(-2e9, 2e9), func(x float64) float64 { return math.Round(x*100)/100 + 0.005 }), // as near to a half as may be
			rapid.Map(rapid.IntRange(-200_000, 200_000), func(n int) float64 { return float64(n) / 1000 }),
		).Draw(t, "x")
		text := string(Score(x).Append(nil))
		exact, ok := new(big.Rat).SetString(big.NewFloat(x).Text('g', -1))
		if !ok {
			t.Fatalf("%v is no number", x)
		}
		scaled := new(big.Rat).Add(new(big.Rat).Abs(new(big.Rat).Mul(exact, big.NewRat(100, 1))), big.NewRat(1, 2))
		want := new(big.Rat).SetFrac(new(big.Int).Quo(scaled.Num(), scaled.Denom()), big.NewInt(100))
		if exact.Sign() < 0 {
			want.Neg(want)
		}
		if text != want.FloatString(2) && !(want.Sign() == 0 && text == "0.00") {
			t.Fatalf("%v is written %s, want %s", x, text, want.FloatString(2))
		}
	})
}
