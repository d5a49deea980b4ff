package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// TestVerifyRefusesTricksOfForm gives the verifier tokens that libraries have read in
// different ways. Those of the first kind are signed by the right key, as an issuer with a
// fault or a taste of its own would write them; the others nobody signed as they stand.
func TestVerifyRefusesTricksOfForm(t *testing.T) {
	t.Parallel()
	private, rsaPrivate := edKey(t), rsaKey()
	public := private.Public().(ed25519.PublicKey)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.JWKSFile = writeTemp(t, jwksJSON(t, okpJWK(public, "ed"), rsaJWK(&rsaPrivate.PublicKey, "rsa")))
	v := newTestVerifier(t, cfg)

	b64 := base64.RawURLEncoding.EncodeToString
	signed := func(header, payload string) string {
		text := b64([]byte(header)) + "." + b64([]byte(payload))
		return text + "." + b64(ed25519.Sign(private, []byte(text)))
	}
	const head = `{"alg":"EdDSA","kid":"ed"}`
	at := testNow.Unix()
	claims := func(more string) string {
		return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"O-17","role":"HR","epoch":4,"exp":%d%s}`, testIssuer, testAudience, at+3600, more)
	}
	dated := func(exp string) string {
		return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"O-17","role":"HR","epoch":4,"exp":%s}`, testIssuer, testAudience, exp)
	}
	audience := func(aud string) string {
		return fmt.Sprintf(`{"iss":%q,"aud":%s,"sub":"O-17","role":"HR","epoch":4,"exp":%d}`, testIssuer, aud, at+3600)
	}
	good := signed(head, claims(""))
	parts := strings.Split(good, ".")
	last := len(good) - 1
	// The last character of 64 bytes carries four bits that mean nothing: another spelling.
	spelt := good[:last] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", good[last])|1])
	for name, token := range map[string]string{
		"good": good, "audiences, ours among them": signed(head, audience(fmt.Sprintf(`["x",%q]`, testAudience))),
		"a thumbprint beside the kid": signed(`{"alg":"EdDSA","kid":"ed","x5t":"a","x5t#S256":"a"}`, claims("")),
		"members inside members":      signed(head, claims(`,"groups":{"Role":1,"role":2}`)),
	} {
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Errorf("%s: %v", name, errors.Unwrap(err))
		}
	}
	for name, token := range map[string]string{
		"x5c":                    signed(`{"alg":"EdDSA","kid":"ed","x5c":["MIIB"]}`, claims("")),
		"jku of ours":            signed(`{"alg":"EdDSA","kid":"ed","jku":"https://idp.example/jwks"}`, claims("")),
		"jwk null":               signed(`{"alg":"EdDSA","kid":"ed","jwk":null}`, claims("")),
		"crit empty":             signed(`{"alg":"EdDSA","kid":"ed","crit":[]}`, claims("")),
		"crit and b64":           signed(`{"alg":"EdDSA","kid":"ed","b64":false,"crit":["b64"]}`, claims("")),
		"packed":                 signed(`{"alg":"EdDSA","kid":"ed","zip":"DEF"}`, claims("")),
		"alg in small letters":   signed(`{"alg":"eddsa","kid":"ed"}`, claims("")),
		"alg in capitals":        signed(`{"alg":"EDDSA","kid":"ed"}`, claims("")),
		"alg by its curve":       signed(`{"alg":"Ed25519","kid":"ed"}`, claims("")),
		"alg a list":             signed(`{"alg":["EdDSA"],"kid":"ed"}`, claims("")),
		"alg twice, none last":   signed(`{"alg":"EdDSA","kid":"ed","alg":"none"}`, claims("")),
		"alg twice, none first":  signed(`{"alg":"none","kid":"ed","alg":"EdDSA"}`, claims("")),
		"kid twice":              signed(`{"alg":"EdDSA","kid":"rsa","kid":"ed"}`, claims("")),
		"kid with a NUL":         signed(`{"alg":"EdDSA","kid":"ed\u0000"}`, claims("")),
		"kid in capitals":        signed(`{"alg":"EdDSA","kid":"ED"}`, claims("")),
		"role twice":             signed(head, claims(`,"role":"ADMIN"`)),
		"subject twice":          signed(head, claims(`,"sub":"O-18"`)),
		"expiry twice":           signed(head, claims(`,"exp":99999999999`)),
		"role by another case":   signed(head, claims(`,"Role":"ADMIN"`)),
		"role in capitals":       signed(head, strings.Replace(claims(""), `"role"`, `"ROLE"`, 1)),
		"data behind the claims": signed(head, claims("")+`{"role":"ADMIN"}`),
		"data behind the header": signed(head+`{}`, claims("")),
		"claims a list":          signed(head, `[`+claims("")+`]`),
		"claims null":            signed(head, `null`),
		"expiry the last second": signed(head, dated("9223372036854775807")),
		"expiry past int64":      signed(head, dated("9223372036854775808")),
		"expiry past uint64":     signed(head, dated("18446744073709551617")),
		"expiry huge":            signed(head, dated("1.7976931348623157e308")),
		"expiry beyond floats":   signed(head, dated("1e999")),
		"expiry negative":        signed(head, dated("-1")),
		"expiry null":            signed(head, dated("null")),
		"expiry a list":          signed(head, dated("[9999999999]")),
		"nbf huge":               signed(head, claims(`,"nbf":1e300`)),
		"iat huge":               signed(head, claims(`,"iat":1e300`)),
		"audience a number":      signed(head, audience(`1`)),
		"audience null":          signed(head, audience(`null`)),
		"audience an object":     signed(head, audience(fmt.Sprintf(`{%q:1}`, testAudience))),
		"audiences, not ours":    signed(head, audience(`["x","y"]`)),
		"audience with a blank":  signed(head, audience(fmt.Sprintf(`%q`, testAudience+" "))),
		"audiences in a list":    signed(head, audience(fmt.Sprintf(`[[%q]]`, testAudience))),
		"issuer a list":          signed(head, strings.Replace(claims(""), fmt.Sprintf(`"iss":%q`, testIssuer), fmt.Sprintf(`"iss":[%q]`, testIssuer), 1)),

		"another spelling of the signature": spelt,
		"padded parts":                      parts[0] + "=." + parts[1] + "." + parts[2],
		"a line break inside":               parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2],
		"the other alphabet":                strings.NewReplacer("-", "+", "_", "/").Replace(good) + "+",
		"blank before":                      " " + good,
		"the scheme again":                  "Bearer " + good,
		"ES256 of a curve":                  mint(t, jwt.SigningMethodES256, curve, map[string]any{"kid": "ed"}, goodClaims()),
		"ES256 with our signature":          b64([]byte(`{"alg":"ES256","kid":"ed"}`)) + "." + parts[1] + "." + parts[2],
		"RS256 with our signature":          b64([]byte(`{"alg":"RS256","kid":"ed"}`)) + "." + parts[1] + "." + parts[2],
		"EdDSA of the RSA key":              mint(t, jwt.SigningMethodRS256, rsaPrivate, map[string]any{"kid": "rsa", "alg": "EdDSA"}, goodClaims()),
		"encrypted in five parts":           good + ".x.y",
		"JSON instead":                      `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"two tokens":                        good + "," + good,
	} {
		viewer, err := v.Verify(t.Context(), token)
		var refusal *Error
		if !errors.As(err, &refusal) || viewer != (Viewer{}) {
			t.Errorf("%s is accepted: %+v", name, viewer)
		}
	}
}
