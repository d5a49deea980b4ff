package store_test

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// every is a record with a field of each kind that models have.
type every struct {
	ID     models.ID `gorm:"primaryKey"`
	Other  *models.ID
	Word   models.Role
	Text   *string
	Many   int
	More   *int
	Share  float64
	Part   *float64
	Yes    bool
	Day    models.Date
	Until  *models.Date
	At     time.Time
	Ended  *time.Time
	Secret models.Hash
	Bytes  []byte
	Marks  []models.DimensionLevel `gorm:"serializer:json"`
	Held   held                    `gorm:"embedded"`
}

type held struct{ Within string }

func (every) TableName() string { return "every_kind" }

const everyKind = `CREATE TABLE every_kind (id UUID PRIMARY KEY, other UUID, word TEXT, text TEXT, many BIGINT, more BIGINT, share DOUBLE PRECISION,
	part DOUBLE PRECISION, yes BOOLEAN, day DATE, until DATE, at TIMESTAMPTZ, ended TIMESTAMPTZ, secret BYTEA, bytes BYTEA, marks TEXT, within TEXT, unknown TEXT)`

// What is written is read again, whatever kind of value it is, NULL as a new record has
// it; by every way of asking, in a transaction and outside.
func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	id, day, at := models.NewID(), models.NewDate(1969, 12, 31), time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC)
	text, more, part := "字 ' \\", 0, math.SmallestNonzeroFloat64
	full := &every{
		ID: id, Other: &id, Word: models.RoleHR, Text: &text, Many: -1, More: &more, Share: 0.1, Part: &part, Yes: true, Day: day, Until: &day,
		At: at, Ended: &at, Secret: models.Hash{0, 255}, Bytes: []byte{}, Marks: []models.DimensionLevel{{Dimension: "态度", Level: 5}}, Held: held{"inside"},
	}
	bare := &every{ID: models.ID{1}}
	s := storetest.Owner(t, storetest.Open(t, store.Postgres, store.Options{})) // on SQLite gorm reads them
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(
			tx.Exec(everyKind).Error, tx.Create(full).Error, tx.Exec("INSERT INTO every_kind (id) VALUES (?)", bare.ID).Error,
			readEvery(t, tx.DB, full, bare),
		)
	}); err != nil {
		t.Fatal(err)
	}
	if err := readEvery(t, s.Read(t.Context()), full, bare); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(t.Context()).Where("nothing = 1").Find(&[]every{}).Error; err == nil {
		t.Error("a wrong statement is no error")
	}
}

func readEvery(t *testing.T, db *gorm.DB, full, bare *every) error {
	t.Helper()
	var pointers []*every
	var values []every
	var one, none every
	var names []struct {
		Word  string
		Total float64
	}
	if err := errors.Join(
		db.Order("id DESC").Find(&pointers).Error, db.Order("id DESC").Find(&values).Error, db.Where("id = ?", full.ID).Take(&one).Error,
		db.Table("every_kind").Select("word, sum(many) AS total").Where("word IS NOT NULL").Group("word").Find(&names).Error,
	); err != nil {
		return err
	}
	if want := []*every{full, bare}; !reflect.DeepEqual(pointers, want) || !reflect.DeepEqual(values, []every{*full, *bare}) || !reflect.DeepEqual(&one, full) {
		t.Errorf("read\n%+v\n%+v\n%+v\nwant\n%+v", pointers, values, one, want)
	}
	if len(names) != 1 || names[0].Word != string(full.Word) || names[0].Total != float64(full.Many) {
		t.Errorf("of another type: %+v", names)
	}
	if err := db.Where("many = 77").Take(&none).Error; !errors.Is(err, gorm.ErrRecordNotFound) {
		t.Errorf("of no row: %v", err)
	}
	if err := db.Where("many = 77").Find(&values).Error; err != nil || len(values) != 0 {
		t.Errorf("of no row: %v, %v", values, err)
	}
	return nil
}
