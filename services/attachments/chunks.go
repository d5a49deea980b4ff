package attachments

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// pngChunks are the chunks that a PNG picture needs. Texts, times, Exif and whatever
// nobody has heard of are left out.
var pngChunks = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "iCCP": true,
	"sBIT": true, "acTL": true, "fcTL": true, "fdAT": true,
}

// cleanPNG keeps the chunks that the picture needs; every chunk must be whole.
func cleanPNG(in []byte) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, len(in)))
	out.WriteString(pngSignature)
	data := false
	for at, n := len(pngSignature), 0; ; n++ {
		if at+12 > len(in) {
			return nil, errBroken
		}
		size := uint64(binary.BigEndian.Uint32(in[at:]))
		if size > uint64(len(in)-at-12) {
			return nil, errBroken
		}
		end := at + 12 + int(size)
		name, body := string(in[at+4:at+8]), in[at+8:end-4]
		if crc32.ChecksumIEEE(in[at+4:end-4]) != binary.BigEndian.Uint32(in[end-4:]) || (n == 0) != (name == "IHDR") {
			return nil, errBroken
		}
		switch name {
		case "IHDR":
			if len(body) != 13 {
				return nil, errBroken
			}
			if err := checkSize(extent(body), extent(body[4:])); err != nil {
				return nil, err
			}
		case "IDAT":
			data = true
		}
		if pngChunks[name] {
			out.Write(in[at:end])
		}
		if name == "IEND" {
			if !data {
				return nil, errBroken
			}
			return out.Bytes(), nil
		}
		at = end
	}
}

// extent is a width or height of 32 bits; what no picture has comes out as 0.
func extent(b []byte) int {
	if n := binary.BigEndian.Uint32(b); n <= maxSide {
		return int(n)
	}
	return 0
}

// webpChunks are the chunks that a WebP picture needs.
var webpChunks = map[string]bool{
	"VP8X": true, "VP8 ": true, "VP8L": true, "ALPH": true, "ANIM": true, "ANMF": true, "ICCP": true,
}

// The flags of VP8X that say there is Exif or XMP.
const webpMetadata = 0x08 | 0x04

// cleanWebP keeps the chunks that the picture needs.
func cleanWebP(in []byte) ([]byte, error) {
	total := uint64(binary.LittleEndian.Uint32(in[4:])) + 8
	if total > uint64(len(in)) {
		return nil, errBroken
	}
	in = in[:total]
	out := bytes.NewBuffer(make([]byte, 0, len(in)))
	out.WriteString("RIFF\x00\x00\x00\x00WEBP")
	sized, data := false, false
	for at := 12; at < len(in); {
		if at+8 > len(in) {
			return nil, errBroken
		}
		size := uint64(binary.LittleEndian.Uint32(in[at+4:]))
		padded := size + size%2
		if padded > uint64(len(in)-at-8) {
			return nil, errBroken
		}
		name, end := string(in[at:at+4]), at+8+int(padded)
		body := in[at+8 : at+8+int(size)]
		if width, height, has := webpSize(name, body); has {
			if err := checkSize(width, height); err != nil {
				return nil, err
			}
			sized = true
		}
		data = data || name == "VP8 " || name == "VP8L" || name == "ANMF"
		if webpChunks[name] {
			from := out.Len()
			out.Write(in[at:end])
			if name == "VP8X" {
				out.Bytes()[from+8] &^= webpMetadata
			}
		}
		at = end
	}
	if !sized || !data {
		return nil, errBroken
	}
	binary.LittleEndian.PutUint32(out.Bytes()[4:], uint32(out.Len()-8))
	return out.Bytes(), nil
}

// webpSize is the extent that a chunk tells; one that should and does not tells of
// none.
func webpSize(name string, body []byte) (width, height int, has bool) {
	switch name {
	case "VP8X":
		if len(body) < 10 {
			return 0, 0, true
		}
		return 1 + int(uint24(body[4:])), 1 + int(uint24(body[7:])), true
	case "VP8 ":
		if len(body) < 10 || string(body[3:6]) != "\x9d\x01\x2a" {
			return 0, 0, true
		}
		return int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff), true
	case "VP8L":
		if len(body) < 5 || body[0] != 0x2f {
			return 0, 0, true
		}
		bits := binary.LittleEndian.Uint32(body[1:])
		return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff), true
	}
	return 0, 0, false
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }
