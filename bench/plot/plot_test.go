package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestAPictureIsXML whatever words stand in it, and each mark is drawn.
func TestAPictureIsXML(t *testing.T) {
	p := New(200, 100, `a < b & "c"`)
	p.Head(0, 10, "<work>")
	p.Text(0, 20, "end", Faint, "50 & more")
	p.Line(0, 0, 10, 10.04, First)
	p.Dot(1, 2, Second)
	p.Ring(3, 4, Third)
	p.Curve([][2]float64{{1, 2}, {3, 4.06}}, Fourth)
	got := p.String()
	decoder := xml.NewDecoder(strings.NewReader(got))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{
		"<title>a &lt; b &amp; ", "&lt;work&gt;", `y2="10.0" class="first"`, `class="second"`, `class="open third"`, `points="1.0,2.0 3.0,4.1" class="fourth"`, "prefers-color-scheme",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%s is missing in\n%s", part, got)
		}
	}
}
