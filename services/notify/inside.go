package notify

import (
	"fmt"
	"net/netip"
	"syscall"
)

// insideError is the refusal of an address that only machines inside reach.
type insideError struct{ address netip.Addr }

// Error says which address.
func (e *insideError) Error() string { return fmt.Sprintf("%s is an address inside", e.address) }

// inside are the networks beyond those that netip knows which lead to machines of
// one's own, or through a translator to any address: RFC 6890 and its kin.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // behind a carrier's translator
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("::/96"),           // IPv4 in the oldest disguise
	netip.MustParsePrefix("64:ff9b::/96"),    // IPv4 by NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),  // the same, local
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // IPv4 by 6to4
	netip.MustParsePrefix("fec0::/10"),       // site-local
}

// isInside says whether an address is no public one.
func isInside(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return true
	}
	for _, network := range inside {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// refuseInside is a dialer's Control: it sees the very address that is about to be
// connected to, whatever name led there and however often that name changes.
func refuseInside(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s %s: %w", network, address, err)
	}
	if isInside(to.Addr()) {
		return &insideError{to.Addr()}
	}
	return nil
}
