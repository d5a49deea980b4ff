package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// filePlace says whether SQLite's locks hold where its file lies.
func filePlace(path string) finding {
	kind, err := networkFileSystem(filepath.Dir(path))
	switch {
	case err != nil:
		return warn("file system", "what it is cannot be told: %v", err)
	case kind != "":
		return placedOn(kind)
	}
	return ok("file system", "of this machine")
}

// placedOn is what the doctor says of a file on a network file system.
func placedOn(kind string) finding {
	return fail("file system", "SQLite's locks do not hold on %s: two processes can destroy the database; move it to a disk of this machine, or go to PostgreSQL", kind)
}

// unread says whether others on the machine can read the database's file, beside its rights.
func unread(path string) finding {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fail("file", "%v", err)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return warn("file", "%s: mode %04o lets others on this machine read every answer; use chmod 600, also for the file that ends in -wal", path, info.Mode().Perm())
	}
	return ok("file", "%s is its owner's alone", path)
}

// memoryLimit says whether the program knows of the memory that it may use: where a
// container may use less than the machine has, it would be ended instead of tidying up.
func memoryLimit(cgroup, told string) finding {
	raw, err := os.ReadFile(filepath.Join(cgroup, "memory.max"))
	if err != nil {
		raw, err = os.ReadFile(filepath.Join(cgroup, "memory/memory.limit_in_bytes"))
	}
	limit, unread := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 64)
	const machine = 1 << 60 // what stands there where there is none
	switch {
	case err != nil || unread != nil || limit >= machine:
		return ok("memory", "all that this machine has")
	case told == "":
		return warn("memory", "%d MB and no more may be used, and the program does not know: set GOMEMLIMIT=%dMiB", limit/megabytes, limit/megabytes*9/10)
	}
	return ok("memory", "%s", fmt.Sprintf("%d MB, GOMEMLIMIT=%s", limit/megabytes, told))
}
