package main

import (
	"net/http"
	"strings"

	"github.com/go-chi/httprate"

	"steelyard/auth"
	"steelyard/models"
)

const (
	// deviceCookie holds the name that a browser has for a day, on the pages of standing
	// codes alone.
	deviceCookie = "device"
	counterPages = "/c/"
)

// visitor puts what a request tells of who sends it into the context, and gives a
// browser that looks at a standing code a name for the day. The name leads to nobody,
// ends with the day, and is kept by us as a keyed hash until then.
func (s *site) visitor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := auth.Visitor{Network: httprate.CanonicalizeIP(s.proxies.client(r))}
		if cookie, err := r.Cookie(deviceCookie); err == nil && auth.ValidDevice(cookie.Value) {
			v.Device = cookie.Value
		} else if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, counterPages) {
			http.SetCookie(w, &http.Cookie{
				Name: deviceCookie, Value: auth.DeviceName(), Path: counterPages,
				Expires:  models.DateOf(s.store.Now(), s.zone).AddDays(1).Start(s.zone),
				HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.publicURL, "https://"),
			})
		}
		next.ServeHTTP(w, r.WithContext(auth.WithVisitor(r.Context(), v)))
	})
}
