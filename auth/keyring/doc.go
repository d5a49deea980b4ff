// Package keyring keeps the keys under which raters, reviewers and imported references are hashed.
//
// There is one 256-bit key a calendar year, in a JSON file outside the database and its backups. With the key a stored
// hash can be compared with a known person; without it nobody can. Destroying a year's key, once every cycle over that
// year is sealed and its remedies have run out, therefore makes that year's raters unknown for good. The year stays in
// the file as destroyed, with the key's fingerprint, so that it is never given a new key by mistake.
//
// Several processes may use one file: changes are made under a lock on a file beside it, written to a temporary file,
// synced, and renamed into place; readers notice the new file by themselves. Destroying also overwrites the old file's
// bytes, which is as much as a program can do: a file system with snapshots or a disk that moves blocks may keep a
// copy, so the file belongs on a volume with neither.
package keyring
