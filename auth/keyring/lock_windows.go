package keyring

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile waits for a lock on the first byte of the open file.
func lockFile(f *os.File, mode lockMode) error {
	var flags uint32
	if mode == exclusive {
		flags = windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
}
