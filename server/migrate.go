package main

import (
	"errors"
	"fmt"

	"steelyard/store"
)

type migrateCmd struct {
	Up     migrateUp     `cmd:"" help:"Apply every step that is missing."`
	Down   migrateDown   `cmd:"" help:"Take the newest step back, and the data it holds with it."`
	Status migrateStatus `cmd:"" help:"List the steps."`
}

type (
	migrateUp     struct{}
	migrateDown   struct{}
	migrateStatus struct{}
)

func (migrateUp) Run(s *session) error {
	return s.migrating(func(st *store.Store) error {
		n, err := st.MigrateUp(s.ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.stdout, "%s: %d steps applied\n", st.URL(), n)
		return err
	})
}

func (migrateDown) Run(s *session) error {
	return s.migrating(func(st *store.Store) error {
		version, err := st.MigrateDown(s.ctx)
		if err != nil {
			return err
		}
		if version == 0 {
			_, err = fmt.Fprintln(s.stdout, "there is no step to take back")
			return err
		}
		_, err = fmt.Fprintf(s.stdout, "step %d taken back\n", version)
		return err
	})
}

func (migrateStatus) Run(s *session) error {
	return s.migrating(func(st *store.Store) error {
		steps, err := st.Migrations(s.ctx)
		if err != nil {
			return err
		}
		for _, m := range steps {
			state := "missing"
			if m.Applied {
				state = "applied"
			}
			if _, err := fmt.Fprintf(s.stdout, "%-8s %s\n", state, m.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *session) migrating(do func(*store.Store) error) error {
	st, err := store.Open(s.ctx, s.common.DB, store.Options{Connections: 2})
	if err != nil {
		return err
	}
	return errors.Join(do(st), st.Close())
}
