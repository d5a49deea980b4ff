package main

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTheDoctorKnowsAFileSystemOfOthers: what this folder lies on is taken for one that
// other machines share.
func TestTheDoctorKnowsAFileSystemOfOthers(t *testing.T) {
	db := fresh(t)
	must(t, db, "migrate", "up")
	var here unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(db[len("sqlite:"):]), &here); err != nil {
		t.Fatal(err)
	}
	was, is := remote[int64(here.Type)]
	remote[int64(here.Type)] = "a shared disk"
	t.Cleanup(func() {
		if remote[int64(here.Type)] = was; !is {
			delete(remote, int64(here.Type))
		}
	})
	said, _, err := command(t, db, "doctor")
	if err == nil {
		t.Error("it does not fail")
	}
	wantLine(t, said, verdictFail, "file system", "SQLite's locks do not hold on a shared disk", "go to PostgreSQL")
}
