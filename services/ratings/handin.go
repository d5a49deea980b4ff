package ratings

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// handedIn is a rating on its way into the ledger, by a link.
type handedIn struct {
	asked   context.Context // of whoever hands it in
	token   auth.SecretHash
	receipt auth.Receipt
	rating  *models.Rating
	key     keyring.YearKey
	epoch   models.KeyEpoch

	link    link // what the database knows of the token
	unknown bool // nothing
	refused error
}

// link is where a rating link leads: its invitation, the encounter, and whether that has
// been rated. Of a link that is known to nobody all of it is empty.
type link struct {
	TokenHash   models.Hash
	State       models.InvitationState
	ExpiresAt   time.Time
	EncounterID models.ID
	OfficialID  models.ID
	ServiceID   models.ID
	ResidentKey models.Hash
	Channel     models.Channel
	Adverse     bool
	Claimed     bool
}

const (
	// mostTogether bounds how many ratings one transaction keeps.
	mostTogether = 64
	// enough is how many ratings that wait are kept by a second transaction beside the one under
	// way. Fewer gain by going together with those who come meanwhile. SQLite has one writer.
	enough = 16
)

// errAlone says that a transaction for several has kept nothing, and that each of them may
// do better by itself.
var errAlone = errors.New("each rating by itself")

// handIn keeps a rating. Those that are handed in while others are written go together in
// one transaction after them: it has one way to the database and back for all links, one
// for all rows and one commit. Whoever waits is not told anything before that commit.
//
// What one of them cannot do is no fault of the others: a refusal is its own, and where the
// whole fails each is handed in by itself. But where nobody knows whether it was kept, or the
// database is away, that is told to all.
func (s *Service) handIn(ctx context.Context, h *handedIn) error {
	// Whose turn has come waits for what comes of it, also when the caller has gone.
	outcome, _, err := s.handing.Ask(context.WithoutCancel(ctx), h, s.keepTogether)
	if err == nil {
		err = outcome
	}
	if errors.Is(err, errAlone) {
		err = s.keep(ctx, []*handedIn{h})
	}
	if err == nil {
		err = h.refused
	}
	if h.unknown {
		auth.Tried(ctx, h.token, false)
	}
	if err == nil {
		s.Store.Written(ctx)
	}
	return err
}

// keepTogether keeps what several have handed in, and says of each what came of it.
func (s *Service) keepTogether(ctx context.Context, all []*handedIn) (map[*handedIn]error, error) {
	outcomes := make(map[*handedIn]error, len(all))
	var waiting []*handedIn
	for _, h := range all {
		if err := h.asked.Err(); err != nil { // who has given up before is not written
			outcomes[h] = err
			continue
		}
		waiting = append(waiting, h)
	}
	for several := range slices.Chunk(waiting, mostTogether) {
		err := s.keep(ctx, several)
		if err != nil && models.CodeOf(err) == "" && len(several) > 1 {
			err = errAlone
		}
		for _, h := range several {
			outcomes[h] = err
		}
	}
	return outcomes, nil
}

// keep writes ratings in one transaction, or none of them. What one is refused for stands
// in it: the others are written.
func (s *Service) keep(ctx context.Context, all []*handedIn) error {
	epoch := all[0].epoch
	if slices.ContainsFunc(all, func(h *handedIn) bool { return h.epoch.Year != epoch.Year }) {
		return errAlone // a year has begun meanwhile
	}
	var secrets, tokens [][]byte
	for _, h := range all {
		tokens = append(tokens, h.token[:])
		secrets = append(secrets, h.token[:], h.rating.ReceiptHash)
	}
	var year models.KeyEpoch
	var links []link
	first := func() []store.Step {
		year, links = models.KeyEpoch{}, nil
		return []store.Step{
			func(q *gorm.DB) *gorm.DB { return q.Where("year = ?", epoch.Year).Take(&year) },
			func(q *gorm.DB) *gorm.DB {
				// Counted, not EXISTS, which would be a scan of all claims where they were few when
				// it was planned.
				return q.Table("rating_invitations AS i LEFT JOIN encounters AS e ON e.id = i.encounter_id").
					Select(`i.token_hash, i.state, i.expires_at, i.encounter_id, e.official_id, e.service_id, e.resident_key, e.channel, e.adverse,
						(SELECT count(*) FROM encounter_claims AS c WHERE c.encounter_id = i.encounter_id) > 0 AS claimed`).
					Where("i.token_hash IN ?", tokens).Find(&links)
			},
		}
	}
	return s.Store.InTxFrom(store.Unseen(store.OnlyShown(ctx, secrets...)), first, func(tx *store.Tx, found []int64) error {
		if err := knownYear(tx, year, epoch, found[0] > 0); err != nil {
			return err
		}
		fit, err := fitting(tx, all, links)
		if err != nil || len(fit) == 0 {
			return err
		}
		return write(tx, fit)
	})
}

// knownYear holds a year's key to the database's.
func knownYear(tx *store.Tx, year, epoch models.KeyEpoch, found bool) error {
	if !found {
		return store.NoteKeyYear(tx, epoch)
	}
	return store.KnownKeyYear(year, epoch)
}

// fitting follows each one's link, and returns those whose link holds and is not used.
func fitting(tx *store.Tx, all []*handedIn, links []link) ([]*handedIn, error) {
	var fit []*handedIn
	forms, claimed := forms{}, map[models.ID]bool{}
	for _, h := range all {
		at := slices.IndexFunc(links, func(l link) bool { return bytes.Equal(l.TokenHash, h.token[:]) })
		if h.unknown, h.link = at < 0, (link{}); at >= 0 {
			h.link = links[at]
		}
		h.link.Claimed = h.link.Claimed || claimed[h.link.EncounterID]
		h.refused = h.follow(tx, forms)
		switch {
		case h.refused == nil:
			claimed[h.link.EncounterID] = true
			fit = append(fit, h)
		case models.CodeOf(h.refused) == "":
			return nil, h.refused
		}
	}
	return fit, nil
}

// follow makes the rating what its link leads to, and says what is against it.
//
// A link that does not hold is asked about with the same statement, whether it was used,
// has expired, was revoked or is known to nobody: how long the refusal takes does not say
// which. And what was marked is looked at before whether the link was used: a mark that is
// refused leaves the link as it was, and must not find that out.
func (h *handedIn) follow(tx *store.Tx, forms forms) error {
	holds := h.link.holds(tx)
	r := h.rating
	r.OfficialID, r.ServiceID, r.Channel, r.Adverse = h.link.OfficialID, h.link.ServiceID, h.link.Channel, h.link.Adverse
	if err := forms.allow(tx.DB, r); err != nil && (holds || models.CodeOf(err) == "") {
		return err
	}
	if !holds || h.link.Claimed {
		return errGone()
	}
	if len(h.link.ResidentKey) > 0 {
		sum := h.key.Rater(string(h.link.ResidentKey))
		r.RaterKey, r.KeyYear = sum[:], r.RatedOn.Year()
	}
	return nil
}

// holds says whether a link holds, as far as that does not depend on whether it was used:
// USED, which a release has noted, does not decide, since the rating may have been taken
// back since.
func (l link) holds(tx *store.Tx) bool {
	i := models.RatingInvitation{State: l.State, ExpiresAt: l.ExpiresAt}
	if i.State == models.InvitationUsed {
		i.State = models.InvitationIssued
	}
	_, over := i.Next(models.InvitationUse, tx.Now)
	return over == nil
}

// write claims encounters and writes the ratings, all at once: each way to the database
// costs more than what is done there. The claim's primary key alone decides who is first:
// the invitation is neither locked nor changed here, since the mark of either would bear
// this transaction's number, as the rating does until its release.
//
// Claims come in the order of their keys, so that two transactions of two processes wait
// for each other one way only; ratings in that of theirs, which are random, so that no row
// stands where its claim does.
func write(tx *store.Tx, all []*handedIn) error {
	n := len(all)
	claims, ratings := make([]*models.EncounterClaim, n), make([]*models.Rating, n)
	undos, entries := make([]*models.RatingUndo, n), make([]*models.AuditEntry, n)
	for i, h := range all {
		var err error
		if undos[i], err = undoOf(tx, h.receipt, h.rating, h.link.EncounterID); err != nil {
			return err
		}
		claims[i], ratings[i] = &models.EncounterClaim{EncounterID: h.link.EncounterID}, h.rating
		entries[i] = audit.Anonymous(tx, "submitRating", "Rating")
	}
	slices.SortFunc(claims, func(a, b *models.EncounterClaim) int { return bytes.Compare(a.EncounterID[:], b.EncounterID[:]) })
	slices.SortFunc(ratings, func(a, b *models.Rating) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	slices.SortFunc(undos, func(a, b *models.RatingUndo) int { return bytes.Compare(a.UndoHash, b.UndoHash) })
	written, err := tx.Together(store.InsertNew(claims), store.Insert(ratings), store.InsertNew(undos), store.Insert(entries))
	claimed := len(written) > 0 && written[0] == int64(n)
	switch {
	case n > 1 && (err != nil || !claimed || written[2] < int64(n)):
		return errors.Join(errAlone, err)
	case len(written) > 0 && !claimed: // whoever was faster may have the same receipt, too
		return errGone()
	case err != nil:
		return err
	case written[2] == 0:
		return undoneBefore()
	}
	return nil
}
