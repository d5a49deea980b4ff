package keyring

import (
	"errors"
	"fmt"
	"os"
)

type lockMode int

const (
	shared lockMode = iota
	exclusive
)

// withLock runs f while a lock is held on the file path + ".lock". That file stays: a lock on the keyring itself would
// be lost with each rename, and removing the lock file would let two processes lock two of them. The system releases
// the lock of a process that dies.
func withLock(path string, mode lockMode, f func() error) (err error) {
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock keyring: %w", err)
	}
	// Closing releases the lock.
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := lockFile(lock, mode); err != nil {
		return fmt.Errorf("lock keyring: %w", err)
	}
	return f()
}
