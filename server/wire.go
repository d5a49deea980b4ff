package main

import (
	"fmt"
	"os"
	"time"

	"gocloud.dev/blob"

	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/resolvers"
	"steelyard/services/accounts"
	"steelyard/services/assessments"
	"steelyard/services/attachments"
	"steelyard/services/audit"
	"steelyard/services/cases"
	"steelyard/services/cycles"
	"steelyard/services/deeds"
	"steelyard/services/exports"
	"steelyard/services/guesses"
	"steelyard/services/integrity"
	"steelyard/services/notify"
	"steelyard/services/officials"
	"steelyard/services/publications"
	"steelyard/services/ratings"
	"steelyard/services/retention"
	"steelyard/services/reviews"
	"steelyard/store"
)

// means are what the services work with.
type means struct {
	store   *store.Store
	keys    *keyring.Keyring
	zone    *time.Location
	days    *calendar.Calendar
	secrets secrets
	bucket  *blob.Bucket // where attachments lie
	font    []byte       // for names with rare characters; nil: the built-in typeface alone
}

// app makes every service, each once.
func (m means) app() (resolvers.App, error) {
	known, err := newAccounts(m.store)
	if err != nil {
		return resolvers.App{}, err
	}
	reports := newAssessments(m.store, m.keys, m.zone, m.font)
	of := cases.New(m.store, m.keys, m.zone, m.days, m.secrets.receipts)
	return resolvers.App{
		Accounts:    known,
		Assessments: reports,
		Attachments: &attachments.Service{
			Store: m.store, Bucket: m.bucket, Secret: m.secrets.attachments, Links: m.secrets.pictures, ByReceipt: of.ByReceipt, Visible: of.ByIDs,
		},
		Audit:  newAudit(m.store, m.secrets.audit),
		Cases:  of,
		Cycles: &cycles.Service{Store: m.store},
		Deeds:  &deeds.Service{Store: m.store, Zone: m.zone, Secret: m.secrets.receipts},
		Exports: &exports.Service{
			Store: m.store, Bucket: m.bucket, Links: m.secrets.exports, Worker: reports.Worker,
			Cycle: reports.CycleFor, Prepare: reports.Prepare, Write: reports.WriteExport,
		},
		Guesses:   &guesses.Service{Store: m.store, Key: m.secrets.guesses, Most: guessesADay},
		Integrity: &integrity.Service{Store: m.store, Keys: m.keys, Zone: m.zone, Days: m.days, Thresholds: privacy.Default()},
		Notify:    &notify.Service{Store: m.store, Webhooks: m.secrets.webhooks, Contacts: m.secrets.contacts},
		Officials: &officials.Service{Store: m.store},
		Publications: &publications.Service{
			Store: m.store, Keys: m.keys, Zone: m.zone, Days: m.days, Thresholds: privacy.Default(), Secret: m.secrets.receipts,
		},
		Ratings:   ratings.New(m.store, m.keys, m.zone, m.days, m.secrets.invitations, m.secrets.receipts),
		Retention: &retention.Service{Store: m.store, Zone: m.zone},
		Reviews:   &reviews.Service{Store: m.store, Keys: m.keys, Zone: m.zone, Secret: m.secrets.receipts, Thresholds: privacy.Default()},
	}, nil
}

// newAccounts makes the service that the token command needs alone, too. What machines
// can be allowed is what the schema has.
func newAccounts(st *store.Store) (*accounts.Service, error) {
	callers, err := resolvers.Callers(graph.NewExecutableSchema(graph.Config{}).Schema())
	if err != nil {
		return nil, fmt.Errorf("read who may call what: %w", err)
	}
	return &accounts.Service{Store: st, Callers: callers}, nil
}

// newAudit makes the service that the audit commands need alone, too.
func newAudit(st *store.Store, keys auditKeys) *audit.Service {
	return &audit.Service{Store: st, Key: keys.private, Trusted: keys.trusted, Thresholds: privacy.Default()}
}

// newAssessments makes the service that `assess` needs alone, too. Its worker is
// named for whoever looks at a run's lease.
func newAssessments(st *store.Store, keys *keyring.Keyring, zone *time.Location, font []byte) *assessments.Service {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return &assessments.Service{
		Store: st, Keys: keys, Zone: zone,
		Worker: fmt.Sprintf("%s:%d", host, os.Getpid()), Thresholds: privacy.Default(), Font: font,
	}
}

// checkKeys compares the key file with the years that the database knows.
func checkKeys(st *store.Store, keys *keyring.Keyring, s *session) error {
	var epochs []models.KeyEpoch
	if err := st.Read(s.ctx).Order("year").Find(&epochs).Error; err != nil {
		return fmt.Errorf("read the years of the rater keys: %w", err)
	}
	return keys.Check(epochs)
}
