package resolvers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"steelyard/models"
	"steelyard/store"
)

// unknowns are what somebody wants to know: of each person as many numbers. Equations are
// over all of them.
type unknowns struct{ persons, each int }

// none is an equation in which nothing stands yet.
func (u unknowns) none() []float64 { return make([]float64, u.persons*u.each) }

// tellsOf finds fewer persons than a figure needs of whom anything follows from what was
// seen: an equation in which nobody else stands. There is one among those that follow if
// they are fewer independent ones once all that is theirs is taken away.
func (u unknowns) tellsOf(seen [][]float64, few int) (persons []int) {
	var all sums
	for _, row := range seen {
		all.learn(row)
	}
	for set := uint(1); set < 1<<u.persons; set++ {
		var of []int
		for p := range u.persons {
			if set&(1<<p) != 0 {
				of = append(of, p)
			}
		}
		if len(of) >= few {
			continue
		}
		var others sums
		for _, row := range all.rows {
			rest := slices.Clone(row)
			for _, p := range of {
				clear(rest[p*u.each : (p+1)*u.each])
			}
			others.learn(rest)
		}
		if len(others.rows) < len(all.rows) {
			return of
		}
	}
	return nil
}

// TestPersonsAreSolvedFor by what can be done by hand.
func TestPersonsAreSolvedFor(t *testing.T) {
	u := unknowns{persons: 4, each: 2}
	both := []float64{1, 0, 1, 0, 1, 0, 1, 0} // the first number of all four
	for _, c := range []struct {
		name string
		seen [][]float64
		few  int
		want int
	}{
		{"a sum over all", [][]float64{both}, 4, 0},
		{"a sum over all, where four are few", [][]float64{both}, 5, 4},
		{"and one over three", [][]float64{both, {1, 0, 1, 0, 1, 0, 0, 0}}, 3, 1},
		{"another number of three", [][]float64{both, {0, 1, 0, 1, 0, 1, 0, 0}}, 3, 0},
		{"sums and differences", [][]float64{{1, 1, 1, 1, 0, 0, 0, 0}, {0, 0, 1, 1, 1, 1, 0, 0}, {1, 1, 0, 0, 1, 1, 0, 0}}, 2, 1},
	} {
		if got := u.tellsOf(c.seen, c.few); len(got) != c.want {
			t.Errorf("%s: it tells of %v, want %d persons", c.name, got, c.want)
		}
	}
}

// sheetWorld is a round that is over: whom reviewers gave which mark on what.
type sheetWorld struct {
	relation []models.Relation               // by reviewer
	marks    []map[models.Dimension]int      // by reviewer
	voters   []models.VoterClass             // by voter
	grades   []map[int]models.AppraisalGrade // by voter: of each official
}

// TestResultsOfReviewsTellOfNoFew asks for the results of random small rounds, and for what
// the explanation of an assessment says of the same marks, and solves.
func TestResultsOfReviewsTellOfNoFew(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	cycle := o.parse(o.cycle("hr-north", "north"))
	random := rand.New(rand.NewPCG(11, 12))
	shown, withheld := 0, 0
	for range 80 {
		round, w := o.endedRound(cycle), drawSheets(random)
		o.writeSheets(round, w)
		u := unknowns{len(w.marks), len(models.Dimensions)}
		at := func(reviewer int, d models.Dimension) int {
			return reviewer*u.each + slices.Index(models.Dimensions, d)
		}
		// The plain mean of all marks is the raw figure of the explanation.
		everything := u.none()
		for r, marks := range w.marks {
			for d := range marks {
				everything[at(r, d)] = 1
			}
		}
		seen := [][]float64{everything}
		for _, row := range o.ok("hr-north", reviewFigures, "id", round.String(), "o", o.ids["ann"]).list("reviewResults") {
			f := row.(map[string]any)
			equation, sum := u.none(), 0
			for r, marks := range w.marks {
				mark, said := marks[models.Dimension(f["dimension"].(string))]
				if said && (f["relation"] == nil || f["relation"] == string(w.relation[r])) {
					equation[at(r, models.Dimension(f["dimension"].(string)))] = 1
					sum += mark
				}
			}
			if n := f["reviewers"].(float64); math.Abs(n*f["mean"].(float64)-float64(sum)) > 1e-9 {
				t.Fatalf("%v is not the mean of %d", f, sum)
			}
			seen = append(seen, equation)
		}
		shown += len(seen) - 1
		if len(seen) == 1 {
			withheld++
			if len(w.marks) < 5 {
				continue // a round of so few reaches a run as a whole
			}
		}
		if of := u.tellsOf(seen, min(5, len(w.marks))); of != nil {
			t.Errorf("of reviewers %v follows from what is shown: %v, %v", of, w.relation, w.marks)
		}
	}
	if shown < 80 || withheld == 0 {
		t.Errorf("%d figures are shown, and of %d rounds none", shown, withheld)
	}
}

const reviewFigures = `query($id: ID!, $o: ID!) { reviewResults(roundId: $id, officialId: $o) { relation dimension reviewers mean } }`

// endedRound is a round of a cycle that is over.
func (o *office) endedRound(cycle models.ID) models.ID {
	o.Helper()
	day := models.NewDate(2025, 2, 1)
	round := &models.ReviewRound{ID: models.NewID(), CycleID: cycle, Name: "r", State: models.RoundClosed, OpensOn: day, ClosesOn: day, EndedOn: &day}
	o.write(round)
	return round.ID
}

// drawSheets draws up to nine reviewers of some relations, who leave dimensions out.
func drawSheets(random *rand.Rand) sheetWorld {
	var w sheetWorld
	relations := []models.Relation{models.RelationPeer, models.RelationPeer, models.RelationSubordinate, models.RelationSuperior, models.RelationExternal}
	relations = relations[:1+random.IntN(len(relations))]
	often := map[models.Dimension]int{}
	for _, d := range models.Dimensions {
		often[d] = 2 + random.IntN(9) // in ten
	}
	for range 3 + random.IntN(7) {
		marks := map[models.Dimension]int{}
		for _, d := range models.Dimensions {
			if random.IntN(10) < often[d] {
				marks[d] = 1 + random.IntN(5)
			}
		}
		if len(marks) > 0 {
			w.relation = append(w.relation, relations[random.IntN(len(relations))])
			w.marks = append(w.marks, marks)
		}
	}
	return w
}

func (o *office) writeSheets(round models.ID, w sheetWorld) {
	o.Helper()
	rows := []any{&models.ReviewAssignment{ID: models.NewID(), RoundID: round, OfficialID: o.id("ann"), ReviewerID: o.id("bob"), Relation: models.RelationPeer}}
	for r, marks := range w.marks {
		key := make([]byte, 32)
		key[0] = byte(r)
		for d, score := range marks {
			rows = append(rows, &models.PeerReview{
				ID: models.NewRandomID(), OfficialID: o.id("ann"), ReviewerKey: key, KeyYear: 2025, Relation: w.relation[r], Dimension: d, Score: score,
				SubmittedOn: models.NewDate(2025, 2, 1), RoundID: &round, Released: true, Answers: []models.ReviewAnswer{},
			})
		}
	}
	o.write(rows...)
}

// TestResultsOfAppraisalsTellOfNoFew does the same with ballots: by class, and weighted.
func TestResultsOfAppraisalsTellOfNoFew(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	cycle := o.parse(o.cycle("hr-north", "north"))
	random := rand.New(rand.NewPCG(13, 14))
	grades := models.AppraisalGrades
	names := map[models.AppraisalGrade]string{
		models.AppraisalExcellent: "excellent", models.AppraisalCompetent: "competent",
		models.AppraisalBasicallyCompetent: "basicallyCompetent", models.AppraisalIncompetent: "incompetent",
	}
	weights := map[models.VoterClass]float64{models.VoterClassA: 40, models.VoterClassB: 30, models.VoterClassC: 30}
	shown := 0
	for range 40 {
		round := o.endedRound(cycle)
		w := drawBallots(random)
		o.writeBallots(round, w)
		results := o.ok("hr-north", ballotFigures, "round", round.String()).list("appraisalResults")
		for i, ref := range []string{"ann", "bob"} {
			result := results[i].(map[string]any)
			if got := result["official"].(map[string]any)["ref"]; got != ref {
				t.Fatalf("%v instead of %s", got, ref)
			}
			u := unknowns{len(w.voters), len(grades)}
			n := map[models.VoterClass]float64{}
			for v, class := range w.voters {
				if _, said := w.grades[v][i]; said {
					n[class]++
				}
			}
			// of is the equation of a grade's share in classes, each with its weight, and the share.
			of := func(grade models.AppraisalGrade, by map[models.VoterClass]float64) (equation []float64, share float64) {
				equation = u.none()
				for v, class := range w.voters {
					if weight := by[class]; weight > 0 && n[class] > 0 {
						equation[v*u.each+slices.Index(grades, grade)] = weight / n[class]
						if w.grades[v][i] == grade {
							share += weight / n[class]
						}
					}
				}
				return equation, share
			}
			var seen [][]float64
			learn := func(figure map[string]any, by map[models.VoterClass]float64) {
				shown++
				for grade, name := range names {
					equation, share := of(grade, by)
					if math.Abs(share-figure[name].(float64)) > 1e-9 {
						t.Fatalf("%s of %v is shown as %v, and is %v in the classes that are shown", name, by, figure[name], share)
					}
					seen = append(seen, equation)
				}
			}
			together, total := map[models.VoterClass]float64{}, 0.0
			for _, c := range result["classes"].([]any) {
				figure := c.(map[string]any)
				class := models.VoterClass(figure["voterClass"].(string))
				learn(figure, map[models.VoterClass]float64{class: 1})
				together[class] = weights[class]
				total += weights[class]
			}
			if all, is := result["weighted"].(map[string]any); is {
				for class := range together {
					together[class] /= total
				}
				learn(all, together)
			}
			if few := u.tellsOf(seen, 5); few != nil {
				t.Errorf("of voters %v follows from what is shown of %s: %v, %v", few, ref, w.voters, w.grades)
			}
		}
	}
	if shown < 40 {
		t.Errorf("%d figures are shown", shown)
	}
}

const ballotFigures = `query($round: ID!) { appraisalResults(roundId: $round) { official { ref }
	classes { voterClass excellent competent basicallyCompetent incompetent } weighted { excellent competent basicallyCompetent incompetent } } }`

// drawBallots draws up to a dozen voters on two officials, who abstain at times.
func drawBallots(random *rand.Rand) sheetWorld {
	var w sheetWorld
	for range 4 + random.IntN(8) {
		grades := map[int]models.AppraisalGrade{}
		for i := range 2 {
			if random.IntN(6) > 0 {
				grades[i] = models.AppraisalGrades[random.IntN(4)]
			}
		}
		w.voters = append(w.voters, models.VoterClasses[min(2, random.IntN(5))])
		w.grades = append(w.grades, grades)
	}
	return w
}

func (o *office) writeBallots(round models.ID, w sheetWorld) {
	o.Helper()
	var rows []any
	for i, ref := range []string{"ann", "bob"} {
		rows = append(rows, &models.ReviewAssignment{
			ID: models.NewID(), RoundID: round, OfficialID: o.id(ref), ReviewerID: o.id([]string{"bob", "ann"}[i]), Relation: models.RelationPeer,
		})
	}
	for v, class := range w.voters {
		ballot := &models.AppraisalBallot{ID: models.NewRandomID(), RoundID: round, VoterClass: class, SubmittedOn: models.NewDate(2025, 2, 1), Released: true, Marks: []models.AppraisalMark{}}
		for i, ref := range []string{"ann", "bob"} {
			if grade, said := w.grades[v][i]; said {
				ballot.Marks = append(ballot.Marks, models.AppraisalMark{OfficialID: o.id(ref), Grade: grade})
			}
		}
		rows = append(rows, ballot)
	}
	o.write(rows...)
	if len(rows) < 3 {
		o.Fatal(fmt.Sprint("no ballots in ", round))
	}
}
