package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// elements counts the chart's elements by name and gathers its texts; a chart that
// is not XML fails.
func elements(t interface{ Fatal(...any) }, svg string) (count map[string]int, text string) {
	count = map[string]int{}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count, text
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			count[e.Name.Local]++
		case xml.CharData:
			text += string(e)
		}
	}
}

func TestShowcaseMarksTheQuietAndTheShowy(t *testing.T) {
	t.Parallel()
	list := rows()
	list[1].ShowcaseGap, list[3].ShowcaseGap = -60, 75
	list[2].Official = "<V1>"
	var b bytes.Buffer
	if err := Showcase(&b, Words{Title: "a & b", Quiet: "quiet", Showy: "showy"}, All(list)); err != nil {
		t.Fatal(err)
	}
	count, text := elements(t, b.String())
	// A legend of one mark each; V6 has no figures; background, legend and one showy.
	if count["circle"] != 3 || count["rect"] != 3 {
		t.Errorf("%d circles and %d rectangles, want 3 and 3", count["circle"], count["rect"])
	}
	for _, want := range []string{"a & b", "quiet", "showy", "<V1>: 0.00, 100.00"} {
		if !strings.Contains(text, want) {
			t.Errorf("the chart does not say %q", want)
		}
	}
	if strings.Contains(text, "V6") {
		t.Error("who has no composite is drawn")
	}
}

func TestWaterfallEndsAtTheSumOfItsSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Int64Range(-9000, 9000), 1, 30).Draw(t, "points")
		var steps []Step
		sum := int64(0)
		for _, p := range points {
			steps = append(steps, Step{Label: "step", Points: p})
			sum += p
		}
		var b bytes.Buffer
		if err := Waterfall(&b, Words{Sum: "composite"}, steps); err != nil {
			t.Fatal(err)
		}
		count, text := elements(t, b.String())
		if count["rect"] != len(steps)+2 { // the background, the sum
			t.Fatalf("%d bars for %d steps", count["rect"]-1, len(steps))
		}
		if !strings.Contains(text, "composite\n"+hundredths(sum, false)+"\n") {
			t.Fatalf("the chart does not end with %s", hundredths(sum, false))
		}
		if strings.Contains(b.String(), `width="-`) {
			t.Fatal("a bar runs backwards")
		}
	})
}

func TestHundredthsAreExact(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "+0.00", 5: "+0.05", -5: "−0.05", 4999: "+49.99", -10000: "−100.00"} {
		if got := hundredths(n, true); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := hundredths(2550, false); got != "25.50" {
		t.Errorf("25.50 is printed as %s", got)
	}
}

func TestChartsReportErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if err := Showcase(full{}, Words{}, All(nil)); err == nil {
		t.Error("a writer's error is lost")
	}
	if err := Waterfall(full{}, Words{}, nil); err == nil {
		t.Error("a writer's error is lost")
	}
	failing := func(yield func(*Row, error) bool) { yield(nil, broken) }
	if err := Showcase(io.Discard, Words{}, failing); !errors.Is(err, broken) {
		t.Errorf("the rows' error is lost: %v", err)
	}
}

// full takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
