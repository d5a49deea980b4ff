package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"golang.org/x/time/rate"
)

const (
	jwksTimeout = 5 * time.Second
	// jwksUnknown is how often a token with an unknown kid may make us ask the key server again: such tokens cost a
	// stranger nothing, so the limit protects both sides.
	jwksUnknown = time.Minute
)

// remoteKeys are the keys behind a URL, fetched at the start, at every refresh, and when an unknown kid appears.
type remoteKeys struct {
	storage jwkset.Storage
	log     *slog.Logger
}

// newRemoteKeys starts fetching. A key server that does not answer is logged, not fatal: tokens are refused until it
// does. The fetching ends with ctx.
func newRemoteKeys(ctx context.Context, rawURL string, refresh time.Duration, log *slog.Logger) (*remoteKeys, error) {
	if err := checkJWKSURL(rawURL); err != nil {
		return nil, err
	}
	if refresh <= 0 {
		refresh = time.Hour
	}
	kf, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{rawURL}, keyfunc.Override{
		Client:          &http.Client{Transport: limitedTransport{base: http.DefaultTransport}, CheckRedirect: noRedirect},
		HTTPTimeout:     jwksTimeout,
		RefreshInterval: refresh,
		// The same limit bounds the wait for the limiter and the fetch itself, so it must leave time to fetch; a
		// wait that would be longer is refused at once.
		RateLimitWaitMax:  jwksTimeout,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(jwksUnknown), 1),
		RefreshErrorHandlerFunc: func(u string) func(context.Context, error) {
			return func(ctx context.Context, err error) {
				log.WarnContext(ctx, "JWK set not refreshed", "url", u, "error", err)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("JWK set %s: %w", rawURL, err)
	}
	return &remoteKeys{storage: kf.Storage(), log: log}, nil
}

// checkJWKSURL asks for https: who can change the key set on its way can mint tokens. Plain http is for a key server
// on the same machine.
func checkJWKSURL(rawURL string) error { return checkSafeURL("JWK set URL", rawURL) }

// checkSafeURL wants what is fetched to come by https, or from the same machine.
func checkSafeURL(what, rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "https" && host != "" || u.Scheme == "http" && local {
		return nil
	}
	return fmt.Errorf("%s %q: only https, or http on the same machine", what, rawURL)
}

func noRedirect(*http.Request, []*http.Request) error {
	return errors.New("a JWK set must be where its URL says; redirects are not followed")
}

// limitedTransport cuts answers off after maxJWKSBytes.
type limitedTransport struct{ base http.RoundTripper }

func (t limitedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxJWKSBytes), resp.Body}
	return resp, nil
}

// matching returns the keys that may have signed a token with this algorithm and kid. Keys that are not ours to use
// (other kinds, other uses) are passed over: a provider may publish them beside the signing keys.
func (r *remoteKeys) matching(ctx context.Context, alg, kid string) ([]verifyKey, error) {
	keys, err := r.known(ctx, alg, kid)
	if err != nil || len(keys) > 0 || kid == "" {
		return keys, err
	}
	if _, err := r.storage.KeyRead(ctx, kid); err != nil {
		return nil, fmt.Errorf("kid %q: %w", kid, err)
	}
	return r.known(ctx, alg, kid)
}

func (r *remoteKeys) known(ctx context.Context, alg, kid string) ([]verifyKey, error) {
	jwks, err := r.storage.KeyReadAll(ctx)
	if err != nil {
		return nil, err
	}
	if len(jwks) > maxJWKSKeys {
		return nil, fmt.Errorf("JWK set has more than %d keys", maxJWKSKeys)
	}
	var keys []verifyKey
	for _, jwk := range jwks {
		key, err := publicKey(jwk)
		if err != nil {
			r.log.DebugContext(ctx, "key of the JWK set passed over", "reason", err)
			continue
		}
		if key.fits(alg, kid) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
