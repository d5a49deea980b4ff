package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"steelyard/models"
	"steelyard/scoring"
)

var update = flag.Bool("update", false, "write the golden files anew")

// rows are one of each kind, out of order.
func rows() []Row {
	nan := math.NaN()
	empty := [scoring.Components]Cell{{nan, nan, 0}, {nan, nan, 0}, {nan, nan, 0}, {nan, nan, 0}}
	return []Row{
		{
			Official: "V6", Unit: "LX-WG", Position: "网格员", PeerGroup: "网格员", Status: models.StatusInsufficientEvidence,
			Composite: nan, Low: nan, High: nan, Components: empty, Visibility: nan, ShowcaseGap: nan,
		},
		{
			Official: "V2", Unit: "LX-FW", Position: "便民服务", PeerGroup: "便民服务", Status: models.StatusProvisional,
			Composite: 61.005, Low: 50, High: 70.994999, Rank: 2, RankLow: 1, RankHigh: 3, Grade: models.ProposalBoundary,
			Components: [scoring.Components]Cell{{1.0 / 3, 2.0 / 3, 7}, {99.999, 0.004, 12.5}, {nan, nan, 0}, {0, 100, 3}},
			Visibility: 83.333333, ShowcaseGap: 16.666666, Flags: []string{"BURST", "SMALL_GROUP"},
		},
		{
			Official: "V1", Unit: "=1+1", Position: `the "first", of two`, PeerGroup: "便民服务", Status: models.StatusScored,
			Composite: 100, Low: 99.995, High: 100, Rank: 1, RankLow: 1, RankHigh: 2, Grade: models.ProposalExcellent,
			Components: [scoring.Components]Cell{{50, 1, 5}, {50, 1, 5}, {50, 1, 5}, {50, 1, 5}},
			Visibility: 0, ShowcaseGap: -0.001, Flags: nil,
		},
		{
			Official: "V3", Unit: "LX-FW", Position: "便民服务", PeerGroup: "便民服务", Status: models.StatusScored,
			Composite: 0, Low: 0, High: 0.001, Rank: 2, RankLow: 2, RankHigh: 3, Components: empty,
			Visibility: 16.67, ShowcaseGap: -99.995,
		},
	}
}

func sorted(list []Row) []Row {
	slices.SortFunc(list, func(a, b Row) int { return Compare(&a, &b) })
	return list
}

// contract is the header that other programs rely on.
const contract = "official_id,unit_id,position,peer_group,status,composite,composite_low,composite_high,rank,rank_low,rank_high,grade," +
	"satisfaction,satisfaction_se,satisfaction_n,outcomes,outcomes_se,outcomes_n,peer_review,peer_review_se,peer_review_n," +
	"practical_work,practical_work_se,practical_work_n,visibility,showcase_gap,flags"

func TestCSVIsTheContracts(t *testing.T) {
	var b bytes.Buffer
	if err := CSV(&b, All(sorted(rows()))); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "report.csv")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	read, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, record := range read {
		if len(record) != 27 {
			t.Errorf("line %d has %d columns", i+1, len(record))
		}
	}
}

func TestCSVWithoutRowsIsItsHeader(t *testing.T) {
	var b bytes.Buffer
	if err := CSV(&b, All(nil)); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != contract+"\n" {
		t.Errorf("got %q", got)
	}
}

// broken fails after a number of bytes.
type broken struct{ left int }

func (w *broken) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestCSVEndsWithTheErrorOfItsEnds(t *testing.T) {
	many := slices.Repeat(rows(), 2000)
	for _, left := range []int{0, 100_000} {
		if err := CSV(&broken{left}, All(many)); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("a writer that takes %d bytes gives %v", left, err)
		}
	}
	lost := errors.New("the connection is lost")
	var failing iter.Seq2[*Row, error] = func(yield func(*Row, error) bool) {
		if yield(&many[0], nil) {
			yield(nil, lost)
		}
	}
	if err := CSV(io.Discard, failing); !errors.Is(err, lost) {
		t.Errorf("failing rows give %v", err)
	}
}

func TestTextsAreGuardedAndQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		"V1":                "V1",
		"便民服务":              "便民服务",
		"a b":               "a b",
		"=SUM(A1)":          "'=SUM(A1)",
		"+86":               "'+86",
		"-1":                "'-1",
		"@x":                "'@x",
		"\tx":               "'\tx",
		"\rx":               "\"'\rx\"",
		"\nx":               "\"'\nx\"",
		"＝SUM(A1)":          "'＝SUM(A1)",
		"＋86":               "'＋86",
		"－1":                "'－1",
		"＠x":                "'＠x",
		" =1+1":             "' =1+1",
		"\u3000=1+1":        "'\u3000=1+1",
		"\ufeff\u200b=1+1":  "'\ufeff\u200b=1+1",
		"\x00=1+1":          "'\x00=1+1",
		"\u200b":            "\u200b",
		"a=b":               "a=b",
		"a,b":               `"a,b"`,
		`say "no"`:          `"say ""no"""`,
		"two\nlines":        "\"two\nlines\"",
		" led by a space":   `" led by a space"`,
		"=a,b":              `"'=a,b"`,
		"broken \xff bytes": "\"broken \uFFFD bytes\"",
	} {
		if got := string(appendText(nil, text)); got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
}

func TestTextsComeBackThroughCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		line := append(appendText(append([]byte("x,"), ""...), text), ",y\n"...)
		record, err := csv.NewReader(bytes.NewReader(line)).Read()
		if err != nil || len(record) != 3 {
			t.Fatalf("%q: %q, %v", text, record, err)
		}
		// encoding/csv turns CRLF within a field into LF.
		want := strings.ReplaceAll(text, "\r\n", "\n")
		if got := record[1]; got != want && got != "'"+want {
			t.Fatalf("%q comes back as %q", text, got)
		}
		if strings.HasPrefix(record[1], "=") {
			t.Fatalf("%q is a formula", record[1])
		}
	})
}

func TestCompare(t *testing.T) {
	from := func(s string) models.Date {
		d, err := models.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	inOrder := []Row{
		{PeerGroup: "A", Rank: 1, Official: "z"},
		{PeerGroup: "A", Rank: 2, Official: "B"},
		{PeerGroup: "A", Rank: 2, Official: "a"}, // bytes: capitals first
		{PeerGroup: "A", Rank: 10, Official: "a"},
		{PeerGroup: "A", Official: "a", Unit: "u1"}, // without a rank: last
		{PeerGroup: "A", Official: "a", Unit: "u2", PostingFrom: from("2025-01-01")},
		{PeerGroup: "A", Official: "a", Unit: "u2", PostingFrom: from("2025-06-01")},
		{PeerGroup: "a", Rank: 1, Official: "a"},
		{PeerGroup: "乙", Rank: 1, Official: "a"},
	}
	for i := range inOrder {
		for k := range inOrder {
			got := Compare(&inOrder[i], &inOrder[k])
			if got < 0 != (i < k) || got > 0 != (i > k) {
				t.Errorf("rows %d and %d compare %d", i, k, got)
			}
		}
	}
}

func TestResultsSortAndKeepThePosting(t *testing.T) {
	nan := math.NaN()
	postings := []scoring.Posting{
		{Official: "b", Unit: "u", Position: "p", PeerGroup: "p", From: 20089},
		{Official: "a", Unit: "u", Position: "p", PeerGroup: "p", From: 20089},
	}
	result := &scoring.Result{Assessments: []scoring.Assessment{
		{Posting: 0, Status: scoring.InsufficientEvidence, Composite: nan, Low: nan, High: nan, Visibility: nan, ShowcaseGap: nan},
		{Posting: 1, Status: scoring.Scored, Composite: 61, Low: 50, High: 70, Rank: 1, RankLow: 1, RankHigh: 1, Flags: []scoring.Flag{scoring.FlagBurst}},
	}}
	got, order := Results(postings, result)
	if got[0].Official != "a" || got[1].Official != "b" || !slices.Equal(order, []int32{1, 0}) {
		t.Errorf("rows %+v, order %v", got, order)
	}
	if got[0].PostingFrom.String() != "2025-01-01" || !slices.Equal(got[0].Flags, []string{"BURST"}) {
		t.Errorf("row %+v", got[0])
	}
	if !math.IsNaN(got[1].Composite) || got[1].Rank != 0 {
		t.Errorf("an absent number has become %v, an absent rank %v", got[1].Composite, got[1].Rank)
	}
}

// A stored row prints as the one it was stored from.
func TestStoredPrintsAsComputed(t *testing.T) {
	pointer := func(x float64) *models.Score {
		if math.IsNaN(x) {
			return nil
		}
		score := models.Score(x)
		return &score
	}
	whole := func(n int) *int {
		if n == 0 {
			return nil
		}
		return &n
	}
	for _, row := range rows() {
		a := &models.Assessment{
			Position: row.Position, PeerGroup: models.PeerGroup(row.PeerGroup), Status: row.Status,
			Composite: pointer(row.Composite), CompositeLow: pointer(row.Low), CompositeHigh: pointer(row.High),
			Rank: whole(row.Rank), RankLow: whole(row.RankLow), RankHigh: whole(row.RankHigh), Grade: row.Grade,
			Visibility: pointer(row.Visibility), ShowcaseGap: pointer(row.ShowcaseGap), Flags: row.Flags,
		}
		for i, name := range models.ScoreComponents {
			c := row.Components[i]
			a.Components = append(a.Components, models.ComponentScore{Component: name, Value: pointer(c.Value), SE: pointer(c.SE), N: models.Score(c.N)})
		}
		stored := Stored(a, row.Official, row.Unit)
		var got, want bytes.Buffer
		if err := errors.Join(CSV(&got, All([]Row{stored})), CSV(&want, All([]Row{row}))); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("stored:   %scomputed: %s", got.String(), want.String())
		}
	}
}
