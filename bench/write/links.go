package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// links adds encounters of the officials that there are, each with an invitation, and
// writes the links' tokens to a file.
func links(ctx context.Context, o options, _ io.Writer) (err error) {
	signer, err := signerOf(o.secret)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, o.db, store.Options{System: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var officials, services []models.ID
	err = errors.Join(st.Read(ctx).Model(&models.Official{}).Order("ref").Pluck("id", &officials).Error,
		st.Read(ctx).Model(&models.Service{}).Order("ref").Pluck("id", &services).Error)
	if err != nil {
		return err
	}
	if len(officials) == 0 || len(services) == 0 {
		return errors.New("there are no officials, or no services")
	}
	tokens, encounters, invitations := make([]string, o.count), make([][]any, o.count), make([][]any, o.count)
	now := st.Now()
	for i := range tokens {
		var hash auth.SecretHash
		tokens[i], hash = signer.Issue()
		id := models.NewID()
		resident := make(models.Hash, 16)
		rand.Read(resident[:8])
		binary.BigEndian.PutUint64(resident[8:], uint64(i))
		encounters[i] = []any{
			id, id.String(), officials[i%len(officials)], services[i*7%len(services)], resident, int64(now.Year()),
			string(models.ChannelWindow), now.Add(-time.Hour), string(models.AnswerYes),
		}
		invitations[i] = []any{
			models.NewID(), models.Hash(hash[:]), id, string(models.InvitationIssued), "bench", "", now.Add(-time.Hour), now.Add(240 * time.Hour),
		}
	}
	err = st.InTx(ctx, func(tx *store.Tx) error {
		if err := load(ctx, tx, "encounters", "id ref official_id service_id resident_key key_year channel occurred_at invited", encounters); err != nil {
			return err
		}
		return load(ctx, tx, "rating_invitations", "id token_hash encounter_id state issued_by issued_from issued_at expires_at", invitations)
	})
	if err != nil {
		return err
	}
	return lines(o.out, len(tokens), func(i int) string { return tokens[i] })
}

func load(ctx context.Context, tx *store.Tx, table, columns string, rows [][]any) error {
	_, err := tx.Load(ctx, table, strings.Fields(columns), func() ([]any, error) {
		if len(rows) == 0 {
			return nil, nil
		}
		row := rows[0]
		rows = rows[1:]
		return row, nil
	})
	return err
}

// signerOf signs links as a server does that has this secret file.
func signerOf(file string) (*auth.Invitations, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the secret file: %w", err)
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("read the secret file: %w", err)
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("steelyard server v1 invitations"))
	return auth.NewInvitations(h.Sum(nil))
}

// claims says how many encounters have been rated.
func claims(ctx context.Context, o options, out io.Writer) (err error) {
	st, err := store.Open(ctx, o.db, store.Options{System: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var n int64
	if err := st.Read(ctx).Model(&models.EncounterClaim{}).Count(&n).Error; err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, n)
	return err
}
