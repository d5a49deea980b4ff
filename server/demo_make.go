package main

import (
	"errors"
	"fmt"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/examples/district"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/services/assessments"
	"steelyard/services/cycles"
	"steelyard/services/imports"
	"steelyard/store"
)

const (
	demoIssuer = "steelyard-demo"
	demoSeed   = 2025 // of the district: every demo is the same
	demoSweep  = time.Minute
	demoUnit   = "Q" // the district as a whole
	demoHR     = "demo-hr"
	demoName   = "2025 年度考核" // the annual cycle

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
	zone, err := s.common.zone()
	if err != nil {
		return err
	}
	keys, err := s.common.keyring()
	if err != nil {
		return err
	}
	g := newGauge(s.stderr)
	defer g.end()
	g.at("make the district", 0, 0)
	if err := district.Write(folder, demoSeed); err != nil {
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

// scoreDemo opens the cycle of 2025 for the whole district and makes its run.
func (s *session) scoreDemo(st *store.Store, keys *keyring.Keyring, zone *time.Location, g *gauge) error {
	hr, err := (&accounts.Service{Store: st}).Ensure(s.ctx, accounts.Grant{Subject: demoHR, Role: models.RoleHR, UnitRef: demoUnit})
	if err != nil {
		return err
	}
	actor := auth.Actor{Subject: hr.Subject, Role: hr.Role, UnitID: hr.UnitID}
	cycle, err := (&cycles.Service{Store: st}).Open(s.ctx, actor, cycles.NewCycle{
		UnitID: *hr.UnitID, Kind: models.CycleAnnual, Name: demoName,
		FromOn: models.NewDate(2025, time.January, 1), ToOn: models.NewDate(2025, time.December, 31),
	})
	if err != nil {
		return err
	}
	days, err := s.common.days()
	if err != nil {
		return err
	}
	service := newAssessments(st, keys, zone, days, nil)
	run, err := service.Request(s.ctx, actor, cycle.ID, nil)
	if err != nil {
		return err
	}
	g.at("assess", 0, 0)
	return s.finishRun(service, st, run.ID)
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
