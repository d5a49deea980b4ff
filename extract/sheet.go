package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"steelyard/scoring"
)

// SheetFormat is the first word of a sheet.
const SheetFormat = "steelyard sheet v1"

// maxSheet bounds a sheet, in bytes: some hundred thousand officials.
const maxSheet = 256 << 20

// Sheet is the component estimates of whole peer groups and what was made of them.
type Sheet struct {
	Format string       `json:"format"`
	Quotas []SheetQuota `json:"quotas"` // of the units and positions of the lines
	Lines  []SheetRow   `json:"lines"`
}

// SheetQuota is how many of a unit's members of one position can be graded: the policy's
// share of them, rounded down, are the places of EXCELLENT.
type SheetQuota struct {
	Unit     string `json:"unit"`
	Position string `json:"position"`
	Size     int    `json:"size"`
}

// SheetRow is one posting. Absent numbers are null, an absent rank 0.
type SheetRow struct {
	Official     string                    `json:"official"`
	Unit         string                    `json:"unit"`
	Position     string                    `json:"position"`
	PeerGroup    string                    `json:"peerGroup"`
	Disconnected bool                      `json:"disconnected"` // no shared cell or rater compares the official with the group
	Components   map[string]SheetComponent `json:"components"`   // by name; one without evidence may be left out
	Status       string                    `json:"status"`
	Composite    *float64                  `json:"composite"`
	Rank         int32                     `json:"rank"`
	// Chance is the probability of truly lying among the unit's best, as many as there are
	// places; absent: no candidate. LowReliability keeps from any proposal.
	Chance         *float64 `json:"chance"`
	LowReliability bool     `json:"lowReliability"`
	Grade          string   `json:"grade"` // proposed: EXCELLENT, BOUNDARY or empty
}

// SheetComponent is one component's estimate on the composite's scale.
type SheetComponent struct {
	Value  float64  `json:"value"`
	SE     *float64 `json:"se"`
	N      float64  `json:"n"`
	Counts bool     `json:"counts"`
	Weight float64  `json:"weight"`
}

// NewSheet is the sheet of a result.
func NewSheet(postings []scoring.Posting, result *scoring.Result) *Sheet {
	s := &Sheet{Format: SheetFormat, Quotas: make([]SheetQuota, len(result.Quotas)), Lines: make([]SheetRow, len(result.Assessments))}
	for i, q := range result.Quotas {
		s.Quotas[i] = SheetQuota{q.Unit, q.Position, q.Size}
	}
	for i := range result.Assessments {
		a := &result.Assessments[i]
		p := &postings[a.Posting]
		row := SheetRow{
			Official: p.Official, Unit: p.Unit, Position: p.Position, PeerGroup: p.PeerGroup, Disconnected: slices.Contains(a.Flags, scoring.FlagDisconnected),
			Components: map[string]SheetComponent{}, Status: string(a.Status), Composite: number(a.Composite), Rank: a.Rank,
			Chance: number(a.Chance), LowReliability: slices.Contains(a.Flags, scoring.FlagLowReliability), Grade: string(a.Grade),
		}
		for k := range scoring.Components {
			if c := &a.Components[k]; !math.IsNaN(c.Value) {
				row.Components[k.String()] = SheetComponent{c.Value, number(c.SE), c.N, c.Counts, c.Weight}
			}
		}
		s.Lines[i] = row
	}
	return s
}

// number is a number, or nil where there is none.
func number(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// Write writes the sheet as JSON.
func (s *Sheet) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(s)
}

// ReadSheet reads what [Sheet.Write] wrote, and nothing else.
func ReadSheet(r io.Reader) (*Sheet, error) {
	dec := json.NewDecoder(io.LimitReader(r, maxSheet))
	dec.DisallowUnknownFields()
	s := &Sheet{}
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("read the sheet: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || s.Format != SheetFormat {
		return nil, errors.New("read the sheet: it is no sheet of estimates")
	}
	if len(s.Lines) == 0 {
		return nil, errors.New("read the sheet: it has no line")
	}
	for i := range s.Lines {
		for name, c := range s.Lines[i].Components {
			_, known := componentOf[name]
			switch {
			case !known:
				return nil, fmt.Errorf("read the sheet: %s has a component %q", s.Lines[i].Official, name)
			case c.N < 0, c.SE != nil && *c.SE < 0:
				return nil, fmt.Errorf("read the sheet: %s of %s has fewer than no pieces, or a standard error below 0", name, s.Lines[i].Official)
			}
		}
	}
	return s, nil
}

// rounding is how far a composite may lie from what a sheet says: numbers that a
// program wrote with all their digits differ by nothing, and those that somebody
// typed from a report by half of its last digit.
const rounding = 0.005 + 1e-9

// Recompute follows status, weights, composite, rank and proposed grade of every line from
// the values of the components, the chances and a policy, and says what differs from what
// the sheet says. Bounded are lines whose
// composite cannot be followed, since a component was cut off at 0 or 100.
func (s *Sheet) Recompute(policy scoring.Policy) (found []Difference, bounded int) {
	all := differences{}
	for i, f := range followed(s, policy) {
		row := &s.Lines[i]
		all.compare(row.Official, row.Unit, "status", row.Status, string(f.Status))
		all.compare(row.Official, row.Unit, "grade", row.Grade, string(f.Grade))
		if f.Bounded {
			bounded++
		} else {
			if (row.Composite == nil) != math.IsNaN(f.Composite) || row.Composite != nil && math.Abs(*row.Composite-f.Composite) > rounding {
				all.compare(row.Official, row.Unit, "composite", text(valueOf(row.Composite)), text(f.Composite))
			}
			all.compare(row.Official, row.Unit, "rank", rank(row.Rank), rank(f.Rank))
		}
		for k := range scoring.Components {
			if c, ok := row.Components[k.String()]; ok && math.Abs(c.Weight-f.Weight[k]) > rounding {
				all.compare(row.Official, row.Unit, "weight of "+k.String(), text(c.Weight), text(f.Weight[k]))
			}
		}
	}
	return all, bounded
}

func valueOf(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// followed is what follows of a sheet's lines.
func followed(s *Sheet, policy scoring.Policy) []scoring.Followed {
	lines := make([]scoring.SheetLine, len(s.Lines))
	for i := range s.Lines {
		row := &s.Lines[i]
		lines[i] = scoring.SheetLine{
			Unit: row.Unit, Position: row.Position, PeerGroup: row.PeerGroup, Disconnected: row.Disconnected,
			Chance: valueOf(row.Chance), Unsure: row.LowReliability,
		}
		for k := range scoring.Components {
			lines[i].Components[k] = scoring.ComponentScore{Value: math.NaN()}
			if c, ok := row.Components[k.String()]; ok {
				lines[i].Components[k] = scoring.ComponentScore{Value: c.Value, N: c.N, Counts: c.Counts}
			}
		}
	}
	quotas := make([]scoring.Quota, len(s.Quotas))
	for i, q := range s.Quotas {
		quotas[i] = scoring.Quota{Unit: q.Unit, Position: q.Position, Size: q.Size}
	}
	return scoring.Recompute(lines, quotas, policy)
}

// componentOf are the components by name.
var componentOf = func() map[string]scoring.Component {
	of := map[string]scoring.Component{}
	for k := range scoring.Components {
		of[k.String()] = k
	}
	return of
}()
