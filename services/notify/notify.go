// Package notify tells those whom it concerns what has become of a case or a review
// round: the machines of a unit by webhooks, and the resident by mail where the
// receipt's holder has asked for it.
//
// [Enqueue] writes to an outbox, in the transaction of what is told, so that
// nothing is told that did not happen and nothing is forgotten that did. A worker
// takes waiting deliveries up under a lease, hands them to a [Sink] outside any
// transaction, and tries again later and later what did not arrive; after the last
// try a delivery is a dead letter, which saving the webhook again revives. A
// delivery arrives at least once: its id, the same on every try, tells a repeat.
//
// A notification says that something has become of a case, and which. It holds no
// word of the case, no rating and no person; only who may see the case learns more. A
// reminder of reviews names everybody in the unit who was asked, whether they have
// handed in or not: that is told to nobody.
package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"steelyard/models"
	"steelyard/store"
)

// Service does what this package is for.
type Service struct {
	Store *store.Store
	// Webhooks are the secrets that webhooks are signed with, the current first. What
	// an older one has signed is signed with both, so that receivers have time.
	Webhooks [][]byte
	// Contacts are the secrets that residents' addresses are sealed with, the current
	// first.
	Contacts [][]byte
	// Sinks are the ways out; one that is missing leaves its deliveries waiting for a
	// process that has it.
	Sinks map[models.DeliveryChannel]Sink
	// Plain lets webhooks have http addresses.
	Plain bool
	// Begun hears of each delivery that is about to be handed to its sink, under the context
	// that is returned, and ended of what became of it; nil: nobody does.
	Begun func(ctx context.Context, d models.NotificationDelivery) (under context.Context, ended func(error))
}

// Sink is a way out. Deliver returns nil when the receiver has taken the message,
// an [*Undelivered] or any other error otherwise. It is called again with the same
// message, by this process or another.
type Sink interface {
	Deliver(ctx context.Context, m Message) error
}

// Message is a delivery with what its sink needs.
type Message struct {
	ID      models.ID // of the delivery
	Kind    models.NotificationKind
	At      time.Time // when it happened
	UnitRef string

	CaseID  models.ID
	CaseRef string
	DueAt   *time.Time

	Round *RoundMessage // nil: of a case

	URL     string   // a webhook's
	Secrets [][]byte // a webhook's, the current first

	Address string // a resident's; never logged
	Lang    string
}

// RoundMessage is what is told of a review round.
type RoundMessage struct {
	ID        models.ID
	Name      string
	DueOn     models.Date // the last day
	Reviewers []Asked     // those of the unit
}

// Asked is somebody who was asked to review.
type Asked struct {
	Ref    string `json:"officialRef"`
	Sheets int    `json:"sheets"` // how many were asked for, handed in or not
}

// Undelivered says why a message did not arrive, in a few words that name nobody.
type Undelivered struct {
	Why     string
	ForGood bool // no repeat can mend it
}

// Error is why.
func (e *Undelivered) Error() string { return e.Why }

// Notice is what is to be told, of a case or of a round.
type Notice struct {
	Kind   models.NotificationKind
	Case   *models.Case
	Round  *models.ReviewRound
	UnitID models.ID // whom it concerns
}

// Enqueue writes a notification and its deliveries: one for each webhook of the
// unit and of those above it that wants the kind and, where the kind is for
// residents too, one to the contact that the receipt's holder has left. Of one due
// date a unit is told once; doing it again writes nothing.
func Enqueue(tx *store.Tx, n Notice) error {
	row := models.Notification{
		ID: models.NewID(), Kind: n.Kind, UnitID: n.UnitID, CreatedAt: tx.Now,
	}
	if n.Case != nil {
		row.CaseID, row.DueAt = &n.Case.ID, n.Case.DueAt
	}
	if n.Round != nil {
		row.RoundID = &n.Round.ID
	}
	written := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if written.Error != nil {
		return fmt.Errorf("notify %s: %w", n.Kind, written.Error)
	}
	if written.RowsAffected == 0 {
		return nil
	}
	hooks, err := listening(tx, n)
	if err != nil {
		return fmt.Errorf("notify %s: %w", n.Kind, err)
	}
	deliveries := make([]models.NotificationDelivery, 0, len(hooks)+1)
	add := func(channel models.DeliveryChannel, hook *models.ID) {
		deliveries = append(deliveries, models.NotificationDelivery{
			ID: models.NewRandomID(), NotificationID: row.ID, Channel: channel, WebhookID: hook,
			State: models.DeliveryWaiting, NextAt: tx.Now,
		})
	}
	for i := range hooks {
		add(models.DeliveryWebhook, &hooks[i])
	}
	if n.Kind.ForResident() {
		var contacts int64
		if err := tx.Model(&models.CaseContact{}).Where("case_id = ?", n.Case.ID).Count(&contacts).Error; err != nil {
			return fmt.Errorf("notify %s: %w", n.Kind, err)
		}
		if contacts > 0 {
			add(models.DeliveryMail, nil)
		}
	}
	if len(deliveries) == 0 {
		return nil
	}
	if err := tx.Create(&deliveries).Error; err != nil {
		return fmt.Errorf("notify %s: %w", n.Kind, err)
	}
	return nil
}

// listening are the webhooks that a notice goes to.
func listening(tx *store.Tx, n Notice) ([]models.ID, error) {
	var hooks []models.Webhook
	err := tx.Select("id, kinds").
		Where("unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?)", n.UnitID).
		Order("id").Find(&hooks).Error
	var ids []models.ID
	for _, h := range hooks {
		if slices.Contains(h.Kinds, n.Kind) {
			ids = append(ids, h.ID)
		}
	}
	return ids, err
}
