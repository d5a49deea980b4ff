// Package store opens the database, runs transactions, loads rows in bulk and
// holds the little that the two databases do differently.
//
// PostgreSQL is reached through a pgx pool, SQLite through modernc's driver and
// a gorm dialector of our own. Writing goes through [Store.InTx] alone: on
// PostgreSQL a transaction of its own, retried where the database asks for it;
// on SQLite a savepoint in the one writer's group commit.
package store
