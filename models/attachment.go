package models

import (
	"fmt"
	"time"
)

// The bounds of attachments.
const (
	MaxAttachmentSize  = 5 << 20 // bytes
	MaxCaseAttachments = 5
)

// MediaType is what an attachment is, as its bytes say.
type MediaType string

// What may be attached.
const (
	MediaJPEG MediaType = "image/jpeg"
	MediaPNG  MediaType = "image/png"
	MediaWebP MediaType = "image/webp"
	MediaPDF  MediaType = "application/pdf"
)

// MediaTypes are all that may be attached.
var MediaTypes = []MediaType{MediaJPEG, MediaPNG, MediaWebP, MediaPDF}

// Image says whether it is a picture.
func (m MediaType) Image() bool { return m != MediaPDF }

// Attachment is a picture or document of a case. Its bytes lie outside the
// database, under a name that nobody can guess; what the file was called is not kept.
type Attachment struct {
	ID           ID `gorm:"primaryKey"`
	CaseID       ID
	Blob         string // where the bytes lie
	MediaType    MediaType
	Size         int  // bytes
	Digest       Hash // SHA-256 of the bytes
	FromResident bool // handed in with the receipt
	CreatedAt    time.Time
}

// TakesAttachments says whether somebody may still add to a case in this state.
func (s CaseState) TakesAttachments() error {
	if s.Open() || s == CaseResolved {
		return nil
	}
	return s.Illegal("ATTACH")
}

// ValidAttachments says whether a case that has n attachments may get another.
func ValidAttachments(n int) error {
	if n >= MaxCaseAttachments {
		return Invalid("file", KeyTooLong, fmt.Sprint(MaxCaseAttachments), fmt.Sprint(n+1))
	}
	return nil
}
