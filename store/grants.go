package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"steelyard/models"
)

// What the application does with a table.
const (
	reads   = "SELECT"
	adds    = "SELECT, INSERT"
	changes = "SELECT, INSERT, UPDATE"
	removes = "SELECT, INSERT, DELETE"
	keeps   = "SELECT, INSERT, UPDATE, DELETE"
)

// grants are what the application's role may do with each table, and no more: it
// makes and alters no table, and switches no trigger off. A test holds them to the
// tables that there are.
var grants = map[string]string{
	// What tells how a result came about is only ever added.
	"audit_blocks":        adds,
	"audit_entries":       adds,
	"audit_members":       adds,
	"case_events":         adds,
	"cycle_results":       adds,
	"policies":            adds,
	"publication_entries": adds,
	"publications":        adds,
	"seals":               adds,
	"tallies":             adds,
	"tally_blocks":        adds,
	// Results: a run writes them once.
	"assessments":  adds,
	"explanations": adds,

	"account_states":          changes, // by triggers
	"account_tokens":          keeps,
	"accounts":                changes,
	"achievements":            changes,
	"appraisal_ballots":       keeps, // written anew by their release
	"appraisal_claims":        adds,
	"appraisal_codes":         adds,
	"appraisal_comments":      keeps,
	"areas":                   keeps,
	"assessment_runs":         changes,
	"attachments":             removes, // erased with their case
	"case_contacts":           keeps,
	"case_transfers":          changes,
	"cases":                   changes,
	"category_rules":          keeps,
	"clocks":                  changes,
	"counter_codes":           changes,
	"counter_uses":            keeps,
	"cycle_grades":            changes,
	"cycle_proposals":         changes,
	"cycles":                  changes,
	"deeds":                   changes,
	"encounter_claims":        removes, // a rating is taken back
	"encounters":              changes,
	"evidence_exclusions":     changes,
	"exclusions":              changes,
	"exports":                 changes,
	"failed_guesses":          keeps,
	"flag_appeals":            changes,
	"goose_db_version":        reads,
	"grade_limits":            changes,
	"grade_quotas":            changes,
	"holidays":                keeps,
	"idempotency_keys":        adds,
	"integrity_checks":        adds,
	"integrity_flags":         changes,
	"key_epochs":              changes,
	"mediations":              changes,
	"notification_deliveries": keeps,
	"notifications":           keeps,
	"objections":              changes,
	"officials":               changes,
	"organisation_states":     changes, // by triggers
	"org_unit_closures":       removes, // made anew from the tree
	"org_units":               changes,
	"peer_reviews":            keeps,
	"positions":               adds,
	"postings":                keeps,
	"rating_forms":            keeps,
	"rating_invitations":      changes,
	"rating_replies":          adds,
	"rating_months":           changes, // with the totals
	"rating_totals":           keeps,
	"rating_undos":            keeps,
	"ratings":                 keeps,
	"reply_duties":            keeps,
	"report_definitions":      keeps,
	"review_assignments":      keeps,
	"review_claims":           removes,
	"review_conflicts":        keeps,
	"review_drafts":           keeps,
	"review_questions":        adds,
	"review_rounds":           changes,
	"review_templates":        changes,
	"routing_rules":           keeps,
	"self_summaries":          changes,
	"services":                changes,
	"settings":                changes,
	"webhooks":                keeps,
}

// ErrNoRole says that there are no roles: SQLite.
var ErrNoRole = errors.New("only PostgreSQL has roles: leave --app-role out")

// appRole is the setting that keeps whom the last grant was to.
const appRole = "app_role"

// Grant gives a role what the application needs, and takes from it whatever else it
// had on our tables. Without a name it is the role that was named the last time, if
// any, so that new tables are the application's as well. It returns whose they are.
//
// The role must exist, and be none that owns the tables or could become their owner:
// it could give itself the rest.
func (s *Store) Grant(ctx context.Context, role string) (string, error) {
	if s.dialect != Postgres {
		if role != "" {
			return "", errors.New("only PostgreSQL has roles: leave --app-role out")
		}
		return "", nil
	}
	err := s.InTx(ctx, func(tx *Tx) error {
		if role == "" {
			err := tx.Model(&models.Setting{}).Where("name = ?", appRole).Pluck("value", &role).Error
			if err != nil || role == "" {
				return err
			}
		}
		if err := tx.grant(ctx, role); err != nil {
			return err
		}
		return tx.Save(&models.Setting{Name: appRole, Value: role}).Error
	})
	return role, err
}

func (tx *Tx) grant(ctx context.Context, role string) error {
	r, err := roleOf(tx.DB, role)
	if err != nil {
		return err
	}
	if r.Fault() != "" {
		return fmt.Errorf("role %s %s: policies and triggers would not bind it", role, r.Fault())
	}
	name, schema := pgx.Identifier{role}.Sanitize(), pgx.Identifier{r.Schema}.Sanitize()
	statements := []string{"REVOKE ALL ON ALL TABLES IN SCHEMA " + schema + " FROM " + name}
	if r.OurSchema { // else it is a superuser's, as before PostgreSQL 15, and open to all
		statements = append(statements, "GRANT USAGE ON SCHEMA "+schema+" TO "+name, "REVOKE CREATE ON SCHEMA "+schema+" FROM PUBLIC, "+name)
	}
	for table, rights := range grants {
		statements = append(statements, "GRANT "+rights+" ON "+table+" TO "+name)
	}
	// The words in a history go when the case is erased; a trigger refuses any other change.
	statements = append(statements, "GRANT UPDATE (note) ON case_events TO "+name)
	for _, statement := range statements {
		if _, err := tx.pgx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// Role is a role of PostgreSQL's, as far as it matters here.
type Role struct {
	Name, Schema        string
	Super, Bypass, Owns bool
	// OurSchema says that whoever asks owns the schema of the tables.
	OurSchema bool
	// Missing are the tables on which it lacks what the application needs.
	Missing []string `gorm:"-"`
}

// Fault says why policies or triggers do not bind the role; empty where they do.
func (r Role) Fault() string {
	switch {
	case r.Super:
		return "is a superuser"
	case r.Bypass:
		return "bypasses row security"
	case r.Owns:
		return "owns the tables"
	}
	return ""
}

// Role is whom the program is connected as. SQLite has none: the zero value.
func (s *Store) Role(ctx context.Context) (Role, error) {
	if s.dialect != Postgres {
		return Role{}, nil
	}
	var name string
	if err := s.Read(ctx).Raw("SELECT current_user").Scan(&name).Error; err != nil {
		return Role{}, err
	}
	r, err := roleOf(s.Read(ctx), name)
	if err != nil {
		return r, err
	}
	var wanted []string
	for table, rights := range grants {
		for _, right := range strings.Split(rights, ", ") {
			wanted = append(wanted, "('"+table+"', '"+right+"')")
		}
	}
	err = s.Read(ctx).Raw("SELECT DISTINCT name FROM (VALUES " + strings.Join(wanted, ", ") +
		") AS w (name, what) WHERE NOT has_table_privilege(name, what) ORDER BY name").Scan(&r.Missing).Error
	if err != nil {
		return r, fmt.Errorf("ask for the role's rights: %w", err)
	}
	return r, nil
}

func roleOf(db *gorm.DB, name string) (Role, error) {
	var r Role
	// Who is a member of the owner can become it.
	err := db.Raw(`SELECT rolname AS name, current_schema() AS schema, rolsuper AS super, rolbypassrls AS bypass,
			(SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = current_schema()) AS our_schema,
			EXISTS (SELECT 1 FROM pg_class WHERE relname = 'audit_entries' AND relnamespace = current_schema()::regnamespace
				AND pg_has_role(pg_roles.oid, relowner, 'MEMBER')) AS owns
		FROM pg_roles WHERE rolname = ?`, name).Scan(&r).Error
	if err == nil && r.Name == "" {
		return r, fmt.Errorf("there is no role %s: make it with CREATE ROLE %s LOGIN", name, pgx.Identifier{name}.Sanitize())
	}
	return r, err
}
