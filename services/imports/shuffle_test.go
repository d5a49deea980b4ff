package imports

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steelyard/auth/keyring"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestSharesChangeNothing(t *testing.T) {
	for _, folder := range []string{"../../examples/village", "../../examples/faulty"} {
		reports := make([]*Report, 2)
		for i, share := range []int64{0, 100} { // a few rows each
			keys, err := keyring.OpenOrCreate(filepath.Join(t.TempDir(), "rater.keys"))
			if err != nil {
				t.Fatal(err)
			}
			s := &Service{Store: storetest.Open(t, store.SQLite, store.Options{}), Keys: keys, Zone: time.UTC, share: share}
			if reports[i], err = s.Import(context.Background(), folder, Options{SkipBadRows: true}); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(reports[0], reports[1]); diff != "" {
			t.Error(diff)
		}
	}
}
