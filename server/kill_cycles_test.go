package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/resolvers"
	"steelyard/services/accounts"
	"steelyard/services/cycles"
	"steelyard/services/publications"
	"steelyard/store"
)

// assessor is an HR officer who asks for one run after the other. Of the year that they
// are of nothing changes, so that each must come to the same.
type assessor struct {
	*mortal
	cycle string
	done  []string
}

func newAssessor(m *mortal) *assessor {
	s := &assessor{mortal: m}
	m.open(func(st *store.Store) {
		made := m.cycles(st, st.Now, 1)
		s.cycle = made.ids[0].String()
	})
	return s
}

func (*assessor) name() string { return "scoring" }
func (*assessor) seats() int   { return 1 }

func (s *assessor) piece(n int) {
	const ask = `mutation($cycle: ID!, $key: String) { runAssessment(input: {cycleId: $cycle, idempotencyKey: $key}) { run { id } userErrors { message } } }`
	data := s.insist("scoring", operation{s.tokens["hr"], ask, map[string]any{"cycle": s.cycle, "key": keyOf("run", n)}})
	id := textAt(data, "runAssessment", "run", "id")
	if id == "" {
		s.Errorf("no run: %s", data)
		return
	}
	for range patience {
		s.alive()
		switch state := s.follow(id); state {
		case "DONE":
			s.done = append(s.done, id)
			return
		case "FAILED": // given up: it was interrupted too often; look says whether that is why
			return
		case "": // the stream broke
			if s.Context().Err() != nil {
				return
			}
		default:
			s.Errorf("the run has ended %s", state)
			return
		}
	}
	s.Errorf("nobody makes run %s", id)
}

// follow reads a run's progress until it has ended; empty where it is not told.
func (s *assessor) follow(id string) string {
	body := fmt.Sprintf(`{"query":"subscription { assessmentRunProgress(id: \"%s\") { state } }"}`, id)
	r, err := http.NewRequestWithContext(s.Context(), "POST", s.url+"/graphql", strings.NewReader(body))
	if err != nil {
		s.Error(err)
		return ""
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+s.tokens["hr"])
	answer, err := s.http.Do(r)
	if err != nil {
		return ""
	}
	state, events := "", bufio.NewScanner(answer.Body)
	for events.Scan() && state == "" {
		for _, end := range []string{"DONE", "FAILED", "CANCELLED"} {
			if strings.Contains(events.Text(), `"state":"`+end+`"`) {
				state = end
			}
		}
	}
	if err := answer.Body.Close(); err != nil {
		return ""
	}
	return state
}

// half: a run that is not done has no results, one that is done has all.
func (s *assessor) half(st *store.Store) {
	some := count(s.mortal, st, "SELECT count(*) FROM assessments WHERE run_id IN (SELECT id FROM assessment_runs WHERE state <> 'DONE')")
	sizes := count(s.mortal, st, "SELECT count(DISTINCT n) FROM (SELECT count(*) AS n FROM assessments GROUP BY run_id) AS each")
	digests := count(s.mortal, st, "SELECT count(DISTINCT evidence_digest) FROM assessment_runs WHERE state = 'DONE'")
	if some != 0 || sizes > 1 || digests > 1 {
		s.Errorf("%d results of runs that are not done; runs of %d sizes, with %d digests", some, sizes, digests)
	}
}

func (s *assessor) look(st *store.Store) {
	asked := count(s.mortal, st, "SELECT count(*) FROM audit_entries WHERE action = 'runAssessment'")
	made := count(s.mortal, st, "SELECT count(*) FROM assessment_runs WHERE state = 'DONE'")
	gaveUp := count(s.mortal, st, "SELECT count(*) FROM assessment_runs WHERE state = 'FAILED' AND attempts > ?", models.MaxRunAttempts)
	if len(s.done) == 0 || asked != made+gaveUp {
		s.Errorf("of %d runs that were asked for %d were made and %d given up; %d were followed to their end", asked, made, gaveUp, len(s.done))
		return
	}
	must(s.T, s.db, "assess", "--verify", s.done[len(s.done)-1])
	s.Logf("%d runs were made", len(s.done))
}

// signers are two HR officers who sign: one cycle in each life is published, decided or
// sealed.
type signers struct {
	*mortal
	steps  [3]signedStep
	signed map[models.ID]string // cycle to state
}

// signedStep is a step with the cycles that can take it.
type signedStep struct {
	mutation string
	state    string
	cycles   []models.ID
}

// newSigners makes cycles for so many lives.
func newSigners(m *mortal, lives int) *signers {
	const form = `mutation($cycle: ID!, $key: String) { %s(input: {cycleId: $cycle, idempotencyKey: $key%s}) { cycle { id } proposal { id } userErrors { message } } }`
	s := &signers{mortal: m, signed: map[models.ID]string{}, steps: [3]signedStep{
		{mutation: fmt.Sprintf(form, "publishCycle", ""), state: "PUBLISHED"},
		{mutation: fmt.Sprintf(form, "decideCycle", ", othersCompetent: true"), state: "DECIDED"},
		{mutation: fmt.Sprintf(form, "sealCycle", ""), state: "FINAL"},
	}}
	each := (lives + len(s.steps) - 1) / len(s.steps)
	m.open(func(st *store.Store) {
		now := st.Now().AddDate(0, -2, 0)
		made := m.cycles(st, func() time.Time { return now }, each*len(s.steps))
		for i := range s.steps {
			s.steps[i].cycles = made.ids[i*each : (i+1)*each]
		}
		for _, id := range made.ids[each:] {
			made.bySigns(m, made.app.Publications.Publish, publications.Signing{CycleID: id})
		}
		now = st.Now().AddDate(0, -1, 0)
		for _, id := range made.ids[2*each:] {
			made.bySigns(m, made.app.Publications.Decide, publications.Signing{CycleID: id, OthersCompetent: true})
			told := publications.Telling{CycleID: id, ToldOn: models.DateOf(now, made.zone)}
			if _, err := made.app.Publications.Tell(m.Context(), made.officers[0], told); err != nil {
				m.Fatal(err)
			}
		}
	})
	return s
}

func (*signers) name() string { return "signing" }
func (*signers) seats() int   { return 1 }

func (s *signers) piece(n int) {
	if !s.await(func() bool { return s.lives > n }) {
		return
	}
	step := s.steps[n%len(s.steps)]
	id := step.cycles[n/len(s.steps)]
	for _, who := range []string{"hr", "hr-second"} {
		data := s.insist("signing", operation{s.tokens[who], step.mutation, map[string]any{"cycle": id.String(), "key": keyOf("signature", n)}})
		if !strings.Contains(data, id.String()) {
			s.Errorf("%s cannot sign: %s", who, data)
			return
		}
	}
	s.signed[id] = step.state
}

// half: a cycle that has taken a step has what belongs to it, and one that has not has
// nothing.
func (s *signers) half(st *store.Store) {
	for what, query := range map[string]string{
		"notices without a published cycle": `SELECT count(*) FROM publications p JOIN cycles c ON c.id = p.cycle_id WHERE c.state IN ('COLLECTING', 'SCORING')`,
		"published cycles without a notice": `SELECT count(*) FROM cycles c WHERE c.state IN ('PUBLISHED', 'DECIDED', 'FINAL') AND
			(SELECT count(*) FROM publications p WHERE p.cycle_id = c.id) <> 1`,
		"published cycles without all results": `SELECT count(*) FROM cycles c WHERE c.state IN ('PUBLISHED', 'DECIDED', 'FINAL') AND
			(SELECT count(*) FROM cycle_results r WHERE r.cycle_id = c.id) <> (SELECT count(*) FROM assessments a WHERE a.run_id = c.run_id)`,
		"decided cycles without all grades": `SELECT count(*) FROM cycles c WHERE c.state IN ('DECIDED', 'FINAL') AND
			(SELECT count(*) FROM cycle_grades g WHERE g.cycle_id = c.id) <> (SELECT count(DISTINCT official_id) FROM assessments a WHERE a.run_id = c.run_id)`,
		"grades of cycles that are not decided": `SELECT count(*) FROM cycle_grades g JOIN cycles c ON c.id = g.cycle_id WHERE c.state NOT IN ('DECIDED', 'FINAL')`,
		"seals that are not of one sealed cycle each": `SELECT count(*) FROM cycles c WHERE
			(SELECT count(*) FROM seals s WHERE s.cycle_id = c.id) <> CASE WHEN c.state = 'FINAL' THEN 1 ELSE 0 END`,
		"steps without two signatures": `SELECT count(*) FROM cycle_proposals p WHERE confirmed_at IS NOT NULL AND (SELECT count(*) FROM audit_entries e
			WHERE e.noun_id = p.cycle_id AND e.action = CASE p.step WHEN 'PUBLISH' THEN 'publishCycle' WHEN 'DECIDE' THEN 'decideCycle' ELSE 'sealCycle' END) <> 2`,
	} {
		if n := count(s.mortal, st, query); n != 0 {
			s.Errorf("%d %s", n, what)
		}
	}
}

func (s *signers) look(st *store.Store) {
	if len(s.signed) == 0 {
		s.Error("nobody has signed")
	}
	service := publications.Service{Store: st}
	for id, state := range s.signed {
		c, err := store.Take[models.Cycle](st.Read(s.Context()).Where("id = ?", id), "Cycle")
		if err != nil || string(c.State) != state {
			s.Errorf("a cycle that two have signed for is not %s (%v)", state, err)
			continue
		}
		if state != "FINAL" {
			continue
		}
		if check, err := service.CheckSeal(s.Context(), id); err != nil || !check.Holds() {
			s.Errorf("a seal does not hold: %+v (%v)", check, err)
		}
	}
	s.Logf("%d cycles have taken a step", len(s.signed))
}

// madeCycles are cycles with their runs, made without a server.
type madeCycles struct {
	app      resolvers.App
	officers []auth.Actor
	zone     *time.Location
	ids      []models.ID
}

// cycles makes so many cycles of the year of the village, as of a moment, each with a run.
func (m *mortal) cycles(st *store.Store, now func() time.Time, n int) madeCycles {
	m.Helper()
	at, err := store.Open(m.Context(), m.db, store.Options{Connections: 2, System: true, Now: now})
	if err != nil {
		m.Fatal(err)
	}
	m.beforeLife = append(m.beforeLife, at.Close)
	flags := EveryCommand{DB: m.db, Timezone: "Asia/Shanghai"}
	keys, err1 := flags.keyring()
	zone, err2 := flags.zone()
	days, err3 := flags.days()
	if err := errors.Join(err1, err2, err3); err != nil {
		m.Fatal(err)
	}
	made := madeCycles{zone: zone}
	if made.app, err = (means{store: at, keys: keys, zone: zone, days: days}).app(); err != nil {
		m.Fatal(err)
	}
	for _, subject := range []string{"hr", "hr-second"} {
		hr, err := made.app.Accounts.Ensure(m.Context(), accounts.Grant{Subject: subject, Role: models.RoleHR, UnitRef: "LX"})
		if err != nil {
			m.Fatal(err)
		}
		made.officers = append(made.officers, auth.Actor{Subject: hr.Subject, Role: hr.Role, UnitID: hr.UnitID})
	}
	for i := range n {
		c, err := made.app.Cycles.Open(m.Context(), made.officers[0], cycles.NewCycle{
			UnitID: *made.officers[0].UnitID, Kind: models.CycleAnnual, Name: fmt.Sprint(now().Unix(), " no. ", i),
			FromOn: models.NewDate(2025, time.January, 1), ToOn: models.NewDate(2025, time.December, 31),
		})
		if err == nil {
			_, err = made.app.Assessments.Request(m.Context(), made.officers[0], c.ID, nil)
		}
		if err == nil {
			_, err = made.app.Assessments.RunNext(m.Context())
		}
		if err != nil {
			m.Fatal(err)
		}
		made.ids = append(made.ids, c.ID)
	}
	return made
}

// signs is a step as one person signs it.
type signs = func(ctx context.Context, actor auth.Actor, in publications.Signing) (*publications.Signed, error)

// bySigns takes a step by two signatures.
func (made *madeCycles) bySigns(m *mortal, sign signs, in publications.Signing) {
	m.Helper()
	for _, officer := range made.officers {
		if _, err := sign(m.Context(), officer, in); err != nil {
			m.Fatal(err)
		}
	}
}
