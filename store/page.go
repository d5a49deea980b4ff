package store

import (
	"gorm.io/gorm"

	"steelyard/models"
)

// Cut keeps the rows of a page of which one more was read to see whether
// another page follows.
func Cut[T any](rows []T, first int) []T { return rows[:min(len(rows), first)] }

// ByID reads the rows that have one of the ids, by id: a missing row is missing
// in the map and cannot shift its neighbours.
func ByID[T any](query *gorm.DB, ids []models.ID, key func(*T) models.ID) (map[models.ID]*T, error) {
	var rows []*T
	if err := query.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	found := make(map[models.ID]*T, len(rows))
	for _, r := range rows {
		found[key(r)] = r
	}
	return found, nil
}
