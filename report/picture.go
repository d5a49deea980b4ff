package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// pictureScale is how many dots of a picture are a pixel of its chart.
const pictureScale = 2

// picture writes the chart as PNG.
func (c *chart) picture(w io.Writer, own []byte) error {
	face, err := newTypeface(own)
	if err != nil {
		return err
	}
	p := &painter{typeface: face, to: image.NewRGBA(image.Rect(0, 0, int(c.width*pictureScale), int(c.height*pictureScale))), types: map[faceSize]font.Face{}}
	draw.Draw(p.to, p.to.Bounds(), image.White, image.Point{}, draw.Src)
	p.mark(&mark{shape: shapeText, x: 16, y: 26, anchor: "start", text: c.title, size: titleType, colour: chartInk})
	for i := range c.marks {
		p.mark(&c.marks[i])
	}
	if p.err != nil {
		return p.err
	}
	if err := png.Encode(w, p.to); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}

// faceSize is a face of the typeface in a size.
type faceSize struct {
	face int
	size float64
}

// painter draws marks as dots; after the first error it draws nothing.
type painter struct {
	*typeface
	to    *image.RGBA
	types map[faceSize]font.Face
	err   error
}

func (p *painter) mark(m *mark) {
	if p.err != nil {
		return
	}
	r, g, b := rgb(m.colour)
	ink := image.NewUniform(color.RGBA{uint8(r), uint8(g), uint8(b), 255})
	const s = pictureScale
	switch m.shape {
	case shapeText:
		p.text(m, ink)
	case shapeLine:
		p.fill(ink, stroke(s*m.x, s*m.y, s*(m.x+m.w), s*(m.y+m.h), s))
	case shapeBar, shapeSquare:
		p.fill(ink, [][2]float64{{s * m.x, s * m.y}, {s * (m.x + m.w), s * m.y}, {s * (m.x + m.w), s * (m.y + m.h)}, {s * m.x, s * (m.y + m.h)}})
	case shapeCircle:
		const corners = 24
		round := make([][2]float64, corners)
		for i := range round {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
			round[i] = [2]float64{s * (m.x + m.w*cos), s * (m.y + m.w*sin)}
		}
		p.fill(ink, round)
	}
}

// stroke is the outline of a line of some width.
func stroke(x1, y1, x2, y2, width float64) [][2]float64 {
	length := math.Hypot(x2-x1, y2-y1)
	if length == 0 {
		return nil
	}
	dx, dy := (y1-y2)/length*width/2, (x2-x1)/length*width/2
	return [][2]float64{{x1 + dx, y1 + dy}, {x2 + dx, y2 + dy}, {x2 - dx, y2 - dy}, {x1 - dx, y1 - dy}}
}

// fill fills a shape, in the small frame that holds it.
func (p *painter) fill(ink image.Image, shape [][2]float64) {
	if len(shape) == 0 {
		return
	}
	low, high := shape[0], shape[0]
	for _, at := range shape {
		low = [2]float64{min(low[0], at[0]), min(low[1], at[1])}
		high = [2]float64{max(high[0], at[0]), max(high[1], at[1])}
	}
	frame := image.Rect(int(math.Floor(low[0])), int(math.Floor(low[1])), int(math.Ceil(high[0]))+1, int(math.Ceil(high[1]))+1)
	r := vector.NewRasterizer(frame.Dx(), frame.Dy())
	for i, at := range shape {
		x, y := float32(at[0]-float64(frame.Min.X)), float32(at[1]-float64(frame.Min.Y))
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	r.Draw(p.to, frame, ink, image.Point{})
}

func (p *painter) text(m *mark, ink image.Image) {
	size := m.size * pictureScale
	x := m.x * pictureScale
	switch m.anchor {
	case "middle":
		x -= p.width(m.text) * size / 2
	case "end":
		x -= p.width(m.text) * size
	}
	for _, run := range p.runs(m.text) {
		face, err := p.face(run.face, size)
		if err != nil {
			p.err = err
			return
		}
		d := font.Drawer{Dst: p.to, Src: ink, Face: face, Dot: fixed.Point26_6{X: fixed.Int26_6(64 * x), Y: fixed.Int26_6(64 * m.y * pictureScale)}}
		d.DrawString(run.text)
		x += p.width(run.text) * size
	}
}

func (p *painter) face(index int, size float64) (font.Face, error) {
	key := faceSize{index, size}
	if f := p.types[key]; f != nil {
		return f, nil
	}
	f, err := opentype.NewFace(p.faces[index], &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("set type: %w", err)
	}
	p.types[key] = f
	return f, nil
}
