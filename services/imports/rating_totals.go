package imports

import (
	"bytes"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/models"
)

// officialDay is a row of rating_totals.
type officialDay struct {
	official models.ID
	on       models.Date
}

type totals map[officialDay]*[5]int64

func (t totals) add(official models.ID, on models.Date, level int8, n int64) {
	key := officialDay{official, on}
	if t[key] == nil {
		t[key] = &[5]int64{}
	}
	t[key][level-1] += n
}

// addTotals adds to the totals of officials' days, always in the same order of
// rows, so that two writers do not wait for each other.
func (r *run) addTotals(t totals) error {
	if r.tx == nil {
		return nil
	}
	keys := make([]officialDay, 0, len(t))
	for key := range t {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b officialDay) int {
		if c := bytes.Compare(a.official[:], b.official[:]); c != 0 {
			return c
		}
		return int(a.on.EpochDay() - b.on.EpochDay())
	})
	added := map[string]any{}
	for level := '1'; level <= '5'; level++ {
		column := "level" + string(level)
		added[column] = gorm.Expr("rating_totals." + column + " + excluded." + column)
	}
	sum := clause.OnConflict{
		Columns: []clause.Column{{Name: "official_id"}, {Name: "rated_on"}}, DoUpdates: clause.Assignments(added),
	}
	for chunk := range slices.Chunk(keys, asked) {
		rows := totalRows(chunk, t)
		if err := r.tx.Clauses(sum).Create(&rows).Error; err != nil {
			return err
		}
	}
	return nil
}

func totalRows(keys []officialDay, t totals) []models.RatingTotal {
	rows := make([]models.RatingTotal, len(keys))
	for i, key := range keys {
		n := t[key]
		rows[i] = models.RatingTotal{
			OfficialID: key.official, RatedOn: key.on, Level1: n[0], Level2: n[1], Level3: n[2], Level4: n[3], Level5: n[4],
		}
	}
	return rows
}
