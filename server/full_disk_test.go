//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestAFullDiskIsToldAndPasses serves a database on a small file system that is then filled
// to its last byte: who rates is told that there is no room, nothing of it is kept, and with
// room again the same key is answered without a restart. PostgreSQL's tables lie there, its
// log elsewhere: without room for its log it ends by itself and is as after a kill.
func TestAFullDiskIsToldAndPasses(t *testing.T) {
	t.Run(string(store.SQLite), func(t *testing.T) {
		folder := t.TempDir()
		smallDisk(t, folder, "16m")
		aFullDisk(t, folder, "sqlite:"+filepath.Join(folder, "steelyard.db"))
	})
	t.Run(string(store.Postgres), func(t *testing.T) {
		cluster := storetest.NewMortal(t)
		folder := cluster.Place()
		smallDisk(t, folder, "100m")
		_, owner := cluster.Database()
		cluster.MoveTo(owner, folder)
		aFullDisk(t, folder, owner)
	})
}

// aFullDisk serves a database that lies in a folder.
func aFullDisk(t *testing.T, folder, db string) {
	watch := newMetrics()
	st, err := store.Open(t.Context(), db, store.Options{System: true, Connections: 4, Observer: watch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := st.MigrateUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newTestSiteOver(t, st, watch)
	s.start(t)
	links := s.links(t, 60)
	if _, err := st.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, filepath.Join(folder, "filler"))
	var refused []string
	for _, link := range links {
		if receipt, answer := s.rates(t, link, true); receipt == "" {
			refused = append(refused, link)
			if !strings.Contains(answer, sentenceOf(models.KeyNoRoom)) || !strings.Contains(answer, `"code":"UNAVAILABLE"`) {
				t.Errorf("a full disk is told as %s", answer)
			}
		}
	}
	if len(refused) < 10 {
		t.Fatalf("%d of %d were refused: the disk was not full", len(refused), len(links))
	}
	kept := func() (n int64) {
		if err := st.Read(t.Context()).Model(&models.Rating{}).Where("receipt_hash IS NOT NULL").Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := kept(); n != int64(len(links)-len(refused)) {
		t.Errorf("%d ratings are kept, and %d were acknowledged", n, len(links)-len(refused))
	}
	if err := os.Remove(filepath.Join(folder, "filler")); err != nil {
		t.Fatal(err)
	}
	for _, link := range refused {
		if receipt, answer := s.rates(t, link, true); receipt == "" {
			t.Errorf("with room again a resident is told %s", answer)
		}
	}
	if n := kept(); n != int64(len(links)) {
		t.Errorf("%d residents have given %d ratings", len(links), n)
	}
	s.send(t, "GET", "/readyz", "").want(t, 200, "ready")
}

// smallDisk makes a folder a file system of its own, of a size. Where nothing may be mounted
// the test is skipped.
func smallDisk(t *testing.T, folder, size string) {
	t.Helper()
	if err := syscall.Mount("steelyard-test", folder, "tmpfs", 0, "size="+size); errors.Is(err, syscall.EPERM) {
		t.Skip("no file system may be mounted here")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// fill writes a file that takes all the room there is.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	piece := make([]byte, 4096)
	for err == nil {
		_, err = file.Write(piece)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
