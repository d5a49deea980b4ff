package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"steelyard/models"
	"steelyard/server/overhttp"
)

// origins are the web origins, besides this server's own, whose pages may call
// the API: scheme://host[:port], exactly.
type origins []string

// newOrigins refuses what is no origin: a wildcard, a path, a foreign scheme.
func newOrigins(list []string) (origins, error) {
	for _, o := range list {
		if !isOrigin(o) {
			return nil, fmt.Errorf("--allow-origin %q is no origin: write https://host or https://host:port", o)
		}
	}
	return list, nil
}

// isOrigin says whether a text is scheme://host[:port] of the web, and no more.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && text == u.Scheme+"://"+u.Host
}

// share answers cross-origin requests of the listed origins as CORS has it. There
// are no cookies, so credentials are not allowed: a token is sent in a header.
func (o origins) share(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, origin := w.Header(), r.Header.Get("Origin")
		overhttp.Varies(h, "Origin")
		listed := origin != "" && slices.Contains(o, origin)
		if listed {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, "+positionHeader)
		}
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		if listed {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept-Language, X-Request-Id, "+positionHeader)
			h.Set("Access-Control-Max-Age", "3600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// protect refuses what a page of an unlisted origin makes a browser send. The
// public origin is this server's own, also where a proxy has changed the Host.
func (o origins) protect(public string) middleware {
	p := http.NewCrossOriginProtection()
	for _, origin := range append(slices.Clone(o), public) {
		if err := p.AddTrustedOrigin(origin); err != nil {
			panic(err) // isOrigin has looked at it
		}
	}
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, models.KeyForbidden, models.CodeForbidden)
	}))
	return p.Handler
}
