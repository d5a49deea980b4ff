package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"steelyard/store"
)

// What each folder holds, of a year of its own.
const (
	folderEncounters = 60
	folderCases      = 10
)

// importer is an operator who imports one folder after the other, each by a process of its
// own, which dies with the server.
type importer struct {
	*mortal
	parent string
	done   int
}

func newImporter(m *mortal) *importer { return &importer{mortal: m, parent: m.TempDir()} }

func (*importer) name() string { return "import" }
func (*importer) seats() int   { return 1 }

func (i *importer) piece(n int) {
	folder := i.folder(n)
	for range patience {
		i.alive()
		i.sends(i.name())
		if i.run(folder) {
			i.done++
			return
		}
		if i.Context().Err() != nil {
			return
		}
	}
	i.Errorf("folder %d cannot be imported", n)
}

// run imports a folder, and says whether the program said that all went well.
func (i *importer) run(folder string) bool {
	cmd := i.program("import", folder, "--db", i.db, "--rejected", filepath.Join(i.parent, "rejected.csv"), "--lang", "en")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	i.mu.Lock()
	if i.dead {
		i.mu.Unlock()
		return false
	}
	if err := cmd.Start(); err != nil {
		i.mu.Unlock()
		i.Error(err)
		return false
	}
	i.importing = cmd.Process
	i.mu.Unlock()
	err := cmd.Wait()
	i.mu.Lock()
	i.importing = nil
	i.mu.Unlock()
	return err == nil
}

// folder writes a folder of 2024, of encounters, their ratings and cases.
func (i *importer) folder(n int) string {
	folder := filepath.Join(i.parent, fmt.Sprint("folder", n))
	files := map[string]string{
		"encounters.csv": lines("encounter_id,official_id,service_id,resident_ref,channel,occurred_at", folderEncounters, func(k int) string {
			return fmt.Sprintf("M%d-%d,V%d,YB,R%d,WINDOW,2024-03-%02dT09:00:00+08:00", n, k, k%3+1, k, k%28+1)
		}),
		"ratings.csv": lines("encounter_id,level,rated_at", folderEncounters, func(k int) string {
			return fmt.Sprintf("M%d-%d,%d,2024-03-%02dT10:00:00+08:00", n, k, k%5+1, k%28+1)
		}),
		"cases.csv": lines("case_id,category,official_id,unit_id,channel,opened_at,closed_at,outcome,confirmed", folderCases, func(k int) string {
			return fmt.Sprintf("M%d-%d,政务服务,V1,LX-FW,WINDOW,2024-04-01T09:00:00+08:00,2024-04-03T09:00:00+08:00,RESOLVED,YES", n, k)
		}),
	}
	err := os.MkdirAll(folder, 0o755)
	for _, name := range []string{"units.csv", "officials.csv", "services.csv"} {
		if content, reading := os.ReadFile(filepath.Join(village, name)); reading == nil {
			files[name] = string(content)
		} else {
			err = reading
		}
	}
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600)
		}
	}
	if err != nil {
		i.Error(err)
	}
	return folder
}

// half: of the last folder everything is there or nothing.
func (i *importer) half(st *store.Store) {
	encounters := count(i.mortal, st, "SELECT count(*) FROM encounters WHERE ref LIKE 'M%'")
	ratings := count(i.mortal, st, "SELECT count(*) FROM ratings WHERE rated_on < '2025-01-01'")
	cases := count(i.mortal, st, "SELECT count(*) FROM cases WHERE ref LIKE 'M%'")
	imports := count(i.mortal, st, "SELECT count(*) FROM audit_entries WHERE action = 'import'") - 1 // the village's
	if folders := encounters / folderEncounters; encounters%folderEncounters != 0 || ratings != encounters || cases != folders*folderCases || imports < folders {
		i.Errorf("%d imports left %d encounters, %d ratings and %d cases", imports, encounters, ratings, cases)
	}
}

func (i *importer) look(st *store.Store) {
	if n := count(i.mortal, st, "SELECT count(*) FROM encounters WHERE ref LIKE 'M%'"); n != i.done*folderEncounters || n == 0 {
		i.Errorf("%d encounters of %d folders", n, i.done)
	}
	i.Logf("%d folders were imported", i.done)
}
