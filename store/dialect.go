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

// IndexedBy has a query go by an index of a table. Where a column is unique, SQLite takes it
// that few rows are NULL in it, and reads all that are in place of the few that wait; PostgreSQL
// counts them.
func (d Dialect) IndexedBy(index string) string {
	if d == Postgres || index == "" {
		return ""
	}
	return " INDEXED BY " + index
}

// ByteOrder makes an order by a text column independent of the database's
// collation: both then compare UTF-8 bytes.
func (d Dialect) ByteOrder(column string) string {
	if d == Postgres {
		return column + ` COLLATE "C"`
	}
	return column + " COLLATE BINARY"
}

// FirstOfEach is the source of a query: some rows of a table as `each`, and to each of
// them the rows that a subquery finds for it, a limited number, under the name of their
// table. The subquery orders and limits by an index and reads no more; a window function
// would number all rows first. SQLite has no LATERAL, and evaluates IN for each row.
// The arguments are the rows and the subquery, which selects the columns on PostgreSQL
// and the id on SQLite.
func (d Dialect) FirstOfEach(table, columns string) (source, selected string) {
	if d == Postgres {
		return "(?) AS each CROSS JOIN LATERAL (?) AS " + table, columns
	}
	return "(?) AS each JOIN " + table + " ON " + table + ".id IN (?)", table + ".id"
}
