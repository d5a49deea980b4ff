package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
)

// casePage is a case as those see it who work on it.
type casePage struct {
	Case     *Worked
	Units    []UnitChoice
	Hands    []Hand // whom an HR officer can give it to; empty: the caller takes it
	Outcomes []CaseOutcome
	Grounds  []ExclusionGround
	Tried    CaseAction // the form that is shown again with what was written into it
	Form     url.Values
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// outcomes are what an office may say of its work.
var outcomes = []CaseOutcome{CaseOutcomeResolved, CaseOutcomePartlyResolved, CaseOutcomeUnresolved}

// plainActions need no more than a click, reasonedActions a reason.
var (
	plainActions    = []CaseAction{CaseActionAccept, CaseActionAssign, CaseActionStart, CaseActionResume}
	reasonedActions = []CaseAction{
		CaseActionHold, CaseActionExtend, CaseActionResolve, CaseActionTransfer, CaseActionPart, CaseActionAskExclusion, CaseActionDecideExclusion,
	}
)

func (s *site) workCase(w http.ResponseWriter, r *http.Request) {
	s.showCase(w, r, http.StatusOK, casePage{}, "")
}

func (s *site) showCase(w http.ResponseWriter, r *http.Request, status int, page casePage, notice string) {
	id := r.PathValue("id")
	answer, err := CaseAtWork(asking(r), s.api, id)
	if err != nil {
		s.refused(w, r, asked("CaseAtWork", err))
		return
	}
	found, is := answer.Node.(*CaseAtWorkNodeCase)
	if !is {
		s.show(w, r, http.StatusNotFound, "blocked", view{Notice: wordsIn(language(r)).NoCase})
		return
	}
	page.Case = &found.Worked
	if me := caller(r).Official; me != nil && page.Case.Official != nil && page.Case.Official.Id == me.Id {
		// Who has it need not take it on; giving it away is a transfer.
		page.Case.Actions = slices.DeleteFunc(page.Case.Actions, func(a CaseAction) bool { return a == CaseActionAssign })
	}
	if slices.Contains(page.Case.Actions, CaseActionTransfer) {
		near, err := Neighbours(asking(r), s.api, id)
		if err != nil {
			s.refused(w, r, asked("Neighbours", err))
			return
		}
		page.Units = near.UnitsToOffer
	}
	if caller(r).Role == RoleHr && slices.Contains(page.Case.Actions, CaseActionAssign) {
		hands, err := Hands(asking(r), s.api, page.Case.Unit.Id)
		if err != nil {
			s.refused(w, r, asked("Hands", err))
			return
		}
		if page.Hands = hands.Officials.Nodes; len(page.Hands) == 0 {
			// There is nobody to give it to.
			page.Case.Actions = slices.DeleteFunc(page.Case.Actions, func(a CaseAction) bool { return a == CaseActionAssign })
		}
	}
	page.Outcomes, page.Grounds, page.Key = outcomes, AllExclusionGround, rand.Text()
	s.show(w, r, status, "work-case", view{Path: "/work/cases/" + id, Notice: notice, Done: done(r), Page: page})
}

// act does one step on a case.
func (s *site) act(w http.ResponseWriter, r *http.Request) {
	action := CaseAction(r.PathValue("action"))
	if !slices.Contains(AllCaseAction, action) {
		http.NotFound(w, r)
		return
	}
	problems, err := s.do(asking(r), action, r.PathValue("id"), r.PostForm)
	if err != nil {
		s.refused(w, r, asked(string(action), err))
		return
	}
	if problem := mendable(language(r), problems); problem != "" {
		s.showCase(w, r, http.StatusUnprocessableEntity, casePage{Tried: action, Form: r.PostForm}, problem)
		return
	}
	// A case that was given away is seen no more.
	to := "/work/cases/" + r.PathValue("id")
	if action == CaseActionDecideTransfer && r.PostForm.Get("yes") != "yes" {
		to = workPath
	}
	s.turn(w, r, to, string(action))
}

// do runs the operation of an action with what a form says.
func (s *site) do(ctx context.Context, action CaseAction, id string, form url.Values) ([]Problem, error) {
	reason, key, yes := form.Get("reason"), form.Get("key"), form.Get("yes") == "yes"
	switch action {
	case CaseActionAccept:
		answer, err := DoAccept(ctx, s.api, id, key)
		return problemsOf(answer, err, func(a *DoAcceptResponse) []Problem { return a.AcceptCase.UserErrors })
	case CaseActionAssign:
		answer, err := DoAssign(ctx, s.api, id, optional(form.Get("official")), key)
		return problemsOf(answer, err, func(a *DoAssignResponse) []Problem { return a.AssignCase.UserErrors })
	case CaseActionStart:
		answer, err := DoStart(ctx, s.api, id, key)
		return problemsOf(answer, err, func(a *DoStartResponse) []Problem { return a.StartCase.UserErrors })
	case CaseActionResume:
		answer, err := DoResume(ctx, s.api, id, key)
		return problemsOf(answer, err, func(a *DoResumeResponse) []Problem { return a.ResumeCase.UserErrors })
	case CaseActionHold:
		answer, err := DoHold(ctx, s.api, id, reason, key)
		return problemsOf(answer, err, func(a *DoHoldResponse) []Problem { return a.HoldCase.UserErrors })
	case CaseActionExtend:
		answer, err := DoExtend(ctx, s.api, id, reason, key)
		return problemsOf(answer, err, func(a *DoExtendResponse) []Problem { return a.ExtendCase.UserErrors })
	case CaseActionResolve:
		answer, err := DoResolve(ctx, s.api, id, CaseOutcome(form.Get("outcome")), reason, key)
		return problemsOf(answer, err, func(a *DoResolveResponse) []Problem { return a.ResolveCase.UserErrors })
	case CaseActionMediate:
		answer, err := DoMediate(ctx, s.api, id, form.Get("mediator"), reason, key)
		return problemsOf(answer, err, func(a *DoMediateResponse) []Problem { return a.RequestMediation.UserErrors })
	case CaseActionEndMediation:
		outcome := CaseOutcome(form.Get("outcome"))
		agreed := &outcome
		if !yes {
			agreed = nil
		}
		answer, err := DoEndMediation(ctx, s.api, id, yes, agreed, reason, key)
		return problemsOf(answer, err, func(a *DoEndMediationResponse) []Problem { return a.EndMediation.UserErrors })
	case CaseActionTransfer:
		answer, err := DoTransfer(ctx, s.api, id, form.Get("unit"), reason, key)
		return problemsOf(answer, err, func(a *DoTransferResponse) []Problem { return a.TransferCase.UserErrors })
	case CaseActionDecideTransfer:
		answer, err := DoDecideTransfer(ctx, s.api, id, yes, reason, key)
		return problemsOf(answer, err, func(a *DoDecideTransferResponse) []Problem { return a.DecideTransfer.UserErrors })
	case CaseActionPart:
		answer, err := DoPart(ctx, s.api, id, reason, key)
		return problemsOf(answer, err, func(a *DoPartResponse) []Problem { return a.PartCase.UserErrors })
	case CaseActionAskExclusion:
		answer, err := DoAskExclusion(ctx, s.api, id, ExclusionGround(form.Get("ground")), reason, key)
		return problemsOf(answer, err, func(a *DoAskExclusionResponse) []Problem { return a.RequestExclusion.UserErrors })
	default:
		answer, err := DoDecideExclusion(ctx, s.api, id, yes, reason, key)
		return problemsOf(answer, err, func(a *DoDecideExclusionResponse) []Problem { return a.DecideExclusion.UserErrors })
	}
}

// problemsOf is what an answer says is to be mended; an operation that failed has no
// answer.
func problemsOf[A any](answer *A, err error, of func(*A) []Problem) ([]Problem, error) {
	if err != nil {
		return nil, err
	}
	return of(answer), nil
}
