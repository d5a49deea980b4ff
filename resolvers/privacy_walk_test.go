package resolvers_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"steelyard/graph"
	"steelyard/models"
)

// wantRandomIDs wants the ids of a table to tell neither moment nor order.
func (o *office) wantRandomIDs(tables ...string) {
	o.Helper()
	for _, table := range tables {
		var ids []models.ID
		if err := o.store.Read(o.Context()).Table(table).Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
			o.Fatalf("%s: %d ids, %v", table, len(ids), err)
		}
		for _, id := range ids {
			if v := uuid.UUID(id).Version(); v != 4 {
				o.Errorf("%s: %s is of version %d", table, id, v)
			}
		}
	}
}

// TestEvidenceListsShowMonthAndCategory and nothing by which a piece could be found.
func TestEvidenceListsShowMonthAndCategory(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	var fields []string
	for _, f := range schema.Types["EvidencePiece"].Fields {
		fields = append(fields, f.Name)
		if kind := f.Type.Name(); kind != "String" && kind != "Float" {
			t.Errorf("%s is a %s", f.Name, kind)
		}
	}
	slices.Sort(fields)
	if want := []string{"effect", "kind", "month", "source", "value", "weight"}; !slices.Equal(fields, want) {
		t.Errorf("a piece of evidence shows %q, and may show %q", fields, want)
	}
}
