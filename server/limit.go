package main

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"steelyard/models"
)

// networks are such as a flag names: those of the reverse proxies whose
// X-Forwarded-For is believed, or of who may watch.
type networks []netip.Prefix

func newNetworks(flag string, list []string) (networks, error) {
	var out networks
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("--%s %q is no network: write 10.0.0.0/8 or 192.0.2.7/32", flag, text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p networks) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// client is the address that a request comes from: the connection's, or, behind a
// trusted proxy, the last address in X-Forwarded-For that is not such a proxy's.
// What stands before that anybody can have written.
func (p networks) client(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr // a Unix socket, or a request made in this process
	}
	address := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trusts(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	return address.WithZone("").String()
}

// onlyFrom answers requests of the networks alone. One that a proxy forwards which
// nobody trusts comes from nobody knows where, and so from outside.
func onlyFrom(inside, trusted networks) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			address, err := netip.ParseAddr(trusted.client(r))
			peer, _ := netip.ParseAddrPort(r.RemoteAddr)
			hidden := r.Header.Get("X-Forwarded-For") != "" && !trusted.trusts(peer.Addr().Unmap())
			if err != nil || hidden || !inside.trusts(address) {
				refuse(w, r, http.StatusForbidden, models.KeyForbidden, models.CodeForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
