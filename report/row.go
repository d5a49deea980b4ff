package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"steelyard/models"
	"steelyard/scoring"
)

// Row is one official in one post, as every report shows it. Absent numbers are
// NaN, absent ranks 0. Officials and units go by their external ids.
type Row struct {
	Official, Unit      string
	OfficialName        string // empty where nobody has looked it up
	UnitName            string
	Position, PeerGroup string
	PostingFrom         models.Date // tells several postings of one official apart
	Status              models.AssessmentStatus
	Composite           float64 // 0 to 100, as all scores
	Low, High           float64
	Rank                int // 1 is the best of the peer group
	RankLow, RankHigh   int
	Grade               models.GradeProposal
	Components          [scoring.Components]Cell
	Visibility          float64
	ShowcaseGap         float64
	Flags               []string
}

// Cell is one component of a row.
type Cell struct {
	Value, SE float64 // NaN without evidence
	N         float64 // effective number of pieces of evidence
}

// Compare puts rows by peer group, then rank, the unranked last, then by the
// external ids of official and unit and the beginning of the posting. Texts are
// compared as bytes.
func Compare(a, b *Row) int {
	return cmp.Or(
		strings.Compare(a.PeerGroup, b.PeerGroup),
		cmp.Compare(unrankedLast(a.Rank), unrankedLast(b.Rank)),
		strings.Compare(a.Official, b.Official),
		strings.Compare(a.Unit, b.Unit),
		cmp.Compare(a.PostingFrom.EpochDay(), b.PostingFrom.EpochDay()))
}

func unrankedLast(rank int) int {
	if rank == 0 {
		return math.MaxInt
	}
	return rank
}

// Results returns the rows of a result in the order of [Compare], and for each
// the index of its posting in the evidence.
func Results(postings []scoring.Posting, result *scoring.Result) (rows []Row, order []int32) {
	unsorted := make([]Row, len(result.Assessments))
	order = make([]int32, len(result.Assessments))
	for i := range result.Assessments {
		a := &result.Assessments[i]
		unsorted[i] = fromResult(&postings[a.Posting], a)
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return Compare(&unsorted[a], &unsorted[b]) })
	rows = make([]Row, len(order))
	for i, from := range order {
		rows[i] = unsorted[from]
		order[i] = result.Assessments[from].Posting
	}
	return rows, order
}

func fromResult(p *scoring.Posting, a *scoring.Assessment) Row {
	row := Row{
		Official: p.Official, Unit: p.Unit, Position: p.Position, PeerGroup: p.PeerGroup,
		PostingFrom: models.DateFromEpochDay(int32(p.From)),
		Status:      models.AssessmentStatus(a.Status),
		Composite:   a.Composite, Low: a.Low, High: a.High,
		Rank: int(a.Rank), RankLow: int(a.RankLow), RankHigh: int(a.RankHigh),
		Grade: models.GradeProposal(a.Grade), Visibility: a.Visibility, ShowcaseGap: a.ShowcaseGap,
		Flags: make([]string, len(a.Flags)),
	}
	for c := range scoring.Components {
		s := &a.Components[c]
		row.Components[c] = Cell{s.Value, s.SE, s.N}
	}
	for i, f := range a.Flags {
		row.Flags[i] = string(f)
	}
	return row
}

// Stored returns the row of a stored assessment, whose official and unit have
// these external ids.
func Stored(a *models.Assessment, official, unit string) Row {
	row := Row{
		Official: official, Unit: unit, Position: a.Position, PeerGroup: string(a.PeerGroup),
		Status:    a.Status,
		Composite: number(a.Composite), Low: number(a.CompositeLow), High: number(a.CompositeHigh),
		Rank: rank(a.Rank), RankLow: rank(a.RankLow), RankHigh: rank(a.RankHigh),
		Grade: a.Grade, Visibility: number(a.Visibility), ShowcaseGap: number(a.ShowcaseGap),
		Flags: a.Flags,
	}
	for c, name := range models.ScoreComponents {
		s := a.Component(name)
		row.Components[c] = Cell{number(s.Value), number(s.SE), float64(s.N)}
	}
	return row
}

func number(x *models.Score) float64 {
	if x == nil {
		return math.NaN()
	}
	return float64(*x)
}

func rank(x *int) int {
	if x == nil {
		return 0
	}
	return *x
}
