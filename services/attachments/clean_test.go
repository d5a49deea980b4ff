package attachments

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"steelyard/models"
)

const secretPlace = "GPS 39.9042 N, 116.4074 E"

func picture() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for x := range 40 {
		for y := range 30 {
			img.Set(x, y, color.RGBA{uint8(x * 6), uint8(y * 8), 90, 255})
		}
	}
	return img
}

func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func aJPEG(t testing.TB) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, picture(), nil) })
}

func aPNG(t testing.TB) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, picture()) })
}

// aWebP is a lossless picture of one pixel.
func aWebP(t testing.TB) []byte {
	raw, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// segment is a segment of JPEG.
func segment(marker byte, body string) string {
	return "\xff" + string([]byte{marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body
}

// exif is an Exif segment that says which side is up, in either byte order, and
// where the picture was taken.
func exif(order binary.AppendByteOrder, mark string, side uint16) string {
	tiff := order.AppendUint32(order.AppendUint16([]byte(mark), 42), 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, tagOrientation)
	tiff = order.AppendUint32(order.AppendUint16(tiff, 3), 1)
	tiff = order.AppendUint16(order.AppendUint16(tiff, side), 0)
	return segment(markerAPP1, "Exif\x00\x00"+string(tiff)+secretPlace)
}

// withSegments puts segments behind the beginning of a JPEG.
func withSegments(picture []byte, segments ...string) []byte {
	return joined(picture[:2], []byte(strings.Join(segments, "")), picture[2:])
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// chunk is a chunk of PNG.
func chunk(name, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// riff is a chunk of WebP.
func riff(name, body string) string {
	out := name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
	return out + strings.Repeat("\x00", len(body)%2)
}

func webp(chunks ...string) []byte {
	body := "WEBP" + strings.Join(chunks, "")
	return []byte("RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body)
}

func TestAPictureLosesWhatIsNotThePicture(t *testing.T) {
	plain := aJPEG(t)
	lossless := string(aWebP(t)[12:])
	for _, c := range []struct {
		name string
		kind models.MediaType
		in   []byte
		want []byte
	}{
		{"Exif", models.MediaJPEG, withSegments(plain, exif(binary.BigEndian, "MM", 1)), plain},
		{"XMP, IPTC, comment, camera's own", models.MediaJPEG, withSegments(plain,
			segment(markerAPP1, "http://ns.adobe.com/xap/1.0/\x00"+secretPlace), segment(0xed, "Photoshop 3.0\x00"+secretPlace),
			segment(markerCOM, secretPlace), segment(0xe5, secretPlace), segment(markerAPP2, "MPF\x00"+secretPlace)), plain},
		{"a preview in JFIF's extension", models.MediaJPEG, withSegments(plain, segment(markerAPP0, "JFXX\x00"+secretPlace)), plain},
		{"what lies behind the end", models.MediaJPEG, append(bytes.Clone(plain), "<script>"+secretPlace...), plain},
		{"which side is up stays, big-endian", models.MediaJPEG, withSegments(plain, exif(binary.BigEndian, "MM", 6)), turned(plain, 6)},
		{"which side is up stays, little-endian", models.MediaJPEG, withSegments(plain, exif(binary.LittleEndian, "II", 8)), turned(plain, 8)},
		{"nonsense about which side is up", models.MediaJPEG, withSegments(plain, exif(binary.BigEndian, "MM", 9)), plain},
		{"PNG's texts, time, Exif and tail", models.MediaPNG, joined(aPNG(t)[:33], chunk("tEXt", "Location\x00"+secretPlace),
			chunk("eXIf", secretPlace), chunk("tIME", "1234567"), chunk("prVt", secretPlace), aPNG(t)[33:], []byte(secretPlace)), aPNG(t)},
		{
			"WebP's Exif and XMP", models.MediaWebP, append(webp(riff("VP8X", "\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00"), lossless, riff("EXIF", secretPlace), riff("XMP ", secretPlace)), secretPlace...),
			webp(riff("VP8X", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), lossless),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind, out, err := clean(c.in)
			if err != nil || kind != c.kind || !bytes.Equal(out, c.want) {
				t.Errorf("%s, %d bytes, want %s, %d: %v", kind, len(out), c.kind, len(c.want), err)
			}
			if bytes.Contains(out, []byte("GPS")) {
				t.Error("the place is still there")
			}
			if _, again, err := clean(out); err != nil || !bytes.Equal(again, out) {
				t.Errorf("cleaned twice it is another: %v", err)
			}
		})
	}
	// What comes out is still the picture, for a decoder that is not ours.
	if img, err := jpeg.Decode(bytes.NewReader(turned(plain, 6))); err != nil || img.Bounds().Dx() != 40 {
		t.Errorf("the JPEG cannot be read: %v", err)
	}
	if side := orientation(turned(plain, 6)[6:38]); side != 6 {
		t.Errorf("side %d is up, want 6", side)
	}
}

func TestWhatIsNoWholePictureOrDocumentIsRefused(t *testing.T) {
	large := chunk("IHDR", "\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00") // 65,536 pixels a side
	bomb := joined([]byte(pngSignature), large, aPNG(t)[33:])
	wide := bytes.Clone(aJPEG(t))
	frame := bytes.Index(wide, []byte("\xff\xc0"))
	copy(wide[frame+5:], "\xff\xff\xff\xff")
	endless := bytes.Clone(aPNG(t))
	copy(endless[33:], "\xff\xff\xff\xff")
	for name, in := range map[string][]byte{
		"nothing":                  nil,
		"HTML":                     []byte("<html><script>alert(1)</script>"),
		"SVG":                      []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
		"a program":                []byte("MZ\x90\x00"),
		"GIF":                      []byte("GIF89a\x01\x00\x01\x00"),
		"a zip":                    []byte("PK\x03\x04"),
		"a JPEG in name alone":     []byte("\xff\xd8\xff"),
		"a JPEG cut off":           aJPEG(t)[:300],
		"a JPEG without an end":    aJPEG(t)[:len(aJPEG(t))-2],
		"a JPEG without picture":   []byte("\xff\xd8\xff\xd9"),
		"a JPEG of 65,535 a side":  wide,
		"a PNG cut off":            aPNG(t)[:60],
		"a PNG that unpacks large": bomb,
		"a PNG with a false sum":   bytes.Replace(aPNG(t), []byte("IDAT"), []byte("IDAU"), 1),
		"a PNG chunk of 4 GB":      endless,
		"a PNG without data":       joined(aPNG(t)[:33], chunk("IEND", "")),
		"a WebP cut off":           aWebP(t)[:20],
		"a WebP without picture":   webp(riff("VP8X", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")),
		"a WebP of 16,777,216":     webp(riff("VP8X", "\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff"), string(aWebP(t)[12:])),
		"a PDF cut off":            []byte("%PDF-1.7\n1 0 obj"),
		"too much":                 append(append([]byte("%PDF-1.7\n"), make([]byte, models.MaxAttachmentSize)...), "%%EOF\n"...),
		"a PNG of 10,000 a side":   joined([]byte(pngSignature), chunk("IHDR", "\x00\x00\x27\x10\x00\x00\x27\x10\x08\x02\x00\x00\x00"), aPNG(t)[33:]),
	} {
		if kind, _, err := clean(in); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s is taken for %s: %v", name, kind, err)
		}
	}
	if kind, out, err := clean([]byte("%PDF-1.7\n%%EOF\n")); err != nil || kind != models.MediaPDF || len(out) != 15 {
		t.Errorf("a PDF is taken for %s: %v", kind, err)
	}
}

// FuzzClean: no file makes it fail otherwise than by saying so, and what comes out
// is no larger than what came in, save for a word on which side is up, and clean.
func FuzzClean(f *testing.F) {
	for _, seed := range [][]byte{
		aJPEG(f), aPNG(f), aWebP(f), []byte("%PDF-1.4\n%%EOF"), withSegments(aJPEG(f), exif(binary.LittleEndian, "II", 6)),
		webp(riff("VP8X", "\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00"), string(aWebP(f)[12:]), riff("EXIF", "x")),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		kind, out, err := clean(in)
		if err != nil {
			if models.CodeOf(err) != models.CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		if len(out) > len(in)+40 {
			t.Errorf("%d bytes became %d", len(in), len(out))
		}
		again, twice, err := clean(out)
		if err != nil || again != kind || !bytes.Equal(twice, out) {
			t.Errorf("cleaned twice it is another: %s %s %v", kind, again, err)
		}
	})
}
