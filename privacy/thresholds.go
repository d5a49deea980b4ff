package privacy

import (
	"encoding/json"
	"fmt"
)

// Floor is the lowest minimum that any policy may set.
const Floor = 3

// Thresholds are the minimum numbers of answers.
type Thresholds struct {
	// Figures: this many ratings, or reviewers of one relation, make a figure.
	Figures int
	// Comments: comments are shown from cells with this many answers.
	Comments int
}

// Default returns the thresholds of a policy that names none, as customary in 360-degree reviews.
func Default() Thresholds { return Thresholds{Figures: 5, Comments: 10} }

// Validate returns an error for thresholds below Floor, and for comments, which give away more than a figure does,
// with a lower threshold than figures.
func (t Thresholds) Validate() error {
	if t.Figures < Floor {
		return fmt.Errorf("threshold for figures is %d; it cannot be below %d", t.Figures, Floor)
	}
	if t.Comments < t.Figures {
		return fmt.Errorf("threshold for comments is %d; it cannot be below that for figures, %d", t.Comments, t.Figures)
	}
	return nil
}

// RaisedBy returns the thresholds of a policy's cycles: its document may name higher ones
// (figuresFrom, commentsFrom) and never lowers any. An empty document raises nothing.
func (t Thresholds) RaisedBy(document string) (Thresholds, error) {
	if document == "" {
		return t, nil
	}
	var policy struct {
		FiguresFrom  int `json:"figuresFrom"`
		CommentsFrom int `json:"commentsFrom"`
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return t, fmt.Errorf("privacy: read the policy: %w", err)
	}
	t.Figures = max(t.Figures, policy.FiguresFrom)
	t.Comments = max(t.Comments, t.Figures, policy.CommentsFrom)
	return t, nil
}

// ShowsFigure reports whether a figure over n answers may be shown, taken by itself. Where other figures stand beside
// it, Suppress or Release decides.
func (t Thresholds) ShowsFigure(n int) bool { return n >= t.Figures && n >= Floor }

// ShowsComments reports whether the comments of a cell with n answers may be shown, taken by itself.
func (t Thresholds) ShowsComments(n int) bool { return n >= t.Comments && t.ShowsFigure(n) }
