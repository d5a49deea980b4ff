package store

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"steelyard/models"
)

// Whatever components are written as encoding/json writes them are read without it, and as
// it would read them.
func TestComponentsAreReadAsTheyAreWritten(t *testing.T) {
	figure := rapid.Map(rapid.Float64(), func(x float64) models.Score { return models.Score(x) })
	one := rapid.Custom(func(t *rapid.T) models.ComponentScore {
		return models.ComponentScore{
			Component: rapid.SampledFrom(models.ScoreComponents).Draw(t, "component"),
			Value:     rapid.Ptr(figure, true).Draw(t, "value"), SE: rapid.Ptr(figure, true).Draw(t, "se"),
			N: figure.Draw(t, "n"), Counts: rapid.Bool().Draw(t, "counts"), Weight: figure.Draw(t, "weight"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(one, 1, 5).Draw(t, "components")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := readComponents(text); !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: read as %+v, %t", text, got, ok)
		}
	})
}

// FuzzComponents holds that what is read without encoding/json is what encoding/json reads.
func FuzzComponents(f *testing.F) {
	const one = `{"component":"OUTCOMES","value":78.25,"se":null,"n":497,"counts":true,"weight":0.35}`
	for _, text := range []string{
		`[` + one + `]`, `[` + one + `,` + one + `]`, `[]`, `null`, ``, `[` + one, `[` + one + `,]`, `[` + one + `] `, one,
		`[{"component":"OUTCOMES","value":-0,"se":1e-7,"n":1e+300,"counts":false,"weight":01}]`,
		`[{"component":"OUTCOMES","value":1e400,"se":.5,"n":1.,"counts":false,"weight":0x1p-2}]`,
		`[{"component":"OUTCOMES","value":NaN,"se":Inf,"n":1_0,"counts":false,"weight":+1}]`,
		`[{"component":"","value":1,"se":1,"n":1,"counts":false,"weight":1}]`,
		`[{"component":"OTHER","value":1,"se":1,"n":1,"counts":false,"weight":1}]`,
		`[{"component":"OUTCOMES","value":1,"n":1,"se":1,"counts":false,"weight":1}]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := readComponents(text)
		if !ok {
			return
		}
		var want []models.ComponentScore
		if err := json.Unmarshal(text, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %+v; by encoding/json as %+v, %v", text, got, want, err)
		}
	})
}
