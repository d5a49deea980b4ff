package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// folder writes an import folder: of n ratings, n/500 officials in units of fifty, n/5
// residents and 40 services. --count sets the folder apart: another one has other
// encounters of the same officials.
func folder(_ context.Context, o options, _ io.Writer) error {
	if err := os.MkdirAll(o.folder, 0o755); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(uint64(o.count), uint64(o.ratings)))
	officials := max(o.officials, 20)
	units := 1 + (officials+49)/50
	day := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	file := func(name, header string, n int, line func(i int) string) error {
		return lines(filepath.Join(o.folder, name), n+1, func(i int) string {
			if i == 0 {
				return header
			}
			return line(i - 1)
		})
	}
	met := func(i int) time.Time { // the encounter's time, of its number alone
		return day.Add(time.Duration(uint64(i)*2654435761%(364*86400)) * time.Second)
	}
	return errors.Join(
		file("units.csv", "unit_id,parent_id,name", units, func(i int) string {
			if i == 0 {
				return "CITY,,City"
			}
			return fmt.Sprintf("U%05d,CITY,Unit %d", i, i)
		}),
		file("services.csv", "service_id,name,category", 40, func(i int) string { return fmt.Sprintf("S%02d,Service %d,", i, i) }),
		file("officials.csv", "official_id,unit_id,name,position", officials, func(i int) string {
			return fmt.Sprintf("O%05d,U%05d,Official %d,Position %d", i, 1+i/50, i, i%10)
		}),
		file("encounters.csv", "encounter_id,official_id,service_id,resident_ref,channel,occurred_at,invited", o.ratings, func(i int) string {
			return fmt.Sprintf("E%d-%d,O%05d,S%02d,R%d,WINDOW,%s,YES", o.count, i, r.IntN(officials), r.IntN(40), r.IntN(max(o.ratings/5, 1)), met(i).Format(time.RFC3339))
		}),
		file("ratings.csv", "encounter_id,level,rated_at", o.ratings, func(i int) string {
			return fmt.Sprintf("E%d-%d,%d,%s", o.count, i, 1+r.IntN(5), met(i).Add(time.Hour).Format(time.RFC3339))
		}),
	)
}
