package models

import "slices"

// CaseState is where a case stands.
type CaseState string

// The states of a case.
const (
	CaseSubmitted         CaseState = "SUBMITTED"
	CaseAccepted          CaseState = "ACCEPTED"
	CaseAssigned          CaseState = "ASSIGNED"
	CaseInProgress        CaseState = "IN_PROGRESS"
	CaseOnHold            CaseState = "ON_HOLD"
	CaseMediation         CaseState = "MEDIATION"
	CaseResolved          CaseState = "RESOLVED"
	CaseReopened          CaseState = "REOPENED"
	CaseConfirmed         CaseState = "CONFIRMED"
	CaseClosedUnconfirmed CaseState = "CLOSED_UNCONFIRMED"
	CaseRejected          CaseState = "REJECTED"
	CaseWithdrawn         CaseState = "WITHDRAWN"
)

// CaseStates are all states.
var CaseStates = []CaseState{
	CaseSubmitted, CaseAccepted, CaseAssigned, CaseInProgress, CaseOnHold, CaseMediation,
	CaseResolved, CaseReopened, CaseConfirmed, CaseClosedUnconfirmed, CaseRejected, CaseWithdrawn,
}

// CaseStep is a step of a case's life.
type CaseStep string

// The steps.
const (
	CaseStepAccept   CaseStep = "ACCEPT"   // the unit signs for it
	CaseStepAssign   CaseStep = "ASSIGN"   // an official gets it
	CaseStepStart    CaseStep = "START"    // the official begins
	CaseStepHold     CaseStep = "HOLD"     // the clock pauses, for a reason
	CaseStepResume   CaseStep = "RESUME"   //
	CaseStepTransfer CaseStep = "TRANSFER" // another unit has accepted it
	CaseStepMediate  CaseStep = "MEDIATE"  // a third party steps in
	CaseStepResolve  CaseStep = "RESOLVE"  // the office says what was done
	CaseStepConfirm  CaseStep = "CONFIRM"  // the resident says it is solved
	CaseStepReopen   CaseStep = "REOPEN"   // the resident says it is not
	CaseStepLapse    CaseStep = "LAPSE"    // the resident said nothing in time
	CaseStepReject   CaseStep = "REJECT"   // not within our powers, or unlawful; for a reason
	CaseStepWithdraw CaseStep = "WITHDRAW" // by the resident
	CaseStepFollow   CaseStep = "FOLLOW"   // the case that it was joined to is answered
	CaseStepOverturn CaseStep = "OVERTURN" // an exclusion that did not stand
)

// caseLife is the whole life of a case: from a state, by a step, to a state.
var caseLife = map[CaseState]map[CaseStep]CaseState{
	CaseSubmitted: {
		CaseStepAccept: CaseAccepted, CaseStepReject: CaseRejected, CaseStepWithdraw: CaseWithdrawn,
		CaseStepTransfer: CaseAccepted,
		CaseStepFollow:   CaseResolved,
	},
	CaseAccepted: {
		CaseStepAssign: CaseAssigned, CaseStepReject: CaseRejected, CaseStepWithdraw: CaseWithdrawn,
		CaseStepTransfer: CaseAccepted,
		CaseStepFollow:   CaseResolved,
	},
	CaseAssigned: {
		CaseStepStart: CaseInProgress, CaseStepAssign: CaseAssigned, CaseStepReject: CaseRejected,
		CaseStepWithdraw: CaseWithdrawn, CaseStepTransfer: CaseAccepted,
		CaseStepFollow: CaseResolved,
	},
	CaseInProgress: {
		CaseStepHold: CaseOnHold, CaseStepMediate: CaseMediation, CaseStepResolve: CaseResolved,
		CaseStepAssign: CaseAssigned, CaseStepReject: CaseRejected, CaseStepWithdraw: CaseWithdrawn,
		CaseStepTransfer: CaseAccepted,
		CaseStepFollow:   CaseResolved,
	},
	CaseOnHold: {
		CaseStepResume: CaseInProgress, CaseStepWithdraw: CaseWithdrawn,
		CaseStepFollow: CaseResolved,
	},
	CaseMediation: {
		CaseStepResolve: CaseResolved, CaseStepResume: CaseInProgress, CaseStepWithdraw: CaseWithdrawn,
	},
	CaseResolved: {
		CaseStepConfirm: CaseConfirmed, CaseStepReopen: CaseReopened, CaseStepLapse: CaseClosedUnconfirmed,
	},
	CaseReopened: {
		CaseStepStart: CaseInProgress, CaseStepAssign: CaseAssigned, CaseStepMediate: CaseMediation,
		CaseStepWithdraw: CaseWithdrawn, CaseStepTransfer: CaseAccepted,
		CaseStepFollow: CaseResolved,
	},
	CaseConfirmed:         {},
	CaseClosedUnconfirmed: {CaseStepReopen: CaseReopened, CaseStepConfirm: CaseConfirmed},
	CaseRejected:          {CaseStepOverturn: CaseReopened},
	CaseWithdrawn:         {},
}

// Next returns the state that a step leads to, or an error that names the state
// and the steps that are possible.
func (s CaseState) Next(step CaseStep) (CaseState, error) {
	next, ok := caseLife[s][step]
	if !ok {
		return "", s.Illegal(step)
	}
	return next, nil
}

// Illegal is the error for a step that this state does not have.
func (s CaseState) Illegal(step CaseStep) error { return illegal("Case", s, step, s.Steps()) }

// Steps are the steps that are possible from a state, in alphabetical order.
func (s CaseState) Steps() []CaseStep {
	steps := make([]CaseStep, 0, len(caseLife[s]))
	for step := range caseLife[s] {
		steps = append(steps, step)
	}
	slices.Sort(steps)
	return steps
}

// Open says whether somebody still has to work on the case.
func (s CaseState) Open() bool {
	switch s {
	case CaseResolved, CaseConfirmed, CaseClosedUnconfirmed, CaseRejected, CaseWithdrawn:
		return false
	}
	return true
}

// ImportedCaseState is the state that an imported case's outcome and the
// resident's word imply.
func ImportedCaseState(outcome CaseOutcome, confirmed Answer) CaseState {
	switch outcome {
	case "":
		return CaseInProgress
	case OutcomeRejected:
		return CaseRejected
	case OutcomeWithdrawn:
		return CaseWithdrawn
	case OutcomeUnresolved:
		return CaseClosedUnconfirmed
	}
	switch confirmed {
	case AnswerYes:
		return CaseConfirmed
	case AnswerNo:
		return CaseReopened
	}
	return CaseClosedUnconfirmed
}
