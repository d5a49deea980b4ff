package cases

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"steelyard/models"
)

// Suggestion is a category that the resident's words speak for, and why.
type Suggestion struct {
	Category string
	Weight   int // of all phrases together
	Reasons  []SuggestionReason
}

// SuggestionReason is a phrase that was found.
type SuggestionReason struct {
	Phrase string
	Weight int
}

// maxSuggestions is how many categories are suggested.
const maxSuggestions = 5

// SuggestCategories says which categories a text speaks for, the likeliest
// first, and by which phrases. The same text and rules give the same answer:
// nothing is learnt and nothing is kept.
func (s *Service) SuggestCategories(ctx context.Context, text string) ([]Suggestion, error) {
	if err := models.ValidNote("text", text); err != nil {
		return nil, err
	}
	return suggest(s.Store.Read(ctx), text)
}

func suggest(db *gorm.DB, text string) ([]Suggestion, error) {
	var rows []models.CategoryRule
	if err := db.Select("phrase", "category", "weight").Find(&rows).Error; err != nil {
		return nil, err
	}
	return weigh(rows, text), nil
}

// weigh adds up the weights of the phrases that a text holds, category by
// category; equal weights stand in the order of their categories' bytes. A phrase
// that several units have counts once, with the greatest weight.
func weigh(rows []models.CategoryRule, text string) []Suggestion {
	words := plain(text)
	found := map[string]map[string]int{}
	for _, r := range rows {
		phrase := plain(r.Phrase)
		if !holdsPhrase(words, phrase) {
			continue
		}
		if found[r.Category] == nil {
			found[r.Category] = map[string]int{}
		}
		found[r.Category][phrase] = max(found[r.Category][phrase], r.Weight)
	}
	out := make([]Suggestion, 0, len(found))
	for category, phrases := range found {
		suggestion := Suggestion{Category: category}
		for phrase, weight := range phrases {
			suggestion.Weight += weight
			suggestion.Reasons = append(suggestion.Reasons, SuggestionReason{phrase, weight})
		}
		slices.SortFunc(suggestion.Reasons, func(a, b SuggestionReason) int {
			return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Phrase, b.Phrase))
		})
		out = append(out, suggestion)
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Category, b.Category))
	})
	return out[:min(len(out), maxSuggestions)]
}

// plain is a text as phrases are looked for in it: full-width letters as usual
// ones, small letters, one space for many.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(text))), " ")
}

// holdsPhrase says whether a text holds a phrase. Chinese has no spaces, so a phrase is
// found anywhere; but one that begins or ends with a letter or digit of a script
// that writes words apart stands at a word's edge there: "art" is not in "part".
func holdsPhrase(text, phrase string) bool {
	if phrase == "" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(phrase)
	last, _ := utf8.DecodeLastRuneInString(phrase)
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(phrase)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !(spaced(first) && spaced(before)) && !(spaced(last) && spaced(after)) {
			return true
		}
		_, width := utf8.DecodeRuneInString(text[start:])
		from = start + width
	}
}

// spaced says whether a character belongs to a script that writes words apart.
func spaced(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}
