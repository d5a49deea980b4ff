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
	migrateUp struct {
		AppRole string `placeholder:"NAME" help:"Also give this role of PostgreSQL what the application needs, and no more. Later steps give it theirs without being told again."`
	}
	migrateDown   struct{}
	migrateStatus struct{}
)

// Help is the longer text of --help.
func (migrateUp) Help() string {
	return "Run it as the owner of the database. With --app-role NAME the server can then connect as NAME, which cannot alter tables, " +
		"nor change or delete what is only ever added; docs/operations.md shows the whole."
}

func (c migrateUp) Run(s *session) error {
	return s.migrating(func(st *store.Store) error {
		n, err := st.MigrateUp(s.ctx)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.stdout, "%s: %d steps applied\n", st.URL(), n); err != nil {
			return err
		}
		role, err := st.Grant(s.ctx, c.AppRole)
		if err != nil || role == "" {
			return err
		}
		_, err = fmt.Fprintf(s.stdout, "role %s may do what the application needs\n", role)
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
	st, err := store.Open(s.ctx, s.flags.DB, store.Options{Connections: 2})
	if err != nil {
		return err
	}
	return errors.Join(do(st), st.Close())
}
