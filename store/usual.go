package store

import (
	"reflect"
	"strconv"

	"steelyard/models"
)

// usually reads JSON in the form in which encoding/json writes it, which is how it comes into
// the table, and leaves any other form to encoding/json: that takes a fifth of the time of a
// page of the report for the components of fifty assessments.
func usually[T any](read func(text []byte) (T, bool)) func(r *Row, i int, field reflect.Value) error {
	return func(r *Row, i int, field reflect.Value) error {
		v, ok := read(r.Bytes(i))
		if !ok {
			return readJSON(r, i, field)
		}
		*field.Addr().Interface().(*T) = v
		return nil
	}
}

// readTexts reads texts of plain letters, digits and signs.
func readTexts(text []byte) ([]string, bool) {
	in := usual{rest: text}
	in.take(`[`)
	texts := []string{}
	for more := !in.has(`]`); more; more = !in.otherwise && !in.has(`]`) {
		if len(texts) > 0 {
			in.take(`,`)
		}
		texts = append(texts, in.text())
	}
	return texts, !in.otherwise && len(in.rest) == 0
}

// readComponents reads the components of an assessment: no spaces, every name there and in
// its turn.
func readComponents(text []byte) ([]models.ComponentScore, bool) {
	in := usual{rest: text}
	in.take(`[`)
	scores := make([]models.ComponentScore, 0, len(models.ScoreComponents))
	in.room = make([]models.Score, 0, 2*len(models.ScoreComponents))
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
	room      []models.Score
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

// text takes a text in which nothing is written by an escape or by several bytes.
func (u *usual) text() string {
	u.take(`"`)
	end := 0
	for end < len(u.rest) && ' ' <= u.rest[end] && u.rest[end] <= '~' && u.rest[end] != '"' && u.rest[end] != '\\' {
		end++
	}
	text := string(u.rest[:end])
	u.rest = u.rest[end:]
	u.take(`"`)
	return text
}

// component takes the name of a component that there is.
func (u *usual) component() models.ScoreComponent {
	u.take(`"`)
	for _, c := range models.ScoreComponents {
		if u.has(string(c)) {
			u.take(`"`)
			return c
		}
	}
	u.otherwise = true
	return ""
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
	if len(u.room) == cap(u.room) {
		u.room = make([]models.Score, 0, 1)
	}
	u.room = append(u.room, u.score())
	return &u.room[len(u.room)-1]
}

// score takes a number: of what JSON allows that which encoding/json writes.
func (u *usual) score() models.Score {
	whole := 0
	if len(u.rest) > 0 && u.rest[0] == '-' {
		whole = 1
	}
	end := u.digits(whole)
	u.otherwise = u.otherwise || end > whole+1 && u.rest[whole] == '0'
	if end < len(u.rest) && u.rest[end] == '.' {
		end = u.digits(end + 1)
	}
	if end < len(u.rest) && u.rest[end] == 'e' {
		end++
		if end < len(u.rest) && (u.rest[end] == '+' || u.rest[end] == '-') {
			end++
		}
		end = u.digits(end)
	}
	x, err := strconv.ParseFloat(string(u.rest[:end]), 64)
	u.otherwise = u.otherwise || err != nil
	u.rest = u.rest[end:]
	return models.Score(x)
}

// digits is where digits end of which the first stands here.
func (u *usual) digits(from int) int {
	end := from
	for end < len(u.rest) && '0' <= u.rest[end] && u.rest[end] <= '9' {
		end++
	}
	u.otherwise = u.otherwise || end == from
	return end
}
