package main

import (
	"errors"
	"fmt"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/examples/district"
	"steelyard/models"
	"steelyard/resolvers"
	"steelyard/services/accounts"
	"steelyard/services/assessments"
	"steelyard/services/cycles"
	"steelyard/services/imports"
	"steelyard/services/publications"
	"steelyard/store"
)

const (
	demoIssuer = "steelyard-demo"
	demoSeed   = 2025 // of the district: every demo is the same
	demoSweep  = time.Minute
	demoUnit   = "Q" // the district as a whole
	demoHR     = "demo-hr"
	demoHR2    = "demo-hr-2"
	demoName   = "2025 年度考核" // the annual cycle
	demoBefore = "2024 年度考核" // the one before, whose notice stands

	// demoSetting says what has become of a demo's making.
	demoSetting  = "demo"
	demoMaking   = "making"
	demoFinished = "finished"
)

// makeDemo makes the demonstration data in an empty database. One that demo made
// before is left as it is; any other that holds something is refused.
func (s *session) makeDemo(folder string) error {
	st, err := s.openOrMake()
	if err != nil {
		return err
	}
	return errors.Join(s.fillDemo(st, folder), st.Close())
}

func (s *session) fillDemo(st *store.Store, folder string) error {
	switch state, err := demoState(s, st); {
	case err != nil:
		return err
	case state == demoFinished:
		return nil
	case state == demoMaking:
		return fmt.Errorf("an earlier demo did not finish making %s: delete it, or name another by --db", st.URL())
	}
	if filled, err := holdsData(s, st); err != nil {
		return err
	} else if filled {
		return fmt.Errorf("%s holds data that demo did not make, and is left alone: name another by --db", st.URL())
	}
	if err := setDemoState(s, st, demoMaking); err != nil {
		return err
	}
	zone, err := s.flags.zone()
	if err != nil {
		return err
	}
	keys, err := s.flags.keyring()
	if err != nil {
		return err
	}
	g := newGauge(s.stderr)
	defer g.end()
	g.at("make the district", 0, 0)
	if err := district.WriteTwoYears(folder, demoSeed); err != nil {
		return fmt.Errorf("make the district: %w", err)
	}
	if _, err := (&imports.Service{Store: st, Keys: keys, Zone: zone}).Import(s.ctx, folder, imports.Options{Progress: g.at}); err != nil {
		return fmt.Errorf("import the district: %w", err)
	}
	if err := s.scoreDemo(st, keys, zone, g); err != nil {
		return fmt.Errorf("assess the district: %w", err)
	}
	return setDemoState(s, st, demoFinished)
}

// scoreDemo opens the cycles of 2024 and 2025 for the whole district and makes their
// runs. That of 2024 is published.
func (s *session) scoreDemo(st *store.Store, keys *keyring.Keyring, zone *time.Location, g *gauge) error {
	days, err := s.flags.days()
	if err != nil {
		return err
	}
	app, err := means{store: st, keys: keys, zone: zone, days: days}.app()
	if err != nil {
		return err
	}
	officers := make([]auth.Actor, 2)
	for i, subject := range []string{demoHR, demoHR2} {
		hr, err := app.Accounts.Ensure(s.ctx, accounts.Grant{Subject: subject, Role: models.RoleHR, UnitRef: demoUnit})
		if err != nil {
			return err
		}
		officers[i] = auth.Actor{Subject: hr.Subject, Role: hr.Role, UnitID: hr.UnitID}
	}
	g.at("assess 2024", 0, 0)
	before, err := s.scoreYear(&app, officers[0], 2024, demoBefore)
	if err != nil {
		return err
	}
	for _, officer := range officers {
		if _, err := app.Publications.Publish(s.ctx, officer, publications.Signing{CycleID: before.ID}); err != nil {
			return fmt.Errorf("publish %s: %w", demoBefore, err)
		}
	}
	g.at("assess 2025", 0, 0)
	_, err = s.scoreYear(&app, officers[0], 2025, demoName)
	return err
}

// scoreYear opens the annual cycle of a year and makes its run.
func (s *session) scoreYear(app *resolvers.App, actor auth.Actor, year int, name string) (*models.Cycle, error) {
	cycle, err := app.Cycles.Open(s.ctx, actor, cycles.NewCycle{
		UnitID: *actor.UnitID, Kind: models.CycleAnnual, Name: name,
		FromOn: models.NewDate(year, time.January, 1), ToOn: models.NewDate(year, time.December, 31),
	})
	if err != nil {
		return nil, err
	}
	run, err := app.Assessments.Request(s.ctx, actor, cycle.ID, nil)
	if err != nil {
		return nil, err
	}
	if err := s.finishRun(app.Assessments, app.Assessments.Store, run.ID); err != nil {
		return nil, err
	}
	_, err = app.Integrity.Examine(s.ctx)
	return cycle, err
}

// finishRun makes runs until this one has ended.
func (s *session) finishRun(service *assessments.Service, st *store.Store, id models.ID) error {
	for {
		if _, err := service.RunNext(s.ctx); err != nil {
			return err
		}
		run, err := store.Take[models.AssessmentRun](st.Read(s.ctx).Where("id = ?", id), "AssessmentRun")
		switch {
		case err != nil:
			return err
		case run.State == models.RunDone:
			return nil
		case !run.Active():
			return fmt.Errorf("the run has ended %s: %s", run.State, run.Failure)
		}
	}
}

// demoState is what the database says of its making; empty where demo did not
// make it.
func demoState(s *session, st *store.Store) (string, error) {
	row, err := store.Take[models.Setting](st.Read(s.ctx).Where("name = ?", demoSetting), "Setting")
	if models.CodeOf(err) == models.CodeNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return row.Value, nil
}

func setDemoState(s *session, st *store.Store, state string) error {
	return st.InTx(s.ctx, func(tx *store.Tx) error {
		return tx.Save(&models.Setting{Name: demoSetting, Value: state}).Error
	})
}

// holdsData says whether somebody has begun to use the database.
func holdsData(s *session, st *store.Store) (bool, error) {
	for _, table := range []any{&models.OrgUnit{}, &models.Account{}, &models.Service{}} {
		var n int64
		if err := st.Read(s.ctx).Model(table).Limit(1).Count(&n).Error; err != nil {
			return false, err
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}
