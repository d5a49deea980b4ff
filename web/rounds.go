package web

import (
	"context"
	"net/http"
)

// roundsPage lists the review rounds of a cycle.
type roundsPage struct {
	Cycle  *CycleHead
	Rounds []Round
}

// MayClose says whether rounds are the caller's to remind of and to end.
func (c *Caller) MayClose() bool { return c.Role == RoleHr }

// rounds shows the review rounds of a cycle.
func (s *site) rounds(w http.ResponseWriter, r *http.Request) {
	s.showRounds(w, r, http.StatusOK, "")
}

func (s *site) showRounds(w http.ResponseWriter, r *http.Request, status int, notice string) {
	answer, err := RoundList(asking(r), s.api, r.PathValue("cycle"))
	if err != nil {
		s.refused(w, r, asked("RoundList", err))
		return
	}
	if answer.Cycle == nil {
		s.absent(w, r)
		return
	}
	s.show(w, r, status, "rounds", view{
		Path: cyclesPath + "/" + answer.Cycle.Id + "/rounds", Wide: true, Notice: notice, Done: done(r),
		Page: roundsPage{answer.Cycle, answer.ReviewRounds.Nodes},
	})
}

// remind reminds the reviewers of a round.
func (s *site) remind(w http.ResponseWriter, r *http.Request) {
	answer, err := Remind(asking(r), s.api, r.PathValue("round"))
	if err != nil {
		s.refused(w, r, asked("Remind", err))
		return
	}
	if problem := mendable(language(r), answer.RemindReviewers.UserErrors); problem != "" {
		s.showRounds(w, r, http.StatusUnprocessableEntity, problem)
		return
	}
	s.turn(w, r, cyclesPath+"/"+r.PathValue("cycle")+"/rounds", "reminded")
}

// endRound ends a review round.
func (s *site) endRound(w http.ResponseWriter, r *http.Request) {
	answer, err := EndRound(asking(r), s.api, r.PathValue("round"))
	if err != nil {
		s.refused(w, r, asked("EndRound", err))
		return
	}
	if problem := mendable(language(r), answer.CloseReviewRound.UserErrors); problem != "" {
		s.showRounds(w, r, http.StatusUnprocessableEntity, problem)
		return
	}
	s.turn(w, r, cyclesPath+"/"+r.PathValue("cycle")+"/rounds", "round-closed")
}

// participationPage says who was asked to rate and who answered.
type participationPage struct {
	Cycle *CycleHead
	Lines []AskedLine
	More  string // the cursor of the next page; empty: there is none
}

// participation shows who was asked to rate in a cycle's period, and who answered.
func (s *site) participation(w http.ResponseWriter, r *http.Request) {
	cycle, err := s.cycleOnly(asking(r), r.PathValue("cycle"))
	if err != nil {
		s.refused(w, r, err)
		return
	}
	if cycle == nil {
		s.absent(w, r)
		return
	}
	answer, err := Asked(asking(r), s.api, cycle.FromOn, cycle.ToOn, nil, optional(r.FormValue("after")))
	if err != nil {
		s.refused(w, r, asked("Asked", err))
		return
	}
	page := participationPage{Cycle: cycle, Lines: answer.Participation.Nodes}
	if answer.Participation.PageInfo.HasNextPage {
		page.More = answer.Participation.PageInfo.EndCursor
	}
	s.show(w, r, http.StatusOK, "participation", view{
		Path: cyclesPath + "/" + cycle.Id + "/participation", Query: keep(r, "after"), Wide: true, Page: page,
	})
}

// cycleOnly is a cycle that the caller sees; nil where there is none.
func (s *site) cycleOnly(ctx context.Context, id string) (*CycleHead, error) {
	answer, err := CycleOnly(ctx, s.api, id)
	if err != nil {
		return nil, asked("CycleOnly", err)
	}
	return answer.Cycle, nil
}
