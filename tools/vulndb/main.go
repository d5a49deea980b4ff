// Command vulndb lays the Go vulnerability reports of a folder out as the database
// that govulncheck reads with -db file://OUT (protocol v1 of the Go vulnerability
// database: index/db.json, index/modules.json, index/vulns.json and a file each in ID).
//
//	vulndb FOLDER OUT
//
// FOLDER is data/osv of the module golang.org/x/vulndb: so the check works where
// Go modules can be had and the database's own host cannot be reached.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/semver"
)

// report is what the indexes need of an OSV record.
type report struct {
	ID        string     `json:"id"`
	Modified  time.Time  `json:"modified"`
	Withdrawn *time.Time `json:"withdrawn"`
	Aliases   []string   `json:"aliases"`
	Affected  []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Events []struct {
				Fixed string `json:"fixed"`
			} `json:"events"`
		} `json:"ranges"`
	} `json:"affected"`
}

// module is a line of index/modules.json.
type module struct {
	Path  string      `json:"path"`
	Vulns []moduleBug `json:"vulns"`
}

type moduleBug struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Fixed    string    `json:"fixed,omitempty"` // the last version that mends it
}

// bug is a line of index/vulns.json.
type bug struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases,omitempty"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: vulndb FOLDER OUT")
		os.Exit(2)
	}
	n, err := lay(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulndb:", err)
		os.Exit(1)
	}
	fmt.Printf("%d reports\n", n)
}

// lay writes the database and returns how many reports it holds.
func lay(folder, out string) (int, error) {
	files, err := filepath.Glob(filepath.Join(folder, "GO-*.json"))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("no report in %s", folder)
	}
	for _, dir := range []string{"ID", "index"} {
		if err := os.MkdirAll(filepath.Join(out, dir), 0o755); err != nil {
			return 0, err
		}
	}
	modules, bugs, newest := map[string]*module{}, []bug{}, time.Time{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		var r report
		if err := json.Unmarshal(raw, &r); err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(filepath.Join(out, "ID", r.ID+".json"), raw, 0o600); err != nil {
			return 0, err
		}
		bugs = append(bugs, bug{r.ID, r.Modified, r.Aliases})
		if r.Modified.After(newest) {
			newest = r.Modified
		}
		if r.Withdrawn == nil {
			index(modules, &r)
		}
	}
	list := make([]*module, 0, len(modules))
	for _, m := range modules {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *module) int { return cmp.Compare(a.Path, b.Path) })
	return len(bugs), errors.Join(
		write(out, "modules.json", list), write(out, "vulns.json", bugs),
		write(out, "db.json", map[string]time.Time{"modified": newest}))
}

// index adds a report to the modules that it is about, each once.
func index(modules map[string]*module, r *report) {
	fixed := map[string]string{}
	for _, a := range r.Affected {
		last := fixed[a.Package.Name]
		for _, span := range a.Ranges {
			for _, e := range span.Events {
				if e.Fixed != "" && semver.Compare("v"+e.Fixed, "v"+last) > 0 {
					last = e.Fixed
				}
			}
		}
		fixed[a.Package.Name] = last
	}
	for path, version := range fixed {
		if modules[path] == nil {
			modules[path] = &module{Path: path}
		}
		modules[path].Vulns = append(modules[path].Vulns, moduleBug{r.ID, r.Modified, version})
	}
}

func write(out, name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "index", name), raw, 0o600)
}
