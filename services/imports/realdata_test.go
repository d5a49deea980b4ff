package imports_test

import (
	"testing"
	"time"

	"steelyard/store"
	"steelyard/store/storetest"
)

func TestTmpSpeed(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		for _, set := range []string{"boston311-2015", "consumidor-gov-br", "servicenow-incidents", "insteval", "figure-skating"} {
			t.Run(string(d)+"/"+set, func(t *testing.T) {
				s := storetest.Open(t, d, store.Options{Bulk: true})
				sv := newService(t, s)
				t0 := time.Now()
				r := mustImport(t, sv, "/work/shared/data/"+set+"/import.zip")
				d := time.Since(t0)
				n := int64(0)
				for _, f := range r.Files {
					n += f.Inserted
				}
				t0 = time.Now()
				r = mustImport(t, sv, "/work/shared/data/"+set+"/import.zip")
				d2 := time.Since(t0)
				var u int64
				for _, f := range r.Files {
					u += f.Unchanged
				}
				t.Logf("%d rows in %v: %.0f rows/s; again %v (%d unchanged)", n, d, float64(n)/d.Seconds(), d2, u)
			})
		}
	}
}
