package assessments

import (
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// ratingReader reads ratings.
type ratingReader struct {
	*reader
	kinds  kinds // services, and their categories
	rows   column[ratingRow]
	raters roll // of the same rows
	marked bool // some answer a decision against the resident
	// replaced are ratings that a newer one stands in for; while answers are not settled,
	// one of them, if there is any.
	replaced map[models.ID]bool
}

// ratingRow is a rating but for its rater.
type ratingRow struct {
	posting, kind int32
	day           scoring.Day
	channel       scoring.Channel
	level         uint8
	source        scoring.Source
	invited       scoring.Ternary
	adverse       bool
}

func newRatingReader(r *reader) *ratingReader { return &ratingReader{reader: r, kinds: newKinds()} }

// readRatings reads the ratings of the period. A rating belongs to the post that
// the official held on its day; on a day without a post it belongs to none. Where a
// resident has rated once more after a mending, the newer rating counts in place of
// the older one, as it stood at the end of the period: of a period that ended before
// it the older one remains, and as long as the newer one is held back ([settled]).
//
// What was handed in here counts from its release on: a run before and a run after a
// single rating would tell its level otherwise.
func (r *ratingReader) readRatings() error {
	// What most say is not said: to send a word takes the database as long as to read a row.
	return r.countedRatings(`official_id, service_id, channel, level, rated_on, rater_key,
			NULLIF(source, 'ENCOUNTER'), NULLIF(invited, 'YES'), NULLIF(adverse, FALSE)`, r.addRating)
}

// countedRatings reads columns of the ratings that may count; behind them, where answers
// are settled, those that counts asks for.
func (r *ratingReader) countedRatings(columns string, add func(*store.Row) error) error {
	if err := r.readReplaced(); err != nil {
		return err
	}
	args := []any{r.in.period.From, r.in.period.To}
	without := ""
	if r.settled.on {
		columns += ", import_key IS NULL, id"
	} else if len(r.replaced) > 0 {
		// The database would ask for each of millions of rows, were there none.
		without, args = " AND id NOT IN (SELECT d.rating_id"+replacements+")", append(args, r.in.period.To)
	}
	narrower, args := r.ofScope("official_id", args)
	return r.snap.Each(r.ctx, "SELECT "+columns+" FROM ratings WHERE rated_on BETWEEN ? AND ? AND released"+without+narrower, args, add)
}

// counts is the posting of which a rating counts, or None; behind is the first of the
// columns that countedRatings adds.
func (r *ratingReader) counts(row *store.Row, official models.ID, date models.Date, behind int) int32 {
	if r.out.leavesRatingOut(official, date) {
		return scoring.None
	}
	if r.settled.on && (!r.settled.counts(row.Bool(behind), official, date) || r.replaced[row.ID(behind+1)]) {
		return scoring.None
	}
	return r.postAt(official, scoring.Day(date.EpochDay()))
}

// replacements are the ratings for which a newer one stands that was given up to a day.
const replacements = " FROM reply_duties d JOIN ratings n ON n.id = d.again_id WHERE n.rated_on <= ? AND n.released"

// readReplaced finds the ratings that a newer one stands in for. While answers are
// settled that is only where the newer one counts itself: were the older one left out at
// once and the newer one held back, two runs would differ by one rating.
func (r *ratingReader) readReplaced() error {
	r.replaced = map[models.ID]bool{}
	columns, limit := "d.rating_id, n.official_id, n.rated_on, n.import_key IS NULL", ""
	if !r.settled.on {
		limit = " LIMIT 1" // which they are the database finds itself
	}
	return r.snap.Each(r.ctx, "SELECT "+columns+replacements+limit, []any{r.in.period.To}, func(row *store.Row) error {
		if !r.settled.on || r.settled.counts(row.Bool(3), row.ID(1), row.Date(2)) {
			r.replaced[row.ID(0)] = true
		}
		return nil
	})
}

func (r *ratingReader) addRating(row *store.Row) error {
	official, date := row.ID(0), row.Date(4)
	day := scoring.Day(date.EpochDay())
	posting := r.counts(row, official, date, 9)
	if posting == scoring.None {
		return nil
	}
	kind, err := r.kinds.ofService(row.ID(1))
	if err != nil {
		return err
	}
	channel, err := place[scoring.Channel](row, 2, models.Channels)
	if err != nil {
		return err
	}
	source, invited := scoring.SourceRating, scoring.Yes
	if !row.Null(6) {
		if source, err = place[scoring.Source](row, 6, sources); err != nil {
			return err
		}
	}
	if !row.Null(7) {
		if invited, err = place[scoring.Ternary](row, 7, ternaries); err != nil {
			return err
		}
	}
	r.raters.add(row, 5)
	r.rows.add(ratingRow{
		posting: posting, kind: kind, day: day, channel: channel, level: uint8(row.Int(3)), source: source, invited: invited,
		adverse: !row.Null(8),
	})
	r.marked = r.marked || !row.Null(8)
	return nil
}

// columns turns the rows into columns, with room for so many more, and counts the raters.
func (r *ratingReader) columns(more int) (t scoring.Ratings, raters int) {
	n := r.rows.len()
	t = scoring.Ratings{
		Posting: make([]int32, n, n+more), Rater: make([]int32, n, n+more), Kind: make([]int32, n, n+more),
		Channel: make([]scoring.Channel, n, n+more), Level: make([]uint8, n, n+more), Day: make([]scoring.Day, n, n+more),
		Source: make([]scoring.Source, n, n+more), Invited: make([]scoring.Ternary, n, n+more),
	}
	if r.marked {
		t.Adverse = make([]bool, n, n+more)
	}
	blocks := r.rows.blocks()
	eachBeside(len(blocks), func(k int) {
		for i := range blocks[k] {
			row, to := &blocks[k][i], k*blockRows+i
			t.Posting[to], t.Kind[to], t.Day[to] = row.posting, row.kind, row.day
			t.Channel[to], t.Level[to], t.Source[to], t.Invited[to] = row.channel, row.level, row.source, row.invited
			if r.marked {
				t.Adverse[to] = row.adverse
			}
		}
	})
	return t, r.raters.call(t.Rater)
}

// readResponse counts the encounters of the period, and of them those in which
// the resident was asked to rate; the answers, which [reader.join] counts, are the
// ratings of the period that came from encounters, whenever these were. Who held one post all the time is
// counted by the database, the others encounter by encounter.
func (r *reader) readResponse() error {
	r.ev.Response = make([]scoring.Response, len(r.ev.Postings))
	narrower, args := r.ofScope("official_id", []any{r.start, r.end})
	err := r.snap.Each(r.ctx, `SELECT official_id, count(*), sum(CASE WHEN invited = 'YES' THEN 1 ELSE 0 END)
		FROM encounters WHERE occurred_at >= ? AND occurred_at < ?`+narrower+" GROUP BY official_id",
		args, func(row *store.Row) error {
			if p, ok := r.whole(row.ID(0)); ok && p != scoring.None {
				r.ev.Response[p].Encounters = int32(row.Int(1))
				r.ev.Response[p].Invited = int32(row.Int(2))
			}
			return nil
		})
	if err != nil {
		return err
	}
	return r.readPartialResponse()
}

func (r *reader) readPartialResponse() error {
	from, to := r.in.period.From, r.in.period.To
	narrower, args := r.ofScope("official_id", []any{r.start, r.end, from, to, from, to})
	return r.snap.Each(r.ctx, `SELECT official_id, occurred_at, invited FROM encounters
		WHERE occurred_at >= ? AND occurred_at < ? AND official_id IN (
			SELECT o.id FROM officials o JOIN postings p ON p.official_id = o.id
			WHERE p.from_on > ? OR p.to_on < ? OR o.active_from > ? OR o.active_to < ?
				OR EXISTS (SELECT 1 FROM postings q WHERE q.official_id = o.id AND q.from_on <> p.from_on))`+narrower,
		args, func(row *store.Row) error {
			official := row.ID(0)
			if _, counted := r.whole(official); counted {
				return nil
			}
			at, _ := row.Micros(1)
			p := r.postAt(official, r.day(at))
			if p == scoring.None {
				return nil
			}
			r.ev.Response[p].Encounters++
			if row.Text(2) == string(models.AnswerYes) {
				r.ev.Response[p].Invited++
			}
			return nil
		})
}
