// Package migrations holds the steps that make and change the tables, for both
// databases, under the same numbers and names. A released file is never edited.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres are the steps for PostgreSQL.
func Postgres() (fs.FS, error) { return fs.Sub(files, "postgres") }

// SQLite are the steps for SQLite.
func SQLite() (fs.FS, error) { return fs.Sub(files, "sqlite") }
