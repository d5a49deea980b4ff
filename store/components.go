package store

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"

	"steelyard/models"
)

// setComponents reads the components of an assessment, of which a page of a report has two
// hundred: encoding/json takes a fifth of the time of such a page for them.
func setComponents(r *Row, i int, field reflect.Value) error {
	if scores, ok := readComponents(r.Bytes(i)); ok {
		*field.Addr().Interface().(*[]models.ComponentScore) = scores
		return nil
	}
	return readJSON(r, i, field)
}

// readComponents reads components in just the form in which encoding/json writes them, which
// is how they come into the table: no spaces, every name there and in its turn. Of anything
// else it says false, and encoding/json is to read that.
func readComponents(text []byte) ([]models.ComponentScore, bool) {
	in := usual{rest: text}
	in.take(`[`)
	scores := make([]models.ComponentScore, 0, len(models.ScoreComponents))
	for more := true; more; more = in.has(`,`) {
		var c models.ComponentScore
		in.take(`{"component":`)
		c.Component = in.component()
		in.take(`,"value":`)
		c.Value = in.scoreOrNil()
		in.take(`,"se":`)
		c.SE = in.scoreOrNil()
		in.take(`,"n":`)
		c.N = in.score()
		in.take(`,"counts":`)
		c.Counts = in.bool()
		in.take(`,"weight":`)
		c.Weight = in.score()
		in.take(`}`)
		if in.otherwise {
			return nil, false
		}
		scores = append(scores, c)
	}
	in.take(`]`)
	return scores, !in.otherwise && len(in.rest) == 0
}

// usual is a text that is read in the form in which it is usually written.
type usual struct {
	rest      []byte
	otherwise bool // it has another form; what was read does not count
}

// has takes a word, where it comes next.
func (u *usual) has(word string) bool {
	if len(u.rest) < len(word) || string(u.rest[:len(word)]) != word {
		return false
	}
	u.rest = u.rest[len(word):]
	return true
}

func (u *usual) take(word string) {
	if !u.has(word) {
		u.otherwise = true
	}
}

// component takes the name of a component that there is.
func (u *usual) component() models.ScoreComponent {
	u.take(`"`)
	end := max(bytes.IndexByte(u.rest, '"'), 0)
	known := slices.IndexFunc(models.ScoreComponents, func(c models.ScoreComponent) bool { return string(c) == string(u.rest[:end]) })
	u.rest = u.rest[end:]
	u.take(`"`)
	if known < 0 {
		u.otherwise = true
		return ""
	}
	return models.ScoreComponents[known]
}

func (u *usual) bool() bool {
	if u.has(`true`) {
		return true
	}
	u.take(`false`)
	return false
}

func (u *usual) scoreOrNil() *models.Score {
	if u.has(`null`) {
		return nil
	}
	s := u.score()
	return &s
}

// score takes a number: of what JSON allows that which encoding/json writes.
func (u *usual) score() models.Score {
	end := 0
	digits := func() {
		begun := end
		for end < len(u.rest) && '0' <= u.rest[end] && u.rest[end] <= '9' {
			end++
		}
		u.otherwise = u.otherwise || end == begun
	}
	is := func(chars string) bool {
		found := end < len(u.rest) && bytes.IndexByte([]byte(chars), u.rest[end]) >= 0
		if found {
			end++
		}
		return found
	}
	is("-")
	whole := end
	digits()
	u.otherwise = u.otherwise || end > whole+1 && u.rest[whole] == '0'
	if is(".") {
		digits()
	}
	if is("e") {
		is("+-")
		digits()
	}
	x, err := strconv.ParseFloat(string(u.rest[:end]), 64)
	u.otherwise = u.otherwise || err != nil
	u.rest = u.rest[end:]
	return models.Score(x)
}
