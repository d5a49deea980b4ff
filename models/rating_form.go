package models

import (
	"fmt"
	"regexp"
	"time"
)

// Aspect is a dimension of a service that a resident may give a level.
type Aspect struct {
	Code string `json:"code"`
	ZhCN string `json:"zhCN"`
	En   string `json:"en"`
}

// Tag is a word that a resident may choose.
type Tag struct {
	Code string `json:"code"`
	ZhCN string `json:"zhCN"`
	En   string `json:"en"`
	Good bool   `json:"good"` // it praises; otherwise it complains
}

// RatingForm is what a resident may mark besides the level. It is of one service or
// of a category of services; for all others [DefaultRatingForm] holds.
type RatingForm struct {
	ID         ID `gorm:"primaryKey"`
	ServiceID  *ID
	Category   *string
	Dimensions []Aspect `gorm:"serializer:json"`
	Tags       []Tag    `gorm:"serializer:json"`
	SavedBy    string
	SavedAt    time.Time
}

// DefaultRatingForm is the form of a service for which nobody has saved another:
// the usual points of 好差评.
func DefaultRatingForm() *RatingForm {
	return &RatingForm{
		Dimensions: []Aspect{
			{"attitude", "服务态度", "Attitude"},
			{"speed", "办理效率", "Speed"},
			{"rules", "依规办事", "Keeping to the rules"},
			{"clarity", "告知清楚", "Clear information"},
		},
		Tags: []Tag{
			{"friendly", "态度热情", "Friendly", true},
			{"fast", "办得快", "Fast", true},
			{"one-visit", "一次办成", "Done in one visit", true},
			{"clear", "讲得清楚", "Well explained", true},
			{"unfriendly", "态度冷淡", "Unfriendly", false},
			{"slow", "办得慢", "Slow", false},
			{"many-visits", "多次跑腿", "Many visits", false},
			{"unclear", "讲不清楚", "Badly explained", false},
			{"extra-papers", "多要材料", "Needless papers asked for", false},
		},
	}
}

// maxFormWords bounds a form: nobody reads more on a telephone.
const maxFormWords = 20

var goodCode = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Validate checks the record by itself.
func (f *RatingForm) Validate() error {
	if (f.ServiceID == nil) == (f.Category == nil) {
		return Invalid("serviceId", KeyOneOf, "serviceId, category")
	}
	if f.Category != nil {
		if err := required("category", *f.Category); err != nil {
			return err
		}
		if err := validText("category", *f.Category, MaxTitleLength); err != nil {
			return err
		}
	}
	words := make([][3]string, len(f.Dimensions))
	for i, d := range f.Dimensions {
		words[i] = [3]string{d.Code, d.ZhCN, d.En}
	}
	if err := validWords("dimensions", words, MaxTags); err != nil {
		return err
	}
	words = make([][3]string, len(f.Tags))
	for i, t := range f.Tags {
		words[i] = [3]string{t.Code, t.ZhCN, t.En}
	}
	return validWords("tags", words, maxFormWords)
}

// validWords checks the codes and labels of a list.
func validWords(field string, words [][3]string, most int) error {
	if len(words) > most {
		return Invalid(field, KeyTooLong, fmt.Sprint(most), fmt.Sprint(len(words)))
	}
	seen := map[string]bool{}
	for i, w := range words {
		at := fmt.Sprintf("%s.%d.", field, i)
		switch {
		case !goodCode.MatchString(w[0]):
			return Invalid(at+"code", KeyBadCode, w[0])
		case seen[w[0]]:
			return Invalid(at+"code", KeyTwice, w[0])
		}
		seen[w[0]] = true
		for j, name := range []string{"zhCN", "en"} {
			if err := required(at+name, w[j+1]); err != nil {
				return err
			}
			if err := validText(at+name, w[j+1], MaxTagLength); err != nil {
				return err
			}
		}
	}
	return nil
}

// Allows says whether a rating keeps to the form, and else what would.
func (f *RatingForm) Allows(dimensions []DimensionLevel, tags []string) error {
	codes := make([]string, len(f.Dimensions))
	for i, d := range f.Dimensions {
		codes[i] = d.Code
	}
	seen := map[string]bool{}
	for i, d := range dimensions {
		field := fmt.Sprintf("dimensions.%d.dimension", i)
		if err := oneOf(field, d.Dimension, codes); err != nil {
			return err
		}
		if seen[d.Dimension] {
			return Invalid(field, KeyTwice, d.Dimension)
		}
		seen[d.Dimension] = true
	}
	codes = make([]string, len(f.Tags))
	for i, t := range f.Tags {
		codes[i] = t.Code
	}
	clear(seen)
	for i, tag := range tags {
		field := fmt.Sprintf("tags.%d", i)
		if err := oneOf(field, tag, codes); err != nil {
			return err
		}
		if seen[tag] {
			return Invalid(field, KeyTwice, tag)
		}
		seen[tag] = true
	}
	return nil
}
