package extract

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"steelyard/scoring"
	"steelyard/scoring/simulate"
)

// runOf is the run of a small world with traps.
func runOf(t testing.TB) *Run {
	t.Helper()
	world := simulate.Worlds()[1]
	world.Officials = 40
	return assessed(t, world.Generate(7).Evidence)
}

func assessed(t testing.TB, ev *scoring.Evidence) *Run {
	t.Helper()
	policy := scoring.DefaultPolicy()
	policy.Draws = 100
	ordered, err := scoring.Order(ev, nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := ordered.Assess(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Run{
		EngineVersion: result.Version, EvidenceDigest: result.EvidenceDigest, PolicyDigest: result.PolicyDigest, Policy: policy,
		Evidence: ordered.Evidence(), Results: Results(ordered.Evidence().Postings, result),
	}
}

func written(t testing.TB, run *Run) string {
	t.Helper()
	var text bytes.Buffer
	if err := Write(&text, run); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestAnExtractGivesTheRunAnew: every digest and every figure, and what was changed in
// the file is told by what does not follow any more.
func TestAnExtractGivesTheRunAnew(t *testing.T) {
	cleared := village()
	cleared.Postings[0].Cleared = []scoring.Finding{{Flag: scoring.FlagBurst, From: 3, To: 5, High: true, Count: 20}}
	cleared.Ratings.Adverse = []bool{true}
	run, err := Read(strings.NewReader(written(t, assessed(t, cleared))))
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Verify(t.Context(), run, nil); err != nil || len(found) > 0 {
		t.Errorf("a run in which a doubt was cleared and a decision was marked: %v, %v", found, err)
	}
	text := written(t, runOf(t))
	for name, c := range map[string]struct{ from, to, wants string }{
		"untouched": {"", "", ""},
		"evidence":  {`"rating":[0,0,`, `"rating":[0,1,`, "evidenceDigest"},
		"policy":    {`"minimumGroup":10`, `"minimumGroup":12`, "policyDigest"},
		"a figure":  {`{"name":"composite","text":"`, `{"name":"composite","text":"1`, "composite"},
		"an engine": {`"engineVersion":"` + scoring.Version, `"engineVersion":"0`, "engineVersion"},
		"a name":    {`{"result":{"official":"`, `{"result":{"official":"X`, "row"},
	} {
		changed := strings.Replace(text, c.from, c.to, 1)
		if c.wants != "" && changed == text {
			t.Errorf("%s: nothing to change", name)
		}
		run, err := Read(strings.NewReader(changed))
		if err != nil {
			t.Fatal(name, err)
		}
		found, err := Verify(t.Context(), run, nil)
		if err != nil || (len(found) > 0) != (c.wants != "") {
			t.Errorf("%s: %v, %v", name, found, err)
		}
		if c.wants != "" && len(found) > 0 && found[0].What != c.wants {
			t.Errorf("%s: %+v, want %s first", name, found[0], c.wants)
		}
	}
}

// TestABrokenExtractIsRefused names the line.
func TestABrokenExtractIsRefused(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSuffix(written(t, assessed(t, village())), "\n"), "\n")
	with := func(at int, text string) string {
		return strings.Join(lines[:at], "") + text + "\n" + strings.Join(lines[at:], "")
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"no start":            strings.Join(lines[1:], ""),
		"two starts":          with(1, strings.TrimSpace(lines[0])),
		"no end":              strings.Join(lines[:len(lines)-1], ""),
		"a line left out":     strings.Join(lines[:1], "") + strings.Join(lines[2:], ""),
		"something behind":    strings.Join(lines, "") + "\n{}",
		"a word":              with(1, "x"),
		"two things":          with(1, `{"kind":{"id":"a","parent":-1},"response":[1,1,1]}`),
		"an unknown thing":    with(1, `{"other":1}`),
		"a short row":         with(1, `{"rating":[0,0,0]}`),
		"too large a number":  with(1, `{"rating":[0,0,0,300,1,1,0,0]}`),
		"a number below none": with(1, `{"rating":[-2,0,0,0,1,1,0,0]}`),
		"too long a line":     with(1, strings.Repeat(" ", maxLine)),
		"a foreign policy":    strings.Replace(strings.Join(lines, ""), `"draws":100`, `"draws":1`, 1),
	} {
		var fault *LineError
		if _, err := Read(strings.NewReader(text)); !errors.As(err, &fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// village is evidence of one official and one rating.
func village() *scoring.Evidence {
	return &scoring.Evidence{
		From: 20089, To: 20453,
		Postings: []scoring.Posting{{Official: "G1", Unit: "U", Position: "p", PeerGroup: "p", From: 20089, To: 20453}},
		Kinds:    []scoring.Kind{{ID: "service:s", Parent: scoring.None}},
		Ratings: scoring.Ratings{
			Posting: []int32{0}, Rater: []int32{0}, Kind: []int32{0}, Channel: []scoring.Channel{0}, Level: []uint8{5}, Day: []scoring.Day{20100},
			Source: []scoring.Source{0}, Invited: []scoring.Ternary{scoring.Yes},
		},
		Cases: scoring.Cases{End: 1767196800},
	}
}

// FuzzRead: no bytes make the reader panic, and what it takes for an extract is
// evidence that the engine takes or refuses.
func FuzzRead(f *testing.F) {
	f.Add([]byte(written(f, assessed(f, village()))))
	f.Add([]byte(`{"start":{"format":"` + Format + `"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		run, err := Read(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if err := run.Evidence.Validate(); err != nil && err.Error() == "" {
			t.Error("an error without a word")
		}
	})
}
