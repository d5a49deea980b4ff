package district

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Story says what part an official plays in the data.
type Story string

// The stories. Most officials have none.
const (
	StoryNone      Story = ""
	StoryQuiet     Story = "QUIET"     // strong, and without achievements
	StoryShowy     Story = "SHOWY"     // weak, with many achievements and reported deeds
	StoryBought    Story = "BOUGHT"    // weak, with a burst of bought top ratings
	StoryAttacked  Story = "ATTACKED"  // good, with a burst of organised bottom ratings
	StorySelective Story = "SELECTIVE" // invites only residents who went away content
	StoryClique    Story = "CLIQUE"    // gives and gets top marks within a circle of six
	StoryPusher    Story = "PUSHER"    // passes cases on that then come back
	StoryMoved     Story = "MOVED"     // changed posts within the year
	StoryJoined    Story = "JOINED"    // came within the year
	StoryLeft      Story = "LEFT"      // left within the year
	StoryRisen     Story = "RISEN"     // in the year before alone: much weaker than in the year
)

// Official is the hidden truth about one official, which no file of the folder
// holds. It lets a test ask whether an assessment has found it.
type Official struct {
	ID         string
	Name       string
	Position   string  // the last post's position, which is the peer group
	Quality    float64 // practical quality, about standard normal
	Visibility float64 // about standard normal, independent of quality but for the stories
	Story      Story
}

// District is one generated district.
type District struct {
	officials []Official
	tables    []table
}

// table is one CSV file.
type table struct {
	name   string
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// Generate makes the district that belongs to the seed.
func Generate(seed uint64) *District {
	return newWorld(seed).live()
}

// live lets the year happen.
func (w *world) live() *District {
	w.makeEncounters()
	w.makeCases()
	w.makeReviews()
	w.makeDeeds()
	w.makeAchievements()
	return &District{officials: w.officials, tables: w.tables()}
}

// Officials returns the truth about every official, in the order of their ids.
func (d *District) Officials() []Official {
	return append([]Official(nil), d.officials...)
}

// Write puts the import folder into dir, which is made if it does not exist;
// files of the same names are replaced.
func (d *District) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	for _, t := range d.tables {
		var buf bytes.Buffer
		out := csv.NewWriter(&buf)
		if err := out.Write(t.header); err != nil {
			return fmt.Errorf("write the header of %s: %w", t.name, err)
		}
		if err := out.WriteAll(t.rows); err != nil {
			return fmt.Errorf("write %s: %w", t.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, t.name), buf.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Write generates the district of the seed and puts its import folder into dir.
func Write(dir string, seed uint64) error {
	return Generate(seed).Write(dir)
}

// WriteTwoYears is Write with the evidence of the year before as well, so that an
// assessment can be set beside an earlier one.
func WriteTwoYears(dir string, seed uint64) error {
	d := Generate(seed)
	for i, earlier := range GenerateYearBefore(seed).tables {
		if evidence[earlier.name] {
			d.tables[i].rows = append(earlier.rows, d.tables[i].rows...)
		}
	}
	return d.Write(dir)
}

// world is a district in the making.
type world struct {
	seed       uint64
	before     bool // the year before: other draws, and ids of its own
	year       *year
	officials  []Official
	careers    []career
	posts      []post
	residents  []resident
	encounters []encounter
	cases      []caseRecord
	reviews    []review
	deeds      []deed
	honours    []honour
}

// dice returns a random source of its own for each part of the world, so that a
// change to one part leaves the draws of the others as they are.
func (w *world) dice(part uint64) dice {
	if w.before {
		part += 100
	}
	return dice{rand.New(rand.NewPCG(w.seed, part))}
}
