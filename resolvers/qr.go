package resolvers

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/ratings"
)

// link is an issued invitation as a frontend hands it out.
func (r *Resolver) link(issued *ratings.Issued) *graph.IssuedInvitation {
	return &graph.IssuedInvitation{
		ID: issued.ID, Token: issued.Token, URL: r.PublicURL + "/r/" + issued.Token, ExpiresAt: issued.ExpiresAt,
	}
}

// counterURL is where a standing code leads; nil where it leads nowhere.
func (r *Resolver) counterURL(c *models.CounterCode) *string {
	path := r.App.Ratings.CounterPath(c)
	if path == "" {
		return nil
	}
	return orNil(r.PublicURL + path)
}

// counterQR is a standing code as a picture; nil where it leads nowhere.
func (r *Resolver) counterQR(c *models.CounterCode, draw func(barcode.Barcode) (string, error)) (*string, error) {
	url := r.counterURL(c)
	if url == nil {
		return nil, nil
	}
	code, err := encodeQR(*url)
	if err != nil {
		return nil, err
	}
	picture, err := draw(code)
	return &picture, err
}

// encodeQR is made for who asks: of a day's thousand links few are shown.
func encodeQR(url string) (barcode.Barcode, error) {
	code, err := qr.Encode(url, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("make the QR code: %w", err)
	}
	return code, nil
}

// quiet is the white border that readers need, in modules; scale is the pixels of
// a module.
const (
	quiet = 4
	scale = 8
)

func qrPNG(code barcode.Barcode) (string, error) {
	size := code.Bounds().Dx() + 2*quiet
	picture := image.NewGray(image.Rect(0, 0, size*scale, size*scale))
	for y := range size * scale {
		for x := range size * scale {
			if mx, my := x/scale-quiet, y/scale-quiet; !image.Pt(mx, my).In(code.Bounds()) || !dark(code.At(mx, my)) {
				picture.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return "", fmt.Errorf("write the QR code: %w", err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

func qrSVG(code barcode.Barcode) string {
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if dark(code.At(x, y)) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="%[2]s"/></svg>`, size+2*quiet, path.String())
}

func dark(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r < 0x8000
}
