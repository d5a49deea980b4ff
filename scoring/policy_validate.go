package scoring

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// FieldError is one thing wrong with a policy. Key and Args say it to whoever has
// sentences in other languages: out_of_range (value, low, high), at_least (value,
// low), weight_sum (whole, have), not_in_list (value, list), required, too_long (most, have).
type FieldError struct {
	Field string // as in the JSON form, e.g. "satisfaction.weight"
	Right string // what would be right, in English
	Key   string
	Args  []string
}

// PolicyError lists everything that is wrong with a policy.
type PolicyError struct {
	Fields []FieldError
}

func (e *PolicyError) Error() string {
	lines := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		lines[i] = f.Field + ": " + f.Right
	}
	return "policy: " + strings.Join(lines, "; ")
}

// Rule returns what the policy says of one component.
func (p *Policy) Rule(c Component) ComponentRule {
	switch c {
	case Satisfaction:
		return p.Satisfaction
	case Outcomes:
		return p.Outcomes
	case PeerReview:
		return p.PeerReview
	case PracticalWork:
		return p.PracticalWork
	}
	return ComponentRule{}
}

// lowestThreshold is the number of answers below which no policy may show anything.
const lowestThreshold = 3

// seen says whether a character leaves a trace on a page.
func seen(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// Validate returns nil or a *[PolicyError] that names every wrong field.
func (p Policy) Validate() error {
	var wrong []FieldError
	check := func(ok bool, field, right, key string, args ...string) {
		if !ok {
			wrong = append(wrong, FieldError{Field: field, Right: right, Key: key, Args: args})
		}
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	within := func(x, low, high float64, field string) {
		check(x >= low && x <= high, field, "from "+number(low)+" to "+number(high), "out_of_range", number(x), number(low), number(high))
	}
	least := func(n, low int, field string) {
		check(n >= low, field, "at least "+strconv.Itoa(low), "at_least", strconv.Itoa(n), strconv.Itoa(low))
	}
	whole := func(sum float64, field string) {
		have := strconv.FormatFloat(sum, 'g', 6, 64)
		check(math.Abs(sum-1) <= 1e-9, field, "they add up to 1, these to "+have, "weight_sum", "1", have)
	}
	check(strings.ContainsFunc(p.Name, seen), "name", "1 to 200 bytes", "required")
	check(len(p.Name) <= 200, "name", "1 to 200 bytes", "too_long", "200", strconv.Itoa(len(p.Name)))
	sum := 0.0
	for c := range Components {
		rule := p.Rule(c)
		sum += rule.Weight
		within(rule.Weight, 0, 1, c.field()+".weight")
		within(rule.MinimumN, 0, 1e6, c.field()+".minimumN")
	}
	whole(sum, "weights")
	check(p.Normalisation == Standardised || p.Normalisation == Absolute, "normalisation", "STANDARDISED or ABSOLUTE",
		"not_in_list", string(p.Normalisation), "STANDARDISED, ABSOLUTE")
	shares := 0.0
	for _, s := range []struct {
		field string
		value float64
	}{{"solvedShare", p.SolvedShare}, {"inTimeShare", p.InTimeShare}, {"handlingShare", p.HandlingShare}} {
		shares += s.value
		within(s.value, 0, 1, s.field)
	}
	whole(shares, "solvedShare + inTimeShare + handlingShare")
	within(p.WalkInWeight, 0.01, 1, "walkInWeight")
	within(float64(p.DeedsPerWeek), 1, 1000, "deedsPerWeek")
	least(p.MinimumCellOfficials, 1, "minimumCellOfficials")
	least(p.MinimumCellItems, 1, "minimumCellItems")
	least(p.MinimumGroup, 2, "minimumGroup")
	within(p.ExcellentShare, 0, 0.5, "excellentShare")
	within(p.MinimumReliability, 0, 1, "minimumReliability")
	for _, from := range []struct {
		field string
		value int
	}{{"figuresFrom", p.FiguresFrom}, {"commentsFrom", p.CommentsFrom}} {
		if from.value != 0 {
			within(float64(from.value), lowestThreshold, 1000, from.field)
		}
	}
	within(float64(p.Draws), 100, 10000, "draws")
	if wrong != nil {
		return &PolicyError{Fields: wrong}
	}
	return nil
}

// field is the component's name in the policy's JSON form.
func (c Component) field() string {
	return [Components]string{"satisfaction", "outcomes", "peerReview", "practicalWork"}[c]
}

// String returns the component's name as reports print it.
func (c Component) String() string {
	if c >= Components {
		return fmt.Sprintf("Component(%d)", uint8(c))
	}
	return [Components]string{"SATISFACTION", "OUTCOMES", "PEER_REVIEW", "PRACTICAL_WORK"}[c]
}

// ParsePolicy reads a policy's JSON form. Absent fields keep the value of
// [DefaultPolicy]; an unknown field, a second value or a policy that is not
// valid is an error.
func ParsePolicy(r io.Reader) (Policy, error) {
	policy := DefaultPolicy()
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&policy); err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Policy{}, errors.New("read policy: more than one value")
	}
	if err := policy.Validate(); err != nil {
		return Policy{}, err
	}
	return policy, nil
}

// Digest returns the SHA-256 of the policy's JSON form, whose fields stand in a
// fixed order. A policy that cannot be written as JSON (a number that is not
// finite) has an error and is never valid.
func (p Policy) Digest() ([32]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return [32]byte{}, fmt.Errorf("digest of policy: %w", err)
	}
	return sha256.Sum256(text), nil
}
