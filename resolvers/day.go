package resolvers

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/ratings"
)

// linesOf are the lines of a day in whichever of the three forms they came.
func linesOf(in graph.RecordEncountersInput) ([]ratings.Line, error) {
	rows, text, file := in.Rows.Value(), in.CSV.Value(), in.CSVFile.Value()
	switch {
	case rows != nil && text == nil && file == nil:
		return linesOfRows(rows), nil
	case rows == nil && text != nil && file == nil:
		return ratings.ParseLines("csv", []byte(*text))
	case rows == nil && text == nil && file != nil:
		raw, err := base64.StdEncoding.DecodeString(*file)
		if err != nil {
			return nil, models.Invalid("csvFile", models.KeyNotText)
		}
		return ratings.ParseLines("csvFile", raw)
	}
	return nil, models.Invalid("rows", models.KeyOneOf, "rows, csv, csvFile")
}

func linesOfRows(rows []*graph.EncounterRowInput) []ratings.Line {
	lines := make([]ratings.Line, len(rows))
	for i, row := range rows {
		lines[i] = ratings.Line{
			Line: i + 1, Official: orZero(row.OfficialRef.Value()), Service: row.ServiceRef, Channel: string(row.Channel),
			Resident: orZero(row.ResidentRef.Value()), Ref: orZero(row.Ref.Value()),
		}
		if said := row.Adverse.Value(); said != nil && *said {
			lines[i].Adverse = string(models.AnswerYes)
		}
		if at := row.OccurredAt.Value(); at != nil {
			lines[i].OccurredAt = at.Format(time.RFC3339Nano)
		}
	}
	return lines
}

// recordedDay is what became of a day: each line with its link or what to mend in it,
// and the latter once more for the whole.
func (r *Resolver) recordedDay(ctx context.Context, recorded []*ratings.Recorded, err error) (*graph.RecordEncountersPayload, error) {
	out := &graph.RecordEncountersPayload{Lines: make([]*graph.RecordedEncounter, len(recorded))}
	whole := err
	for i, line := range recorded {
		problems, err := userErrors(ctx, line.Err)
		if err != nil {
			return nil, err
		}
		out.Lines[i] = &graph.RecordedEncounter{Line: int32(line.Line), Encounter: line.Encounter, UserErrors: problems}
		if line.Invitation != nil {
			out.Lines[i].Invitation = r.link(line.Invitation)
		}
		if e := (&models.Error{}); errors.As(line.Err, &e) {
			whole = errors.Join(whole, models.AtField(fmt.Sprintf("lines.%d.%s", i, e.Field), withoutField(e)))
		}
	}
	out.UserErrors, err = userErrors(ctx, whole)
	return out, err
}

func withoutField(e *models.Error) *models.Error {
	other := *e
	other.Field = ""
	return &other
}
