package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// sent is a statement of a rating with its arguments, as a database logs them or a driver
// gets them.
type sent struct {
	text string
	args []any
}

// shape is a transaction whose statements can be sent again for other rows: which arguments
// are a rating's own is found by holding two ratings against each other.
type shape struct {
	statements []sent
	own        map[string]int // arguments that differ, numbered
	token      string         // that of them which finds the invitation
	encounter  string         // that of them which is claimed
	official   string         // of the encounter, which the rating takes over
	service    string
}

// form is an argument as it is compared.
func form(arg any) string { return fmt.Sprintf("%T %x", arg, arg) }

var (
	byToken = regexp.MustCompile(`token_hash"? IN \((\$\d+|\?)\)`)
	claimed = regexp.MustCompile(`^INSERT INTO "?encounter_claims`)
	rated   = regexp.MustCompile(`^INSERT INTO "?ratings"? \("?id"?,"?official_id"?,"?service_id"?,`)
)

// shapeOf holds two ratings against each other.
func shapeOf(one, other []sent) (shape, error) {
	s := shape{statements: one, own: map[string]int{}}
	if len(one) == 0 || !slices.EqualFunc(one, other, func(a, b sent) bool { return a.text == b.text && len(a.args) == len(b.args) }) {
		return s, errors.New("two ratings have not sent the same statements")
	}
	for i, st := range one {
		for j, arg := range st.args {
			if f := form(arg); f != form(other[i].args[j]) {
				if _, known := s.own[f]; !known {
					s.own[f] = len(s.own)
				}
				if byToken.MatchString(st.text) {
					s.token = f
				}
				switch {
				case claimed.MatchString(st.text):
					s.encounter = f
				case rated.MatchString(st.text) && j == 1:
					s.official = f
				case rated.MatchString(st.text) && j == 2:
					s.service = f
				}
			}
		}
	}
	if s.token == "" || s.encounter == "" || s.official == "" || s.service == "" {
		return s, errors.New("the statements of a rating are not what they were: they look for no invitation, claim no encounter, or name no official")
	}
	return s, nil
}
