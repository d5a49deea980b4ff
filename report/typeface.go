package report

import (
	"fmt"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	typefaces "steelyard/report/font"
)

// geta stands for a character that no typeface has, as printers have it.
const geta = '〓'

// typeface is the built-in typeface, and behind it one of the reader's.
type typeface struct {
	faces  []*sfnt.Font // the built-in one first
	raw    [][]byte
	buffer sfnt.Buffer
	known  map[rune]glyph
}

// glyph is a character that a typeface has.
type glyph struct {
	char    rune // geta where no face has the one that was asked for
	face    int
	index   sfnt.GlyphIndex
	advance float64 // as a share of the type's size
}

// newTypeface reads the typefaces; own may be nil. A file that is no TrueType is
// an error.
func newTypeface(own []byte) (*typeface, error) {
	t := &typeface{known: map[rune]glyph{}, raw: [][]byte{typefaces.MicroHei}}
	if own != nil {
		t.raw = append(t.raw, own)
	}
	for _, raw := range t.raw {
		face, err := sfnt.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("read typeface: %w", err)
		}
		t.faces = append(t.faces, face)
	}
	return t, nil
}

// CheckFont says whether a file can be a typeface of reports: plain TrueType with
// outlines that documents can hold.
func CheckFont(own []byte) error {
	if len(own) < 4 || string(own[:4]) != "\x00\x01\x00\x00" && string(own[:4]) != "true" {
		return fmt.Errorf("it is not plain TrueType: collections (.ttc) and OpenType with PostScript outlines (.otf) cannot be used")
	}
	_, err := newTypeface(own)
	return err
}

// glyph finds a character in the first face that has it. Documents hold those of
// the basic plane alone.
func (t *typeface) glyph(r rune) glyph {
	if g, ok := t.known[r]; ok {
		return g
	}
	g, ok := t.look(r)
	if !ok {
		g, _ = t.look(geta)
		g.char = geta
	}
	t.known[r] = g
	return g
}

func (t *typeface) look(r rune) (glyph, bool) {
	if r < ' ' || r > 0xffff {
		return glyph{}, false
	}
	for i, face := range t.faces {
		index, err := face.GlyphIndex(&t.buffer, r)
		if err != nil || index == 0 {
			continue
		}
		units := fixed.I(int(face.UnitsPerEm()))
		advance, err := face.GlyphAdvance(&t.buffer, index, units, font.HintingNone)
		if err != nil {
			continue
		}
		return glyph{char: r, face: i, index: index, advance: float64(advance) / float64(units)}, true
	}
	return glyph{}, false
}

// width is how wide a text is, as a multiple of the type's size.
func (t *typeface) width(text string) float64 {
	sum := 0.0
	for _, r := range text {
		sum += t.glyph(r).advance
	}
	return sum
}

// run is a piece of a text in one face.
type run struct {
	face int
	text string
}

// runs cuts a text where the face changes.
func (t *typeface) runs(text string) []run {
	var list []run
	for _, r := range text {
		g := t.glyph(r)
		if n := len(list); n == 0 || list[n-1].face != g.face {
			list = append(list, run{face: g.face})
		}
		list[len(list)-1].text += string(g.char)
	}
	return list
}
