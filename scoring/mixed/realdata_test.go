package mixed

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// records are the lines of a CSV file of the folder that STEELYARD_TEST_DATA
// names, by column name.
type records struct {
	t      testing.TB
	column map[string]int
	rows   [][]string
}

// realData reads a file of the real data. Without the folder the test is skipped,
// since the data may not stand in this repository; CI must have it.
func realData(t testing.TB, name string) *records {
	t.Helper()
	folder := os.Getenv("STEELYARD_TEST_DATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("STEELYARD_TEST_DATA is not set")
		}
		t.Skip("STEELYARD_TEST_DATA is not set")
	}
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	r := &records{t: t, column: map[string]int{}, rows: rows[1:]}
	for i, c := range rows[0] {
		r.column[c] = i
	}
	return r
}

func (r *records) cell(row []string, column string) string {
	i, ok := r.column[column]
	if !ok {
		r.t.Fatalf("no column %s", column)
	}
	return row[i]
}

// keep leaves the rows for which f holds.
func (r *records) keep(f func(cell func(string) string) bool) *records {
	out := &records{t: r.t, column: r.column}
	for _, row := range r.rows {
		if f(func(c string) string { return r.cell(row, c) }) {
			out.rows = append(out.rows, row)
		}
	}
	return out
}

func (r *records) numbers(column string) []float64 {
	out := make([]float64, len(r.rows))
	for i, row := range r.rows {
		v, err := strconv.ParseFloat(r.cell(row, column), 64)
		if err != nil {
			r.t.Fatal(err)
		}
		out[i] = v
	}
	return out
}

// factor numbers the distinct combinations of the columns by first appearance.
func (r *records) factor(columns ...string) (Factor, map[string]int32) {
	f := Factor{Name: strings.Join(columns, "×")}
	numbers := map[string]int32{}
	for _, row := range r.rows {
		parts := make([]string, len(columns))
		for i, c := range columns {
			parts[i] = r.cell(row, c)
		}
		key := strings.Join(parts, "\x00")
		n, ok := numbers[key]
		if !ok {
			n = int32(len(numbers))
			numbers[key] = n
		}
		f.Index = append(f.Index, n)
	}
	f.Levels = len(numbers)
	return f, numbers
}

func (r *records) levels(columns ...string) Factor {
	f, _ := r.factor(columns...)
	return f
}

// relative fails where got is further than half a unit of the third digit from want.
func relative(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 5e-4*math.Abs(want)) {
		t.Errorf("%s: %.8g, want %.8g to three digits", what, got, want)
	}
}

func instEval(t testing.TB) (r *records, p Problem) {
	r = realData(t, "insteval/insteval.csv.gz")
	p.Y = r.numbers("y")
	p.Random = []Factor{r.levels("d"), r.levels("s")}
	p.Fixed = []Factor{intercept(len(p.Y))}
	return r, p
}

// Oracle: lme4 1.1-31, model A, with its predictions and conditional standard
// deviations by lecturer.
func TestInstEvalModelA(t *testing.T) {
	r, p := instEval(t)
	s := mustFit(t, p, Options{})
	near(t, "lecturer", s.Variances[0], .2737349, 2e-6)
	near(t, "student", s.Variances[1], .1062145, 2e-6)
	near(t, "residual", s.Residual, 1.3871797, 2e-6)
	near(t, "intercept", s.FixedEffects[0][0], 3.254158, 1e-6)
	near(t, "its standard error", s.FixedSE[0][0], .0183895, 1e-6)
	near(t, "criterion", s.Criterion, 237783.88, 5e-3)

	_, number := r.factor("d")
	want := realData(t, "insteval/expected-blup-model-a.csv")
	if len(want.rows) != p.Random[0].Levels {
		t.Fatalf("%d lecturers expected, %d read", len(want.rows), p.Random[0].Levels)
	}
	blup, sd := want.numbers("blup"), want.numbers("pev_sd")
	for i, row := range want.rows {
		d := want.cell(row, "d")
		near(t, "lecturer "+d, s.Effects[0][number[d]], blup[i], 1e-5)
		near(t, "conditional sd of lecturer "+d, math.Sqrt(s.ConditionalPEV[0][number[d]]), sd[i], 1e-5)
	}
}

// Oracle: lme4 and MixedModels.jl, ML of model A.
func TestInstEvalML(t *testing.T) {
	_, p := instEval(t)
	s := mustFit(t, p, Options{ML: true})
	near(t, "criterion", s.Criterion, 237777.726, 1e-3)
}

// Oracle: lme4, models C (fixed service) and D (fixed department × service).
func TestInstEvalFixedCells(t *testing.T) {
	r, p := instEval(t)
	p.Fixed = []Factor{r.levels("service")}
	s := mustFit(t, p, Options{})
	relative(t, "C: student", s.Variances[1], .1056549)
	relative(t, "C: lecturer", s.Variances[0], .2714832)
	relative(t, "C: residual", s.Residual, 1.3866136)

	p.Fixed = []Factor{r.levels("dept", "service")}
	s = mustFit(t, p, Options{})
	relative(t, "D: student", s.Variances[1], .1056196)
	relative(t, "D: lecturer", s.Variances[0], .2623385)
	relative(t, "D: residual", s.Residual, 1.3849321)
}

// skating is mark ~ dimension + skater + judge + pair, zeros (no mark) left out.
func skating(t testing.TB) Problem {
	r := realData(t, "figure-skating/component_scores.csv.gz").keep(func(cell func(string) string) bool {
		v, err := strconv.ParseFloat(cell("score"), 64)
		if err != nil {
			t.Fatal(err)
		}
		return v != 0
	})
	return Problem{
		Y:      r.numbers("score"),
		Fixed:  []Factor{r.levels("dimension")},
		Random: []Factor{r.levels("skater_id"), r.levels("judge_id"), r.levels("judge_id", "skater_id")},
	}
}

// Oracle: lme4, the second model of the data's README.
func TestFigureSkatingWithPairs(t *testing.T) {
	s := mustFit(t, skating(t), Options{})
	relative(t, "skater", s.Variances[0], 1.42766)
	relative(t, "judge", s.Variances[1], .02217)
	relative(t, "pair", s.Variances[2], .11059)
	relative(t, "residual", s.Residual, .10752)
	if s.N != 77630 {
		t.Errorf("%d marks, want 77630", s.N)
	}
}

// Oracle: lme4, the three models of the data's README.
func TestConsumidor(t *testing.T) {
	evaluated := func(cell func(string) string) bool { return cell("nota") != "" }
	r := realData(t, "consumidor-gov-br/complaints.csv.gz").keep(evaluated)
	p := Problem{Y: r.numbers("nota"), Fixed: []Factor{intercept(len(r.rows))}, Random: []Factor{r.levels("empresa_id")}}
	s := mustFit(t, p, Options{})
	relative(t, "company", s.Variances[0], .29032)
	relative(t, "residual", s.Residual, 2.67029)

	p.Fixed = []Factor{r.levels("area", "grupo_problema")}
	s = mustFit(t, p, Options{})
	relative(t, "company, category fixed", s.Variances[0], .246645)
	relative(t, "residual, category fixed", s.Residual, 2.626922)

	for i, row := range r.rows {
		p.Y[i] = 0
		if r.cell(row, "avaliacao") == "Resolvida" {
			p.Y[i] = 1
		}
	}
	s = mustFit(t, p, Options{})
	relative(t, "company, solved", s.Variances[0], .01685)
	relative(t, "residual, solved", s.Residual, .22337)
}

// Oracle: lme4, the two models of the data's README.
func TestServiceNow(t *testing.T) {
	r := realData(t, "servicenow-incidents/incidents.csv.gz").keep(func(cell func(string) string) bool {
		return cell("resolved_by") != "" && cell("category") != ""
	})
	var y []float64
	for _, row := range r.rows {
		closed := r.cell(row, "resolved_at")
		if closed == "" {
			closed = r.cell(row, "closed_at")
		}
		opened, err := time.Parse(time.RFC3339, r.cell(row, "opened_at"))
		if err != nil {
			t.Fatal(err)
		}
		end, err := time.Parse(time.RFC3339, closed)
		if err != nil {
			t.Fatal(err)
		}
		y = append(y, math.Log1p(end.Sub(opened).Hours()))
	}
	p := Problem{Y: y, Fixed: []Factor{intercept(len(y))}, Random: []Factor{r.levels("resolved_by"), r.levels("caller_id")}}
	s := mustFit(t, p, Options{})
	relative(t, "resolver", s.Variances[0], 2.05114)
	relative(t, "caller", s.Variances[1], .23289)
	relative(t, "residual", s.Residual, 3.64534)

	p.Fixed = []Factor{r.levels("category"), r.levels("priority")}
	s = mustFit(t, p, Options{})
	relative(t, "resolver, case mix fixed", s.Variances[0], 1.94170)
	relative(t, "caller, case mix fixed", s.Variances[1], .21579)
	relative(t, "residual, case mix fixed", s.Residual, 3.53543)
	t.Logf("rows %d, rank %d, iterations %d", s.N, s.Rank, s.Iterations)
}
