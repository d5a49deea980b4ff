package models

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCaseLife holds every pair of state and step to the picture of the design.
func TestCaseLife(t *testing.T) {
	want := map[CaseState]string{
		CaseSubmitted:         "ACCEPT>ACCEPTED FOLLOW>RESOLVED REJECT>REJECTED TRANSFER>ACCEPTED WITHDRAW>WITHDRAWN",
		CaseAccepted:          "ASSIGN>ASSIGNED FOLLOW>RESOLVED REJECT>REJECTED TRANSFER>ACCEPTED WITHDRAW>WITHDRAWN",
		CaseAssigned:          "ASSIGN>ASSIGNED FOLLOW>RESOLVED REJECT>REJECTED START>IN_PROGRESS TRANSFER>ACCEPTED WITHDRAW>WITHDRAWN",
		CaseInProgress:        "ASSIGN>ASSIGNED FOLLOW>RESOLVED HOLD>ON_HOLD MEDIATE>MEDIATION REJECT>REJECTED RESOLVE>RESOLVED TRANSFER>ACCEPTED WITHDRAW>WITHDRAWN",
		CaseOnHold:            "FOLLOW>RESOLVED RESUME>IN_PROGRESS WITHDRAW>WITHDRAWN",
		CaseMediation:         "RESOLVE>RESOLVED RESUME>IN_PROGRESS WITHDRAW>WITHDRAWN",
		CaseResolved:          "CONFIRM>CONFIRMED LAPSE>CLOSED_UNCONFIRMED REOPEN>REOPENED",
		CaseReopened:          "ASSIGN>ASSIGNED FOLLOW>RESOLVED MEDIATE>MEDIATION START>IN_PROGRESS TRANSFER>ACCEPTED WITHDRAW>WITHDRAWN",
		CaseConfirmed:         "",
		CaseClosedUnconfirmed: "CONFIRM>CONFIRMED REOPEN>REOPENED",
		CaseRejected:          "OVERTURN>REOPENED",
		CaseWithdrawn:         "",
	}
	steps := []CaseStep{
		CaseStepAccept, CaseStepAssign, CaseStepStart, CaseStepHold, CaseStepResume, CaseStepTransfer, CaseStepMediate,
		CaseStepResolve, CaseStepConfirm, CaseStepReopen, CaseStepLapse, CaseStepReject, CaseStepWithdraw,
		CaseStepFollow, CaseStepOverturn,
	}
	reached := map[CaseState]bool{CaseSubmitted: true}
	for _, state := range CaseStates {
		var got []string
		for _, step := range steps {
			next, err := state.Next(step)
			if err == nil {
				got = append(got, string(step)+">"+string(next))
				reached[next] = true
				continue
			}
			checkIllegal(t, err, "Case", string(state), string(step), state.Steps())
		}
		slices.Sort(got)
		if line := strings.Join(got, " "); line != want[state] {
			t.Errorf("from %s: %s, want %s", state, line, want[state])
		}
	}
	for _, state := range CaseStates {
		if !reached[state] {
			t.Errorf("no step leads to %s", state)
		}
	}
}

// checkIllegal wants an error that names the state, the step and what is possible.
func checkIllegal[S ~string](t *testing.T, err error, noun, state, step string, possible []S) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeIllegalState || e.Key != KeyIllegalStep {
		t.Fatalf("%s %s %s: %v", noun, state, step, err)
	}
	words := make([]string, len(possible))
	for i, p := range possible {
		words[i] = string(p)
	}
	if want := []string{noun, state, step, strings.Join(words, ", ")}; !slices.Equal(e.Args, want) {
		t.Errorf("the error says %q, want %q", e.Args, want)
	}
}

func TestCycleLife(t *testing.T) {
	path := []struct {
		step CycleStep
		to   CycleState
	}{
		{CycleStepCollect, CycleCollecting},
		{CycleStepScore, CycleScoring},
		{CycleStepPublish, CyclePublished},
		{CycleStepRescore, CycleScoring},
		{CycleStepPublish, CyclePublished},
		{CycleStepDecide, CycleDecided},
		{CycleStepSeal, CycleFinal},
	}
	state := CycleDraft
	for _, p := range path {
		next, err := state.Next(p.step)
		if err != nil || next != p.to {
			t.Fatalf("%s %s: %s, %v", state, p.step, next, err)
		}
		state = next
	}
	for _, state := range CycleStates {
		for _, step := range []CycleStep{CycleStepCollect, CycleStepScore, CycleStepPublish, CycleStepRescore, CycleStepDecide, CycleStepSeal} {
			if _, err := state.Next(step); err != nil {
				checkIllegal(t, err, "Cycle", string(state), string(step), state.Steps())
			} else if !slices.Contains(state.Steps(), step) {
				t.Errorf("%s does not list %s", state, step)
			}
		}
	}
	if len(CycleFinal.Steps()) != 0 {
		t.Error("a sealed cycle goes on")
	}
}

func TestInvitationLife(t *testing.T) {
	issued := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	expires := issued.Add(time.Hour)
	for name, c := range map[string]struct {
		state InvitationState
		step  InvitationStep
		at    time.Time
		want  InvitationState // empty: refused
	}{
		"used in time":               {InvitationIssued, InvitationUse, issued, InvitationUsed},
		"used at the last moment":    {InvitationIssued, InvitationUse, expires.Add(-1), InvitationUsed},
		"used at the moment it ends": {InvitationIssued, InvitationUse, expires, ""},
		"used twice":                 {InvitationUsed, InvitationUse, issued, ""},
		"used after revocation":      {InvitationRevoked, InvitationUse, issued, ""},
		"revoked":                    {InvitationIssued, InvitationRevoke, issued, InvitationRevoked},
		"revoked after use":          {InvitationUsed, InvitationRevoke, issued, ""},
		"revoked when expired":       {InvitationIssued, InvitationRevoke, expires, ""},
		"expired in time":            {InvitationIssued, InvitationExpire, expires, InvitationExpired},
		"expired too early":          {InvitationIssued, InvitationExpire, issued, ""},
		"expired after use":          {InvitationUsed, InvitationExpire, expires, ""},
	} {
		i := RatingInvitation{State: c.state, IssuedAt: issued, ExpiresAt: expires}
		got, err := i.Next(c.step, c.at)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err != nil && CodeOf(err) != CodeIllegalState {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTransferLife(t *testing.T) {
	now := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, from := range TransferStates {
		for _, to := range TransferStates {
			transfer := CaseTransfer{State: from}
			err := transfer.Decide(to, now, "because")
			legal := from == TransferOffered && to != TransferOffered
			if (err == nil) != legal {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if legal && (transfer.State != to || transfer.DecidedAt == nil) {
				t.Errorf("%s to %s is not noted", from, to)
			}
		}
	}
	refused := CaseTransfer{State: TransferOffered}
	if err := refused.Decide(TransferRefused, now, " "); CodeOf(err) != CodeInvalid || refused.State != TransferOffered {
		t.Errorf("refused without a reason: %v", err)
	}
}

func TestDecisionsAreMadeOnceAndWithAReason(t *testing.T) {
	now := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	flag := IntegrityFlag{State: FlagRaised}
	if err := flag.Decide(FlagConfirmed, "hr", "", now); CodeOf(err) != CodeInvalid {
		t.Errorf("a flag without a reason: %v", err)
	}
	if err := flag.Decide(FlagConfirmed, "hr", "seen", now); err != nil || flag.State != FlagConfirmed {
		t.Error(err)
	}
	if err := flag.Decide(FlagDismissed, "hr", "no", now); CodeOf(err) != CodeIllegalState {
		t.Errorf("a flag decided twice: %v", err)
	}
	objection := Objection{State: ObjectionFiled}
	if err := objection.Decide(ObjectionUpheld, "hr", "a new run", "right", now); err != nil || objection.DecidedBy != "hr" {
		t.Error(err)
	}
	if err := objection.Decide(ObjectionDismissed, "hr", "it stands", "wrong", now); CodeOf(err) != CodeIllegalState {
		t.Errorf("an objection decided twice: %v", err)
	}
}

func TestImportedCaseState(t *testing.T) {
	for outcome, want := range map[CaseOutcome][3]CaseState{ // silent, yes, no
		"":                    {CaseInProgress, CaseInProgress, CaseInProgress},
		OutcomeResolved:       {CaseClosedUnconfirmed, CaseConfirmed, CaseReopened},
		OutcomePartlyResolved: {CaseClosedUnconfirmed, CaseConfirmed, CaseReopened},
		OutcomeUnresolved:     {CaseClosedUnconfirmed, CaseClosedUnconfirmed, CaseClosedUnconfirmed},
		OutcomeRejected:       {CaseRejected, CaseRejected, CaseRejected},
		OutcomeWithdrawn:      {CaseWithdrawn, CaseWithdrawn, CaseWithdrawn},
	} {
		for i, answer := range []Answer{AnswerUnknown, AnswerYes, AnswerNo} {
			if got := ImportedCaseState(outcome, answer); got != want[i] {
				t.Errorf("%q, %q: %s, want %s", outcome, answer, got, want[i])
			}
		}
	}
}

func TestClockPauses(t *testing.T) {
	start := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	c := Clock{StartedAt: start, DueAt: hour(10)}
	c.Pause(hour(4))
	c.Pause(hour(5)) // changes nothing
	if c.Overdue(hour(20)) {
		t.Error("a paused clock runs out")
	}
	c.Resume(hour(6))
	if !c.DueAt.Equal(hour(12)) || c.Overdue(hour(12)) || !c.Overdue(hour(13)) {
		t.Errorf("due %v after a pause of two hours", c.DueAt)
	}
	c.Stop(hour(12))
	c.Stop(hour(30)) // changes nothing
	if c.Overdue(hour(40)) || !c.StoppedAt.Equal(hour(12)) {
		t.Error("met in time, but overdue")
	}
}

func TestPolicyIsLockedFromScoringOn(t *testing.T) {
	for _, c := range []struct {
		state  CycleState
		reason string
		want   Code
	}{
		{CycleDraft, "", ""},
		{CycleCollecting, "", ""},
		{CycleScoring, "", CodeInvalid},
		{CycleScoring, "an error in the weights", ""},
		{CyclePublished, "", CodeInvalid},
		{CycleFinal, "an error in the weights", CodeIllegalState},
	} {
		cycle := Cycle{State: c.state}
		err := cycle.TakePolicy(&Policy{ID: NewID(), Reason: c.reason})
		if CodeOf(err) != c.want || (cycle.PolicyID != nil) != (c.want == "") {
			t.Errorf("%s, %q: %v", c.state, c.reason, err)
		}
	}
}

func TestAbandonedRuns(t *testing.T) {
	now := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	fresh, old := now.Add(-RunLease), now.Add(-RunLease-time.Second)
	for _, c := range []struct {
		run  AssessmentRun
		want bool
	}{
		{AssessmentRun{State: RunRunning, HeartbeatAt: &fresh}, false},
		{AssessmentRun{State: RunRunning, HeartbeatAt: &old}, true},
		{AssessmentRun{State: RunRunning}, true},
		{AssessmentRun{State: RunQueued, HeartbeatAt: &old}, false},
		{AssessmentRun{State: RunDone, HeartbeatAt: &old}, false},
	} {
		if got := c.run.Abandoned(now); got != c.want {
			t.Errorf("%+v: %v", c.run, got)
		}
	}
}

// TestExclusionLife: the unit asks, another person decides, the resident objects in
// time, and a third person has the last word.
func TestExclusionLife(t *testing.T) {
	now := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	end := now.AddDate(0, 0, 10)
	for name, c := range map[string]struct {
		from    ExclusionState
		granted bool
		by      string
		want    ExclusionState
		code    Code
	}{
		"granted":                  {ExclusionAsked, true, "above", ExclusionGranted, ""},
		"refused":                  {ExclusionAsked, false, "above", ExclusionRefused, ""},
		"by who asked":             {ExclusionAsked, true, "unit", ExclusionAsked, CodeForbidden},
		"decided twice":            {ExclusionGranted, true, "third", ExclusionGranted, CodeIllegalState},
		"upheld":                   {ExclusionObjected, true, "third", ExclusionUpheld, ""},
		"overturned":               {ExclusionObjected, false, "third", ExclusionOverturned, ""},
		"reviewed by who had said": {ExclusionObjected, true, "second", ExclusionObjected, CodeForbidden},
	} {
		e := Exclusion{State: c.from, AskedBy: "unit"}
		if c.from != ExclusionAsked {
			e.DecidedBy = "second"
		}
		err := e.Decide(c.granted, c.by, "because", now)
		if e.State != c.want || CodeOf(err) != c.code {
			t.Errorf("%s: %s, %v", name, e.State, err)
		}
	}
	for name, c := range map[string]struct {
		from ExclusionState
		at   time.Time
		code Code
	}{
		"in time":           {ExclusionGranted, end.Add(-1), ""},
		"the unit's own":    {ExclusionUnreviewed, now, ""},
		"too late":          {ExclusionGranted, end, CodeGone},
		"twice":             {ExclusionObjected, now, CodeIllegalState},
		"nothing to object": {ExclusionRefused, now, CodeIllegalState},
	} {
		e := Exclusion{State: c.from, ObjectUntil: &end}
		if err := e.Object("wrong", c.at); CodeOf(err) != c.code || err == nil && e.State != ExclusionObjected {
			t.Errorf("%s: %s, %v", name, e.State, err)
		}
	}
}
