package models

import (
	"fmt"
	"strings"
	"unicode"
)

// The bounds of what a rating may carry.
const (
	MaxCommentLength = 2000
	MaxTags          = 10
	MaxTagLength     = 40
	MaxContactLength = 200
)

// Rating is one resident's mark for one encounter. It knows the day, never the
// moment, and neither the encounter nor the resident.
type Rating struct {
	ID          ID `gorm:"primaryKey"` // random
	OfficialID  ID
	ServiceID   ID
	Channel     Channel
	Level       int // 1 (非常不满意) to 5 (非常满意)
	RatedOn     Date
	RaterKey    Hash // nil: a person of their own
	KeyYear     int
	Source      RatingSource
	Invited     Answer
	Adverse     bool             // it answers a decision against the resident
	Dimensions  []DimensionLevel `gorm:"serializer:json"`
	Tags        []string         `gorm:"serializer:json"`
	Comment     *string
	ReceiptHash Hash // nil for an imported rating
	ImportKey   Hash // keyed hash of an imported rating's encounter; nil otherwise
	Released    bool // it was imported, or has been written anew together with others
	// Contact is how the resident wishes to be reached about a rating of 1 or 2, sealed
	// with the year's key; nil where they did not ask for it.
	Contact []byte
}

// DimensionLevel is a level for one aspect of a service.
type DimensionLevel struct {
	Dimension string `json:"dimension"`
	Level     int    `json:"level"`
}

// Validate checks the record by itself.
func (r *Rating) Validate() error {
	if err := validLevel("level", r.Level); err != nil {
		return err
	}
	for i, d := range r.Dimensions {
		if err := required(fmt.Sprintf("dimensions.%d.dimension", i), d.Dimension); err != nil {
			return err
		}
		if err := validText(fmt.Sprintf("dimensions.%d.dimension", i), d.Dimension, MaxTagLength); err != nil {
			return err
		}
		if err := validLevel(fmt.Sprintf("dimensions.%d.level", i), d.Level); err != nil {
			return err
		}
	}
	if len(r.Dimensions) > MaxTags {
		return Invalid("dimensions", KeyTooLong, fmt.Sprint(MaxTags), fmt.Sprint(len(r.Dimensions)))
	}
	if len(r.Tags) > MaxTags {
		return Invalid("tags", KeyTooLong, fmt.Sprint(MaxTags), fmt.Sprint(len(r.Tags)))
	}
	for i, tag := range r.Tags {
		field := fmt.Sprintf("tags.%d", i)
		if err := required(field, tag); err != nil {
			return err
		}
		if err := validText(field, tag, MaxTagLength); err != nil {
			return err
		}
	}
	if r.Comment != nil {
		return validText("comment", *r.Comment, MaxCommentLength)
	}
	return nil
}

// MaxUnsatisfied is the highest level that owes an answer (差评回访).
const MaxUnsatisfied = 2

// OwesReply says whether the rating owes an answer.
func (r *Rating) OwesReply() bool { return r.Level <= MaxUnsatisfied }

// RatingTotal is what is kept of an official's ratings of one day: sums up the tree
// are made of these. A rating enters with its release, or with its import.
type RatingTotal struct {
	OfficialID ID   `gorm:"primaryKey"`
	RatedOn    Date `gorm:"primaryKey"`
	Level1     int64
	Level2     int64
	Level3     int64
	Level4     int64
	Level5     int64
}

// RatingMonth is what is kept of an official's ratings of one month: the sum of the
// [RatingTotal] of its days, which the database itself keeps with them.
type RatingMonth struct {
	OfficialID ID   `gorm:"primaryKey"`
	Month      Date `gorm:"primaryKey"` // its first day
	Level1     int64
	Level2     int64
	Level3     int64
	Level4     int64
	Level5     int64
}

// validLevel says whether a level is 1 to 5.
func validLevel(field string, level int) error {
	if level < 1 || level > 5 {
		return Invalid(field, KeyLevelRange, fmt.Sprint(level))
	}
	return nil
}

// validText bounds a text and refuses control characters.
func validText(field, text string, limit int) error {
	if err := maxLength(field, text, limit); err != nil {
		return err
	}
	if strings.ContainsFunc(text, func(r rune) bool { return ControlCharacter(r) || r == unicode.ReplacementChar }) {
		return Invalid(field, KeyControlCharacter)
	}
	return nil
}

// MaxSearchLength is the longest text that a list is searched or narrowed by, in
// characters.
const MaxSearchLength = 200

// ValidSearch says whether a list can be searched or narrowed by a text: one that no
// record can hold finds nothing, and PostgreSQL does not even take it.
func ValidSearch(field, text string) error { return validText(field, text, MaxSearchLength) }

// ControlCharacter says whether a character is one that no text may hold: those that
// have no meaning here and break what is printed, line breaks and tabs excepted, and
// those that turn the direction of all that follows, so that a page shows something
// else than what was written. What scripts and emoji are joined by is none.
func ControlCharacter(r rune) bool {
	switch {
	case r == '\n', r == '\r', r == '\t':
		return false
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return unicode.IsControl(r)
}

// ValidContact bounds how a resident wishes to be reached.
func ValidContact(field, contact string) error { return validText(field, contact, MaxContactLength) }
