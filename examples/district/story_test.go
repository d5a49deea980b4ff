package district_test

import (
	"testing"
	"time"

	"steelyard/examples/district"
)

// told is a district with its truth.
func told(t *testing.T) (*folder, map[string]district.Official) {
	t.Helper()
	d := district.Generate(1)
	dir := t.TempDir()
	if err := d.Write(dir); err != nil {
		t.Fatal(err)
	}
	truth := make(map[string]district.Official)
	for _, o := range d.Officials() {
		truth[o.ID] = o
	}
	return readFolder(t, dir), truth
}

func TestLevelsAreSkewedLikeRealCounters(t *testing.T) {
	t.Parallel()
	f, _ := told(t)
	n := make(map[string]float64)
	for _, r := range f.rows["ratings.csv"] {
		n[r.cells["level"]] += 1 / float64(len(f.rows["ratings.csv"]))
	}
	if high := n["4"] + n["5"]; high < 0.75 || high > 0.92 {
		t.Errorf("%.2f of the ratings are 4 or 5", high)
	}
	if low := n["1"] + n["2"]; low < 0.04 || low > 0.15 {
		t.Errorf("%.2f of the ratings are 1 or 2", low)
	}
}

func TestGoodOfficialsGetTheHardWork(t *testing.T) {
	t.Parallel()
	f, truth := told(t)
	var q, hard []float64
	for _, r := range f.rows["encounters.csv"] {
		switch f.ids["services.csv"][r.cells["service_id"]].cells["name"] {
		case "公租房申请受理", "停车秩序协调", "违章建筑核查", "劳资纠纷调解", "老旧小区改造咨询":
			hard = append(hard, 1)
		default:
			hard = append(hard, 0)
		}
		q = append(q, truth[r.cells["official_id"]].Quality)
	}
	if r := correlation(q, hard); r < 0.1 {
		t.Errorf("correlation of quality and hard services is %.2f", r)
	}
}

func TestReviewsLeanOnQualityAndOnVisibility(t *testing.T) {
	t.Parallel()
	f, truth := told(t)
	var q, v, score []float64
	for _, r := range f.rows["reviews.csv"] {
		if r.cells["relation"] != "SELF" {
			o := truth[r.cells["official_id"]]
			q, v = append(q, o.Quality), append(v, o.Visibility)
			score = append(score, number(t, r.cells["score"]))
		}
	}
	if a, b := correlation(q, score), correlation(v, score); a < 0.15 || b < 0.15 {
		t.Errorf("correlations with the score: quality %.2f, visibility %.2f", a, b)
	}
}

func TestEveryStoryIsInTheData(t *testing.T) {
	t.Parallel()
	f, truth := told(t)
	achievements, handedBack := perOfficial(f, "achievements.csv", "official_id", ""), make(map[string]int)
	for _, r := range f.rows["case_events.csv"] {
		if r.cells["kind"] == "TRANSFER_REFUSED" {
			handedBack[r.cells["from_official_id"]]++
		}
	}
	selective := perOfficial(f, "encounters.csv", "official_id", "NO")
	parts := make(map[district.Story]int)
	for id, o := range truth {
		parts[o.Story]++
		switch o.Story {
		case district.StoryQuiet:
			if achievements[id] != 0 || o.Quality < 0 {
				t.Errorf("%s is quiet, with %d achievements and quality %.2f", id, achievements[id], o.Quality)
			}
		case district.StoryShowy:
			if achievements[id] < 2 || o.Quality > 0 {
				t.Errorf("%s is showy, with %d achievements and quality %.2f", id, achievements[id], o.Quality)
			}
		case district.StoryPusher:
			if handedBack[id] < 3 {
				t.Errorf("%s pushes cases on, but only %d came back", id, handedBack[id])
			}
		case district.StorySelective:
			if selective[id] < 20 {
				t.Errorf("%s selects, but left only %d uninvited", id, selective[id])
			}
		case district.StoryBought:
			if n := busiest(t, f, id, "5"); n < 40 {
				t.Errorf("%s bought ratings, but at most %d top ones lie within 36 hours", id, n)
			}
		case district.StoryAttacked:
			if n := busiest(t, f, id, "1"); n < 30 {
				t.Errorf("%s was attacked, but at most %d bottom ratings lie within 36 hours", id, n)
			}
		}
	}
	for _, s := range []district.Story{
		district.StoryQuiet, district.StoryShowy, district.StoryBought, district.StoryAttacked, district.StorySelective,
		district.StoryClique, district.StoryPusher, district.StoryMoved, district.StoryJoined, district.StoryLeft,
	} {
		if parts[s] == 0 {
			t.Errorf("nobody plays %s", s)
		}
	}
}

// perOfficial counts the rows of a file by an official; with invited, only those.
func perOfficial(f *folder, file, column, invited string) map[string]int {
	n := make(map[string]int)
	for _, r := range f.rows[file] {
		if invited == "" || r.cells["invited"] == invited {
			n[r.cells[column]]++
		}
	}
	return n
}

// busiest is the greatest number of the official's ratings of one level for
// encounters within 36 hours.
func busiest(t *testing.T, f *folder, official, level string) int {
	t.Helper()
	var times []time.Time
	for _, r := range f.rows["ratings.csv"] {
		e := f.ids["encounters.csv"][r.cells["encounter_id"]]
		if at, ok := e.time("occurred_at"); ok && e.cells["official_id"] == official && r.cells["level"] == level {
			times = append(times, at)
		}
	}
	most := 0
	for _, start := range times {
		n := 0
		for _, at := range times {
			if !at.Before(start) && at.Sub(start) <= 36*time.Hour {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestCliquePraisesItself(t *testing.T) {
	t.Parallel()
	f, truth := told(t)
	var inside, outside, n, m float64
	for _, r := range f.rows["reviews.csv"] {
		reviewed, reviewer := truth[r.cells["official_id"]], truth[r.cells["reviewer_ref"]]
		if reviewer.Story != district.StoryClique || r.cells["relation"] == "SELF" {
			continue
		}
		if reviewed.Story == district.StoryClique {
			inside, n = inside+number(t, r.cells["score"]), n+1
		} else {
			outside, m = outside+number(t, r.cells["score"]), m+1
		}
	}
	if n < 100 || m < 20 || inside/n < outside/m+1 {
		t.Errorf("within the clique %.2f (%v marks), to others %.2f (%v marks)", inside/n, n, outside/m, m)
	}
}

func TestClaimsAreConfirmedDeniedAndLeftOpen(t *testing.T) {
	t.Parallel()
	f, _ := told(t)
	answers := make(map[string]int)
	overdue, unassigned := 0, 0
	end := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.FixedZone("", 8*60*60))
	for _, r := range f.rows["cases.csv"] {
		if r.cells["outcome"] == "RESOLVED" {
			answers[r.cells["confirmed"]]++
		}
		if due, ok := r.time("due_at"); ok && r.cells["closed_at"] == "" && due.Before(end) {
			overdue++
		}
		if r.cells["official_id"] == "" {
			unassigned++
		}
	}
	for _, answer := range []string{"YES", "NO", ""} {
		if answers[answer] < 300 {
			t.Errorf("%d claims are answered %q", answers[answer], answer)
		}
	}
	if overdue < 100 || unassigned < 30 {
		t.Errorf("%d cases open and overdue, %d unassigned", overdue, unassigned)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		if err := district.Write(b.TempDir(), 1); err != nil {
			b.Fatal(err)
		}
	}
}
