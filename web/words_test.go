package web

import (
	"reflect"
	"testing"

	"steelyard/messages"
)

// TestEveryWordIsSaidInBothLanguages looks for sentences that are missing: every
// field, every state of a case, every step of its history.
func TestEveryWordIsSaidInBothLanguages(t *testing.T) {
	for _, l := range messages.Langs {
		w, of := wordsIn(l), map[string]bool{}
		for _, v := range []reflect.Value{reflect.ValueOf(*w), reflect.ValueOf(w.workWords), reflect.ValueOf(w.cycleWords), reflect.ValueOf(w.roundWords), reflect.ValueOf(w.flagWords), reflect.ValueOf(w.trailWords), reflect.ValueOf(w.accountWords)} {
			for i := range v.NumField() {
				if name := v.Type().Field(i).Name; of[name] {
					t.Errorf("%s is two sentences", name)
				} else {
					of[name] = true
				}
				if f := v.Field(i); f.Kind() == reflect.String && f.String() == "" {
					t.Errorf("%s: %s is not said", l, v.Type().Field(i).Name)
				}
			}
		}
		appraisal := reflect.ValueOf(w.Appraisal)
		for i := range appraisal.NumField() {
			if f := appraisal.Field(i); f.Kind() == reflect.String && f.String() == "" {
				t.Errorf("%s: %s of an appraisal is not said", l, appraisal.Type().Field(i).Name)
			}
		}
		for _, grade := range AllAppraisalGrade {
			if w.Appraisal.Grades[grade] == "" {
				t.Errorf("%s: %s is not said", l, grade)
			}
		}
		checkWork(t, w)
		for level := 1; level <= 5; level++ {
			if w.Levels[level] == "" {
				t.Errorf("%s: level %d is not said", l, level)
			}
		}
		for _, state := range AllCaseState {
			if w.States[state] == "" {
				t.Errorf("%s: %s is not said", l, state)
			}
		}
		for _, kind := range AllCaseEventKind {
			if w.Steps[kind] == "" {
				t.Errorf("%s: %s is not said", l, kind)
			}
		}
	}
	if reflect.DeepEqual(chinese, english) {
		t.Error("the two languages are one")
	}
}

// checkWork looks for words of the API that the officials' pages do not say.
func checkWork(t *testing.T, w *words) {
	t.Helper()
	said(t, "action", AllCaseAction, w.Actions)
	for _, action := range AllCaseAction {
		if w.Done[string(action)] == "" {
			t.Errorf("%s: it is not said that it is done", action)
		}
	}
	said(t, "outcome", AllCaseOutcome, w.Outcomes)
	said(t, "ground", AllExclusionGround, w.Grounds)
	said(t, "channel", AllChannel, w.Channels)
	said(t, "deed", AllDeedKind, w.Deeds)
	said(t, "relation", AllRelation, w.Relations)
	said(t, "instance", AllObjectionInstance, w.Instances)
	said(t, "state of an objection", AllObjectionState, w.ObjectionState)
	said(t, "dimension", AllDimension, w.Dimensions)
	said(t, "contact", AllReviewContact, w.Contacts5)
	said(t, "preset", AllPolicyPreset, w.PresetNames)
	said(t, "kind of cycle", AllCycleKind, w.CycleKinds)
	said(t, "state of a cycle", AllCycleState, w.CycleStates)
	said(t, "step of the method", AllMethodStep, w.MethodSteps)
	said(t, "grade", AllGrade, w.Grades5)
	said(t, "state of a grade", AllGradeState, w.GradeStates)
	said(t, "doubt", AllIntegrityFlagKind, w.FlagTitles)
	said(t, "doubt compared", AllIntegrityFlagKind, w.FlagWhat)
	said(t, "doubt otherwise", AllIntegrityFlagKind, w.FlagElse)
	said(t, "state of a doubt", AllIntegrityFlagState, w.FlagStates)
	said(t, "defect of the chain", AllAuditDefect, w.Defects)
	said(t, "role", AllRole, w.Roles)
	said(t, "tab of doubts", flagTabs, w.FlagTabs)
}

func said[K ~string](t *testing.T, what string, all []K, words map[K]string) {
	t.Helper()
	for _, k := range all {
		if words[k] == "" {
			t.Errorf("%s %s is not said", what, k)
		}
	}
}
