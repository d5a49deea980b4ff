package attachments

import (
	"bytes"
	"errors"
	"fmt"

	"steelyard/models"
)

// The largest picture, by what it would take to show it: a phone's camera makes some
// 50 million pixels. Nothing is unpacked here; whoever looks must be able to.
const (
	maxSide   = 16_384
	maxPixels = 64_000_000
)

// errBroken says that a file does not hold together as what it begins like.
var errBroken = errors.New("the file is broken")

// clean says what a file is, by its bytes alone, and returns it without what is not
// the picture. A PDF stays as it is.
func clean(content []byte) (models.MediaType, []byte, error) {
	if len(content) == 0 {
		return "", nil, models.Invalid("file", models.KeyRequired)
	}
	if len(content) > models.MaxAttachmentSize {
		return "", nil, models.Invalid("file", models.KeyTooLong, fmt.Sprint(models.MaxAttachmentSize), fmt.Sprint(len(content)))
	}
	var kind models.MediaType
	var out []byte
	var err error
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		kind = models.MediaJPEG
		out, err = cleanJPEG(content)
	case bytes.HasPrefix(content, []byte(pngSignature)):
		kind = models.MediaPNG
		out, err = cleanPNG(content)
	case len(content) >= 12 && string(content[:4]) == "RIFF" && string(content[8:12]) == "WEBP":
		kind = models.MediaWebP
		out, err = cleanWebP(content)
	case bytes.HasPrefix(content, []byte("%PDF-")):
		kind = models.MediaPDF
		out, err = checkPDF(content)
	default:
		err = errBroken
	}
	if err != nil {
		return "", nil, models.Invalid("file", models.KeyFileForm)
	}
	return kind, out, nil
}

// checkSize refuses pictures without extent, and those that are too large to show.
func checkSize(width, height int) error {
	if width < 1 || height < 1 || width > maxSide || height > maxSide || width*height > maxPixels {
		return errBroken
	}
	return nil
}

// checkPDF wants the end that every PDF has: a file that was cut off lacks it.
func checkPDF(content []byte) ([]byte, error) {
	tail := content[max(0, len(content)-2048):]
	if !bytes.Contains(tail, []byte("%%EOF")) {
		return nil, errBroken
	}
	return content, nil
}
