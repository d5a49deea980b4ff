package ratings

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewDay is a list of encounters, each with a rating link to be handed out.
type NewDay struct {
	Lines          []Line
	From           string // the place or device the links are handed out at
	IdempotencyKey *string
}

// Recorded is what became of a line.
type Recorded struct {
	Line       int
	Encounter  *models.Encounter // nil where the list was refused
	Invitation *Issued
	Err        error // what is to be mended in the line
}

// RecordDay records a list of encounters and makes a link for each: all or, where any
// line is wrong, none, and then every wrong line says what to mend. A repeat with the
// same idempotency key gets the same encounters and links.
func (s *Service) RecordDay(ctx context.Context, actor auth.Actor, in NewDay) ([]*Recorded, error) {
	if len(in.Lines) == 0 {
		return nil, models.Invalid("rows", models.KeyRequired)
	}
	if len(in.Lines) > MaxLines {
		return nil, models.Invalid("rows", models.KeyTooLong, strconv.Itoa(MaxLines), strconv.Itoa(len(in.Lines)))
	}
	if err := models.ValidPlace("issuedFrom", in.From); err != nil {
		return nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, err
	}
	var out []*Recorded
	batch := models.NewID()
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		d := &day{Service: s, tx: tx, actor: actor, in: in, sealed: map[string]bool{}}
		d.in.Lines = slices.Clone(in.Lines) // which are changed, and the transaction may be tried again
		if err := d.lookUp(); err != nil {
			return err
		}
		wrong, err := d.check()
		if err != nil {
			return err
		}
		if out = d.out; wrong {
			return nil // and nothing is written
		}
		id, err := store.Once(tx, "recordEncounters", actor.Subject, in.IdempotencyKey, d.asked(), batch, func() error {
			return d.write(batch)
		})
		if err != nil || id == batch {
			return err
		}
		return d.readAgain(id)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// day is a list on its way into the database.
type day struct {
	*Service
	tx    *store.Tx
	actor auth.Actor
	in    NewDay

	officials map[string]*models.Official
	services  map[string]*models.Service
	sealed    map[string]bool // by official and day
	epochs    map[int]models.KeyEpoch
	out       []*Recorded
}

// lookUp finds the officials and services that the lines name, in a few statements.
func (d *day) lookUp() error {
	officials, services := map[string]bool{}, map[string]bool{}
	for _, l := range d.in.Lines {
		// What no id can be is not asked for: PostgreSQL would refuse to compare it.
		officials[l.Official] = models.ValidPlace("official_id", l.Official) == nil
		services[l.Service] = models.ValidPlace("service_id", l.Service) == nil
	}
	var found []*models.Official
	query := d.tx.Where("ref IN ?", keysOf(officials))
	if d.actor.Is(models.RoleHR) {
		query = query.Where("(id = ? OR unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?))",
			d.actor.OfficialID, d.actor.UnitID)
	} else {
		query = query.Where("id = ?", d.actor.OfficialID)
	}
	if err := query.Find(&found).Error; err != nil {
		return fmt.Errorf("find the officials: %w", err)
	}
	d.officials = map[string]*models.Official{}
	for _, o := range found {
		d.officials[o.Ref] = o
	}
	if d.actor.OfficialID != nil {
		own, err := store.Take[models.Official](d.tx.Where("id = ?", *d.actor.OfficialID), "Official")
		if err != nil {
			return err
		}
		d.officials[""] = own
	}
	var known []*models.Service
	if err := d.tx.Where("ref IN ?", keysOf(services)).Find(&known).Error; err != nil {
		return fmt.Errorf("find the services: %w", err)
	}
	d.services = map[string]*models.Service{}
	for _, s := range known {
		d.services[s.Ref] = s
	}
	return nil
}

func keysOf(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for word, asked := range set {
		if asked {
			list = append(list, word)
		}
	}
	return list
}

// check makes the encounters, and says whether any line is wrong.
func (d *day) check() (wrong bool, err error) {
	d.epochs, d.out = map[int]models.KeyEpoch{}, make([]*Recorded, len(d.in.Lines))
	seen := map[string]bool{}
	for i := range d.in.Lines {
		l := &d.in.Lines[i]
		d.out[i] = &Recorded{Line: l.Line}
		e, err := d.encounter(l)
		if err == nil && l.Ref != "" && seen[l.Ref] {
			err = models.Invalid("id", models.KeyTwice, l.Ref)
		}
		seen[l.Ref] = true
		if err != nil && models.CodeOf(err) == "" {
			return false, err
		}
		d.out[i].Encounter, d.out[i].Err = e, err
		wrong = wrong || err != nil
	}
	if wrong {
		for _, r := range d.out {
			r.Encounter = nil
		}
	}
	return wrong, nil
}

// encounter is the record of a line, without its id.
func (d *day) encounter(l *Line) (*models.Encounter, error) {
	official, service := d.officials[l.Official], d.services[l.Service]
	switch {
	case official == nil && l.Official == "":
		return nil, models.Invalid("official_id", models.KeyRequired)
	case official == nil:
		return nil, models.AtField("official_id", models.NotFound("Official"))
	case l.Service == "":
		return nil, models.Invalid("service_id", models.KeyRequired)
	case service == nil:
		return nil, models.AtField("service_id", models.NotFound("Service"))
	}
	e := &models.Encounter{
		Ref: l.Ref, OfficialID: official.ID, ServiceID: service.ID, Channel: models.Channel(l.Channel),
		OccurredAt: d.tx.Now, Invited: models.AnswerYes, Adverse: l.Adverse == string(models.AnswerYes),
	}
	if l.Adverse != "" && !slices.Contains(models.Answers, models.Answer(l.Adverse)) {
		return nil, models.Invalid("adverse", models.KeyNotInList, l.Adverse, "YES, NO")
	}
	if err := models.ValidPlace("id", l.Ref); err != nil {
		return nil, err
	}
	if err := models.ValidPlace("resident_ref", l.Resident); err != nil {
		return nil, err
	}
	if l.OccurredAt != "" {
		at, err := time.Parse(time.RFC3339, l.OccurredAt)
		if err != nil {
			return nil, models.Invalid("occurred_at", models.KeyTimeForm, l.OccurredAt)
		}
		e.OccurredAt = at.UTC().Truncate(time.Microsecond)
	}
	if err := e.ValidateAt(d.tx.Now); err != nil {
		return nil, models.AtField("occurred_at", renamed(err))
	}
	return e, d.open(l, e, official)
}

// open says whether something may still be added to the encounter's day, and hashes
// the resident with the key of its year.
func (d *day) open(l *Line, e *models.Encounter, official *models.Official) error {
	on := d.today(e.OccurredAt)
	place := official.ID.String() + on.String()
	sealed, known := d.sealed[place]
	if !known {
		var err error
		if sealed, err = store.SealedFor(d.tx.DB, official, on); err != nil {
			return err
		}
		d.sealed[place] = sealed
	}
	if sealed {
		return models.Invalid("occurred_at", models.KeyDaySealed, on.String())
	}
	key, epoch, err := d.Keys.Epoch(on.Year(), d.tx.Now)
	if err != nil {
		return renamed(sealedYear(err))
	}
	d.epochs[on.Year()] = epoch
	if l.Resident != "" {
		sum := key.Resident(l.Resident)
		e.ResidentKey, e.KeyYear = sum[:], on.Year()
		l.Resident = string(sum[:]) // nothing that is kept may let the reference be guessed
	}
	return nil
}

// renamed names a field as the columns do.
func renamed(err error) error {
	if e, is := err.(*models.Error); is && e.Field == "occurredAt" {
		other := *e
		other.Field = "occurred_at"
		return &other
	}
	return err
}

// asked is what a repeat is known by.
func (d *day) asked() any {
	return struct {
		Lines []Line
		From  string
	}{d.in.Lines, d.in.From}
}

// identify gives each encounter the id that belongs to its place in the batch, and the
// token of its link.
func (d *day) identify(batch models.ID) []auth.SecretHash {
	hashes := make([]auth.SecretHash, len(d.out))
	for i, r := range d.out {
		r.Encounter.ID = batch.Derived(i)
		if r.Encounter.Ref == "" {
			r.Encounter.Ref = r.Encounter.ID.String()
		}
		r.Invitation = &Issued{}
		if key := d.in.IdempotencyKey; key != nil && *key != "" {
			r.Invitation.Token, hashes[i] = d.Invitations.IssueFor(d.actor.Subject, r.Encounter.ID.String(), *key)
		} else {
			r.Invitation.Token, hashes[i] = d.Invitations.Issue()
		}
	}
	return hashes
}

// rowsAtOnce keeps a statement below the number of variables that SQLite takes.
const rowsAtOnce = 500

func (d *day) write(batch models.ID) error {
	if err := d.refuseKnown(); err != nil {
		return err
	}
	for _, epoch := range d.epochs {
		if err := store.NoteKeyYear(d.tx, epoch); err != nil {
			return renamed(sealedYear(err))
		}
	}
	hashes := d.identify(batch)
	encounters, invitations := make([]*models.Encounter, len(d.out)), make([]*models.RatingInvitation, len(d.out))
	for i, r := range d.out {
		encounters[i] = r.Encounter
		invitations[i] = &models.RatingInvitation{
			ID: models.NewID(), TokenHash: hashes[i][:], EncounterID: r.Encounter.ID, State: models.InvitationIssued,
			IssuedBy: d.actor.Subject, IssuedFrom: d.in.From, IssuedAt: d.tx.Now, ExpiresAt: d.tx.Now.AddDate(0, 0, d.LinkDays),
		}
		r.Invitation.ID, r.Invitation.ExpiresAt = invitations[i].ID, invitations[i].ExpiresAt
	}
	if err := d.tx.CreateInBatches(encounters, rowsAtOnce).Error; err != nil {
		return fmt.Errorf("write encounters: %w", err)
	}
	if err := d.tx.CreateInBatches(invitations, rowsAtOnce).Error; err != nil {
		return fmt.Errorf("write invitations: %w", err)
	}
	return audit.Record(d.tx, audit.Entry{
		Actor: d.actor.Subject, Action: "recordEncounters", Noun: "Encounter",
		Details: map[string]string{"lines": strconv.Itoa(len(d.out)), "from": d.in.From},
	})
}

// refuseKnown names the first line whose external id is taken.
func (d *day) refuseKnown() error {
	refs := map[string]bool{}
	for _, r := range d.out {
		if r.Encounter.Ref != "" {
			refs[r.Encounter.Ref] = true
		}
	}
	var taken []string
	if err := d.tx.Model(&models.Encounter{}).Where("ref IN ?", keysOf(refs)).Order("ref").Limit(1).Pluck("ref", &taken).Error; err != nil {
		return err
	}
	for i, r := range d.out {
		if len(taken) > 0 && r.Encounter.Ref == taken[0] {
			return models.Conflict(fmt.Sprintf("rows.%d.id", i), models.KeyAlreadyExists, "Encounter")
		}
	}
	return nil
}

// readAgain finds what a first request has written.
func (d *day) readAgain(batch models.ID) error {
	hashes := d.identify(batch)
	ids, tokens := make([]models.ID, len(d.out)), make([][]byte, len(d.out))
	for i, r := range d.out {
		ids[i], tokens[i] = r.Encounter.ID, hashes[i][:]
	}
	encounters, err := store.ByID(d.tx.DB, ids, func(e *models.Encounter) models.ID { return e.ID })
	if err != nil {
		return err
	}
	var invitations []models.RatingInvitation
	if err := d.tx.Where("token_hash IN ?", tokens).Find(&invitations).Error; err != nil {
		return err
	}
	issued := make(map[models.ID]models.RatingInvitation, len(invitations))
	for _, in := range invitations {
		issued[in.EncounterID] = in
	}
	for _, r := range d.out {
		in, found := issued[r.Encounter.ID]
		if encounters[r.Encounter.ID] == nil || !found {
			return fmt.Errorf("encounter %s of a batch is missing", r.Encounter.ID)
		}
		r.Encounter = encounters[r.Encounter.ID]
		r.Invitation.ID, r.Invitation.ExpiresAt = in.ID, in.ExpiresAt
	}
	return nil
}
