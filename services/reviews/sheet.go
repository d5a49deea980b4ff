package reviews

import (
	"errors"
	"fmt"

	"steelyard/models"
)

// Sheet is what a reviewer says of a colleague. A round with a questionnaire takes
// answers to its questions, one without takes a mark a dimension.
type Sheet struct {
	Contact models.ReviewContact  `json:"contact"` // empty: not said
	Marks   []Mark                `json:"marks"`
	Answers []models.ReviewAnswer `json:"answers"`
}

// Mark is a score on one dimension.
type Mark struct {
	Dimension models.Dimension `json:"dimension"`
	Score     int              `json:"score"` // 1 to 5
}

// validate checks what can be checked without the round.
func (s *Sheet) validate() error {
	if err := models.ValidContactLevel(s.Contact); err != nil {
		return err
	}
	if s.Contact == models.ContactNone && len(s.Marks)+len(s.Answers) > 0 {
		return models.Invalid("contact", models.KeyContactNoMarks)
	}
	if n := len(s.Answers); n > models.MaxQuestions {
		return models.Invalid("answers", models.KeyTooLong, fmt.Sprint(models.MaxQuestions), fmt.Sprint(n))
	}
	seen := map[models.Dimension]bool{}
	for i, m := range s.Marks {
		review := models.PeerReview{Relation: models.RelationPeer, Dimension: m.Dimension, Score: m.Score}
		if err := review.Validate(); err != nil {
			return inField(fmt.Sprintf("scores.%d.", i), err)
		}
		if seen[m.Dimension] {
			return models.Invalid(fmt.Sprintf("scores.%d.dimension", i), models.KeyReviewDimensions)
		}
		seen[m.Dimension] = true
	}
	return nil
}

// reviews makes the records of a sheet for these questions, a dimension each and
// still without reviewer and reviewed.
func (s *Sheet) reviews(questions []models.ReviewQuestion) ([]models.PeerReview, error) {
	byDimension, err := s.answered(questions)
	if err != nil || s.Contact == models.ContactNone {
		return nil, err
	}
	var out []models.PeerReview
	add := func(d models.Dimension, score int, answers []models.ReviewAnswer) {
		out = append(out, models.PeerReview{
			ID: models.NewRandomID(), Dimension: d, Score: score, Contact: s.Contact, Answers: answers,
		})
	}
	for _, m := range s.Marks {
		add(m.Dimension, m.Score, []models.ReviewAnswer{})
	}
	for _, d := range models.Dimensions {
		if answers := byDimension[d]; len(answers) > 0 {
			add(d, models.DimensionScore(answers), answers)
		}
	}
	if len(out) == 0 {
		return nil, models.Invalid(s.expected(questions), models.KeyReviewDimensions)
	}
	return out, nil
}

// expected is the field in which a round with these questions wants its answers.
func (*Sheet) expected(questions []models.ReviewQuestion) string {
	if len(questions) > 0 {
		return "answers"
	}
	return "scores"
}

// answered sorts the answers by dimension, in the order of the questions. It refuses
// what the round does not ask.
func (s *Sheet) answered(questions []models.ReviewQuestion) (map[models.Dimension][]models.ReviewAnswer, error) {
	if len(questions) > 0 && len(s.Marks) > 0 {
		return nil, models.Invalid("scores", models.KeyAnswersNeeded)
	}
	place := make(map[models.ID]int, len(s.Answers))
	open := make(map[models.ID]bool, len(questions))
	for _, q := range questions {
		open[q.ID] = true
	}
	for i, a := range s.Answers {
		path := fmt.Sprintf("answers.%d.", i)
		if !open[a.QuestionID] {
			return nil, models.Invalid(path+"questionId", models.KeyQuestionUnknown)
		}
		if a.Score < 1 || a.Score > 5 {
			return nil, models.Invalid(path+"score", models.KeyLevelRange, fmt.Sprint(a.Score))
		}
		open[a.QuestionID] = false
		place[a.QuestionID] = i
	}
	out := map[models.Dimension][]models.ReviewAnswer{}
	for _, q := range questions {
		if i, found := place[q.ID]; found {
			out[q.Dimension] = append(out[q.Dimension], s.Answers[i])
		}
	}
	return out, nil
}

// inField puts a path before the field that a record's own rule names.
func inField(path string, err error) error {
	var e *models.Error
	if errors.As(err, &e) {
		e.Field = path + e.Field
	}
	return err
}
