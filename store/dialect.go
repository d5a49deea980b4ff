package store

// Dialect is which of the two databases is open. What differs between them
// stands in this file, each fragment with its reason.
type Dialect string

// The two databases.
const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite"
)

// ForUpdate locks the rows that a query reads. SQLite has one writer and needs
// no row locks.
func (d Dialect) ForUpdate() string {
	if d == Postgres {
		return "FOR UPDATE"
	}
	return ""
}

// SkipLocked locks the rows that a query reads and passes over those that
// another process holds.
func (d Dialect) SkipLocked() string {
	if d == Postgres {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// ByteOrder makes an order by a text column independent of the database's
// collation: both then compare UTF-8 bytes.
func (d Dialect) ByteOrder(column string) string {
	if d == Postgres {
		return column + ` COLLATE "C"`
	}
	return column + " COLLATE BINARY"
}
