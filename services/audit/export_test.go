package audit

import (
	"maps"
	"slices"
)

// KnowsUnitOf says whether the trail knows to place a noun.
func KnowsUnitOf(noun string) bool { _, known := units[noun]; return known }

// Nouns are all that the trail knows to place.
func Nouns() []string { return slices.Sorted(maps.Keys(units)) }
