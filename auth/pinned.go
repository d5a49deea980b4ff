package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// pinnedKeys hold ID tokens to the rules of bearer tokens: a key verifies the one algorithm of its kind, and only where its
// set says nothing else of it. The OpenID library by itself would take a key whatever the set says that it is for, and any
// algorithm that the provider names.
type pinnedKeys struct {
	remote *remoteKeys
	parser *jwt.Parser // of signatures alone: what a token claims is for whoever has asked
}

func newPinnedKeys(remote *remoteKeys) pinnedKeys {
	return pinnedKeys{remote, jwt.NewParser(jwt.WithValidMethods(outsideAlgorithms()), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())}
}

// VerifySignature returns the claims that a token's signature covers.
func (k pinnedKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	if err := checkMembers(token, false); err != nil {
		return nil, err
	}
	if _, err := k.parser.Parse(token, func(t *jwt.Token) (any, error) { return k.remote.of(ctx, t) }); err != nil {
		return nil, err
	}
	return k.parser.DecodeSegment(strings.Split(token, ".")[1]) // which the signature was found to cover
}

// of returns the keys that may have signed a token, by its header.
func (r *remoteKeys) of(ctx context.Context, t *jwt.Token) (jwt.VerificationKeySet, error) {
	var set jwt.VerificationKeySet
	if err := checkHeader(t); err != nil {
		return set, err
	}
	kid, err := keyIDOf(t)
	if err != nil {
		return set, err
	}
	keys, err := r.matching(ctx, t.Method.Alg(), kid)
	if err != nil || len(keys) == 0 {
		return set, errors.Join(err, fmt.Errorf("no %s key with kid %q", t.Method.Alg(), kid))
	}
	for _, key := range keys {
		set.Keys = append(set.Keys, key.key)
	}
	return set, nil
}
