package store

import (
	"encoding/json"
	"reflect"
	"slices"
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

// Texts without escapes are read without encoding/json, all others by it.
func TestTextsAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]bool{
		`[]`: true, `["NO_EVENTS"]`: true, `["","a b, c]","~"]`: true,
		``: false, `null`: false, `[`: false, `["a"`: false, `["a",]`: false, `["a" ,"b"]`: false, `["a"]]`: false, `["a""b"]`: false, `[,"a"]`: false,
		`["\n"]`: false, `["\u003c"]`: false, `["字"]`: false, "[\"\x7f\"]": false, `[1]`: false, `[null]`: false,
	} {
		if got, ok := readTexts([]byte(text)); ok != want {
			t.Errorf("%s: read as %q, %t", text, got, ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.StringMatching(`[ -!#-%'-;=?-\[\]-~]*`)).Draw(t, "texts") // what encoding/json escapes is not among them
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := readTexts(text); !ok || !slices.Equal(got, want) {
			t.Fatalf("%s: read as %q, %t", text, got, ok)
		}
	})
}

// FuzzUsual holds that what is read without encoding/json is what encoding/json reads.
func FuzzUsual(f *testing.F) {
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
	f.Add([]byte(`["NO_EVENTS","a"]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		agree(t, text, readComponents)
		agree(t, text, readTexts)
	})
}

func agree[T any](t *testing.T, text []byte, read func([]byte) (T, bool)) {
	t.Helper()
	got, ok := read(text)
	if !ok {
		return
	}
	var want T
	if err := json.Unmarshal(text, &want); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s is read as %+v; by encoding/json as %+v, %v", text, got, want, err)
	}
}
