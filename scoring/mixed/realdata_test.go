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
