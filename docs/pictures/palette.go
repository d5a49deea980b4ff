package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
)

// shrink rewrites a picture with a palette of its most frequent colours, where that makes
// it smaller: pages have few colours besides the shades at the edges of letters.
func shrink(name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	few := image.NewPaletted(picture.Bounds(), frequent(picture))
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			few.Set(x, y, picture.At(x, y))
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if out.Len() >= len(raw) {
		return nil
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

// mostColours is enough for letters to stay smooth, and apart is how much two colours of
// a palette differ, so that shades of one do not crowd out a rare one.
const (
	mostColours = 128
	apart       = 20
)

// frequent are a picture's most frequent colours that are some way apart.
func frequent(picture image.Image) color.Palette {
	count := map[color.RGBA]int{}
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)]++
		}
	}
	colours := make([]color.RGBA, 0, len(count))
	for c := range count {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := make(color.Palette, 0, mostColours)
	for _, c := range colours {
		if len(palette) < mostColours && !slices.ContainsFunc(palette, func(p color.Color) bool { return distance(c, p.(color.RGBA)) < apart }) {
			palette = append(palette, c)
		}
	}
	return palette
}

// distance is by how much two colours differ in all three channels.
func distance(a, b color.RGBA) int {
	return abs(int(a.R)-int(b.R)) + abs(int(a.G)-int(b.G)) + abs(int(a.B)-int(b.B))
}

func abs(n int) int { return max(n, -n) }
