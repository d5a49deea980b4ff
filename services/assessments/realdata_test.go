package assessments_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/report"
	"steelyard/scoring"
	"steelyard/services/assessments"
	"steelyard/services/imports"
	"steelyard/store"
)

// realData are the data sets that come from outside, with the years they tell of
// and how many officials have a row.
var realData = []struct {
	set       string
	period    string
	officials int
	effects   map[string]float64 // published variance components; the residual too
	again     store.Dialect      // where it is imported a second time
}{
	{"boston311-2015", "2015-01-01/2015-12-31", 150, nil, ""},
	{"consumidor-gov-br", "2014-05-01/2014-12-31", 167, nil, ""},
	{"figure-skating", "2016-01-01/2018-12-31", 319, nil, store.Postgres},
	// Student, lecturer and residual of model D: services fixed (lme4, REML).
	{"insteval", "2010-01-01/2010-12-31", 1128, map[string]float64{"rater": 0.1056196, "official": 0.2623385, "residual": 1.3849321}, ""},
	{"servicenow-incidents", "2016-01-01/2016-12-31", 191, nil, store.SQLite},
}

// TestRealDataGivesTheSameBytes imports and assesses each data set on both
// databases, and once more after a second import, of cases on one of them and of marks on
// the other: what each does with a second import is tried on smaller data too.
func TestRealDataGivesTheSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("real data are too much for a short run")
	}
	folder := os.Getenv("STEELYARD_TEST_DATA")
	if folder == "" && os.Getenv("CI") != "true" {
		t.Skip("STEELYARD_TEST_DATA is not set: the real data sets are not tried")
	} else if folder == "" {
		t.Fatal("STEELYARD_TEST_DATA is not set")
	}
	for _, data := range realData {
		t.Run(data.set, func(t *testing.T) {
			period, err := models.ParsePeriod(data.period)
			if err != nil {
				t.Fatal(err)
			}
			archive, first := filepath.Join(folder, data.set, "import.zip"), ""
			for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
				s := imported(t, d, archive)
				file := fileOf(t, s, period, data.effects)
				if lines := strings.Count(file, "\n"); lines != data.officials+1 {
					t.Errorf("%s: %d lines for %d officials", d, lines, data.officials)
				}
				if first == "" {
					first = file
				}
				if file != first {
					t.Errorf("%s: the databases differ:\n%s", d, firstDifference(first, file))
				}
				if d != data.again {
					continue
				}
				again, err := (&imports.Service{Store: s.Store, Keys: s.Keys, Zone: s.Zone}).Import(t.Context(), archive, imports.Options{})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range again.Files {
					if f.Inserted+f.Updated+f.Rejected != 0 || f.Unchanged != f.Read {
						t.Errorf("%s: the second import of %s: %+v", d, f.Name, f)
					}
				}
				if second := fileOf(t, s, period, nil); second != first {
					t.Errorf("%s: after a second import:\n%s", d, firstDifference(first, second))
				}
			}
		})
	}
}

// fileOf assesses everything over a period, and holds the fit of the ratings to
// published variance components.
func fileOf(t *testing.T, s *assessments.Service, period models.Period, published map[string]float64) string {
	t.Helper()
	c, err := s.Compute(t.Context(), nil, period, scoring.DefaultPolicy(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, fit := range c.Fits {
		if fit.Component != scoring.Satisfaction {
			continue
		}
		got := map[string]float64{"residual": fit.Residual}
		for _, e := range fit.Effects {
			got[e.Name] = e.Variance
		}
		for name, want := range published {
			if math.Abs(got[name]-want) > 0.0005*want {
				t.Errorf("the variance of %s is %.7f, published %.7f", name, got[name], want)
			}
		}
	}
	if published != nil && len(c.Fits) == 0 {
		t.Error("nothing was fitted")
	}
	var b bytes.Buffer
	if err := report.CSV(&b, report.All(c.Rows)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
