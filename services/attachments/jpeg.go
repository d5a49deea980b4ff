package attachments

import (
	"bytes"
	"encoding/binary"
)

// The markers of JPEG (ITU-T T.81) that are told apart here.
const (
	markerSOF0  = 0xc0
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerRST0  = 0xd0
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP0  = 0xe0 // JFIF
	markerAPP1  = 0xe1 // Exif, XMP
	markerAPP2  = 0xe2 // colour profile, among others
	markerAPP14 = 0xee // Adobe: how colours are coded
	markerAPP15 = 0xef
	markerCOM   = 0xfe
)

// cleanJPEG keeps the segments that the picture needs, and of Exif which side is up.
// What lies behind the picture's end is cut off.
func cleanJPEG(in []byte) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, len(in)))
	out.Write(in[:2])
	upright, seen := byte(0), false
	for at := 2; ; {
		for at < len(in) && in[at] == 0xff && at+1 < len(in) && in[at+1] == 0xff {
			at++ // fill bytes
		}
		if at+2 > len(in) || in[at] != 0xff {
			return nil, errBroken
		}
		marker := in[at+1]
		if marker == markerEOI {
			if !seen {
				return nil, errBroken
			}
			out.Write(in[at : at+2])
			return turned(out.Bytes(), upright), nil
		}
		if at+4 > len(in) || marker == 0 || marker >= markerRST0 && marker <= markerSOI {
			return nil, errBroken
		}
		end := at + 2 + int(binary.BigEndian.Uint16(in[at+2:]))
		if end < at+4 || end > len(in) {
			return nil, errBroken
		}
		body := in[at+4 : end]
		switch {
		case isFrame(marker):
			if len(body) < 5 || seen {
				return nil, errBroken
			}
			if err := checkSize(int(binary.BigEndian.Uint16(body[3:])), int(binary.BigEndian.Uint16(body[1:]))); err != nil {
				return nil, err
			}
			seen = true
		case marker == markerAPP1:
			if side := orientation(body); side > 0 {
				upright = side
			}
		}
		if marker == markerSOS {
			end = scanEnd(in, end)
		}
		if kept(marker, body) {
			out.Write(in[at:end])
		}
		at = end
	}
}

// isFrame says whether a marker begins a frame, which has the picture's size.
func isFrame(marker byte) bool {
	return marker >= markerSOF0 && marker <= 0xcf && marker != markerDHT && marker != markerJPG && marker != markerDAC
}

// kept says whether a segment belongs to the picture.
func kept(marker byte, body []byte) bool {
	switch {
	case marker == markerAPP0:
		// The JFIF header by itself; its extension holds a preview.
		return bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) == 14
	case marker == markerAPP2:
		return bytes.HasPrefix(body, []byte("ICC_PROFILE\x00"))
	case marker == markerAPP14:
		return bytes.HasPrefix(body, []byte("Adobe"))
	case marker >= markerAPP0 && marker <= markerAPP15, marker == markerCOM:
		return false
	}
	return true
}

// scanEnd is where the coded picture that begins at a place ends: at the next marker
// that is no part of it.
func scanEnd(in []byte, at int) int {
	for ; at+1 < len(in); at++ {
		if next := in[at+1]; in[at] == 0xff && next != 0 && next != 0xff && (next < markerRST0 || next > 0xd7) {
			return at
		}
	}
	return len(in)
}

// tagOrientation is Exif's tag that says which side is up, from 1 to 8.
const tagOrientation = 0x0112

// orientation reads which side is up from an APP1 segment; 0 where it does not say.
func orientation(body []byte) byte {
	tiff, found := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
	if !found || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	first := uint64(order.Uint32(tiff[4:]))
	if first+2 > uint64(len(tiff)) {
		return 0
	}
	entries := uint64(order.Uint16(tiff[first:]))
	for i := range entries {
		at := first + 2 + 12*i
		if at+12 > uint64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[at:]) == tagOrientation {
			if side := order.Uint16(tiff[at+8:]); side >= 1 && side <= 8 {
				return byte(side)
			}
			return 0
		}
	}
	return 0
}

// turned puts an Exif segment into a picture that says which side is up, and no more.
func turned(picture []byte, side byte) []byte {
	if side <= 1 {
		return picture
	}
	exif := "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" +
		string([]byte{side}) + "\x00\x00\x00\x00\x00\x00"
	return append(append(append(make([]byte, 0, len(picture)+len(exif)), picture[:2]...), exif...), picture[2:]...)
}
