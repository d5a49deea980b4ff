// Package imports reads evidence in the import format into the database.
//
// A source is a folder of the format's CSV files, a .zip of one, or a rejected.csv
// that an earlier import has left. Everything else in a folder or archive is
// passed over, other .csv files with a word ([Notice]): only the format's own names
// are opened, and no name in an archive becomes a path.
//
// # Twice through the folder
//
// An import reads the folder twice, by the same code (but see the first load). The first run checks: it
// reads the database from a snapshot, writes nothing, and finds every fault. A
// folder that has one is refused with the list of them. The second run loads: it
// does all of it again inside one transaction, and writes. Where the second run
// finds other faults than the first, somebody has changed the database meanwhile,
// and nothing is kept; so it is where a file has changed. Two imports wait for
// each other. On SQLite the transaction keeps all other writers waiting from its
// first row to its last; those of another process, such as the server's, give up
// after ten seconds with models.KeyBusy. A large folder is imported there while
// nobody works. On PostgreSQL others wait for the first load of an empty database,
// and for the cases about which an import has decided. A rating that is given
// meanwhile for an encounter that the folder has a rating of ends the import with
// models.KeyImportRaced, and nothing is kept of it.
//
// A reference may lead to a row of the folder or to a record that is stored. What
// is known already is found in batches by its external id, or by the key of files
// that have none: a keyed hash for ratings and reviews, a plain one of all columns
// and the occurrence number for case events and achievements. What is the same is
// left alone. What differs updates units, officials, posts, services, encounters
// and cases, with an entry in the audit trail that names the columns; for ratings,
// reviews and deeds it is a fault. Only an imported rating's official, service,
// channel, invitation and rater, which are its encounter's, follow when the
// encounter is put right.
//
// # Cases that live on
//
// An imported case on which somebody has taken a step here, so that it has an
// event with an actor, has lived on. From then on its history is the one that is
// told here, and the import leaves it alone, whole: a row that says otherwise
// changes no column of it, and events of the folder that are not there yet are
// left out, for they would stand behind steps that came after them. Neither is a
// fault. Such rows count as unchanged, and are named in the report and in the
// audit trail as kept. So a folder may be read again after any work on its cases.
//
// # Times
//
// Instants are kept in UTC and whole microseconds. Where the database keeps a day,
// it is the day in the service's zone. An end (active_to of an official, to of a
// posting) is the first instant that is too late: one at midnight ends the day
// before, and the last day that is stored is included, as everywhere. A posting
// without a beginning in officials.csv counts from [models.SinceEver].
//
// # Anonymity
//
// References to residents, reviewers and beneficiaries are hashed with the key of
// the calendar year and never stored. The year is that of occurred_at, rated_at,
// opened_at, submitted_at or done_at. The rater of a rating is derived from the
// resident under the rating's own year, which gives what the service that takes ratings
// gives for an encounter of that year. Ratings and reviews get random ids and are
// written in their order; the ledger of rated encounters is written in the order
// of the encounters. No table's order so leads from an encounter or a reviewer to
// an answer. What this cannot hide is the size of an import: one that brings a
// single rating shows whose it is to whoever sees the database before and after.
//
// Rows of a year whose key is destroyed are refused. So are rows that would
// change the evidence of a day that a final cycle of the official's unit covers;
// a folder that says what is stored already may be read again at any time.
//
// # Skipping bad rows
//
// With SkipBadRows the rows without faults are imported. Rows that refer to a
// rejected one are rejected too. Options.Rejected receives them: columns file,
// line, column, value and reason say where and why, and behind these stand the
// columns of all files by name, filled with the row's own cells. A row whose cells
// do not fit its header has them in the column extra, as one line of CSV.
// Whoever has corrected the cells imports that file as it is. Its first five
// columns but file are not looked at, a filled extra is a fault, and references
// lead to the database. Importing it twice changes nothing the second time. A quote
// that draws the rows behind it into its cell, and a row without an end, are no faults
// of one row: what they hide would be lost unseen, so that nothing is imported.
//
// # The first load
//
// Into an empty database nothing is looked up, so that one goroutine reads, checks and hashes
// while another has PostgreSQL write what came before, build the indexes of tables that are
// full and check their references. It all stays one transaction.
//
// On PostgreSQL the folder is read once then: nobody works there who would have to wait for what is taken
// back, and copying is quick, so it is loaded while it is checked, and after its first fault only checked. Years that
// had no key get it before the commit; until then their rows are hashed with drafts of it. With
// SkipBadRows it is read twice here too, since what is left out is written down before the commit.
//
// # Memory
//
// Rows pass through in batches. What grows with the folder is what others refer
// to: about 300 bytes an official, unit or service, 90 an encounter, 150 a
// resident, 90 a case, 35 a case event, achievement or deed, 8 a rating, 100 a rejected row.
// Ratings and reviews are put into their order in shares of 32 MiB of file, some
// 250 MB in memory, for each of which the file is read again; the first load holds two of them.
package imports
