package models

import (
	"fmt"
	"math"
	"time"
)

// The bounds of questionnaires.
const (
	MaxQuestions      = 50
	MaxQuestionLength = 300
)

// ReviewTemplate is a questionnaire of a unit. A version is never changed, so that
// what was asked can be read beside what was answered: saving under the same name
// makes the next version.
type ReviewTemplate struct {
	ID        ID `gorm:"primaryKey"`
	UnitID    ID
	Name      string
	Version   int  // from 1
	IsDefault bool // rounds of the unit, and of those below it without their own, use it
	// Weights are what each class of voters counts in a democratic appraisal.
	Weights ClassWeights `gorm:"embedded;embeddedPrefix:weight_"`
	SavedBy string
	SavedAt time.Time
}

// Validate checks the record by itself.
func (t *ReviewTemplate) Validate() error {
	if err := needed("name", t.Name, MaxTitleLength); err != nil {
		return err
	}
	return t.Weights.Validate()
}

// ReviewQuestion asks about one dimension.
type ReviewQuestion struct {
	ID         ID `gorm:"primaryKey"`
	TemplateID ID
	Place      int // order within the template, from 0
	Dimension  Dimension
	TextZh     string
	TextEn     string
	Levels     []LevelText `gorm:"serializer:json"` // what each mark stands for, 1 first
}

// LevelText says what behaviour a mark stands for.
type LevelText struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Validate checks the record by itself; path is where it was asked for.
func (q *ReviewQuestion) Validate(path string) error {
	if err := oneOf(path+".dimension", q.Dimension, Dimensions); err != nil {
		return err
	}
	if err := needed(path+".textZh", q.TextZh, MaxQuestionLength); err != nil {
		return err
	}
	if err := needed(path+".textEn", q.TextEn, MaxQuestionLength); err != nil {
		return err
	}
	if len(q.Levels) != 5 {
		return Invalid(path+".levels", KeyFiveLevels)
	}
	for i, l := range q.Levels {
		if err := needed(fmt.Sprintf("%s.levels.%d.zh", path, i), l.Zh, MaxQuestionLength); err != nil {
			return err
		}
		if err := needed(fmt.Sprintf("%s.levels.%d.en", path, i), l.En, MaxQuestionLength); err != nil {
			return err
		}
	}
	return nil
}

// ValidQuestions checks the questions of a template: each by itself, and that every
// dimension is asked about.
func ValidQuestions(questions []ReviewQuestion) error {
	if len(questions) > MaxQuestions {
		return Invalid("questions", KeyTooLong, fmt.Sprint(MaxQuestions), fmt.Sprint(len(questions)))
	}
	asked := map[Dimension]bool{}
	for i := range questions {
		if err := questions[i].Validate(fmt.Sprintf("questions.%d", i)); err != nil {
			return err
		}
		asked[questions[i].Dimension] = true
	}
	for _, d := range Dimensions {
		if !asked[d] {
			return Invalid("questions", KeyDimensionMissing, string(d))
		}
	}
	return nil
}

// ReviewAnswer is a mark on one question.
type ReviewAnswer struct {
	QuestionID ID  `json:"questionId"`
	Score      int `json:"score"` // 1 to 5
}

// DimensionScore is the mark of a dimension: the mean of the answers to its questions,
// to the nearest whole number,
//
//	score = round(Σ answers / n),
//
// and from the middle between two to the even one, so that rounding lifts nobody and
// lowers nobody on the whole. There must be an answer.
func DimensionScore(answers []ReviewAnswer) int {
	sum := 0
	for _, a := range answers {
		sum += a.Score
	}
	return int(math.RoundToEven(float64(sum) / float64(len(answers))))
}
