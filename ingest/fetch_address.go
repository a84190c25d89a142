package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// errBlocked says that an address may not be dialled.
var errBlocked = errors.New("not a public address")

// Resolver looks names up; net.DefaultResolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// AllowList names what may be fetched although it is not public: an intranet, or
// the servers of a test. The zero value allows nothing.
type AllowList struct {
	prefixes []netip.Prefix
	hosts    []string
}

// ParseAllowList reads a list separated by commas or spaces of networks
// ("10.1.0.0/16"), addresses and host names ("intranet.example"). A host name
// allows whatever address that name has.
func ParseAllowList(text string) (AllowList, error) {
	var list AllowList
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if prefix, err := netip.ParsePrefix(item); err == nil {
			list.prefixes = append(list.prefixes, prefix.Masked())
			continue
		}
		if addr, err := netip.ParseAddr(item); err == nil {
			list.prefixes = append(list.prefixes, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		if strings.ContainsAny(item, "/:*@") {
			return AllowList{}, fmt.Errorf("%q is neither a network, an address nor a host name", item)
		}
		list.hosts = append(list.hosts, strings.ToLower(item))
	}
	return list, nil
}

func (l AllowList) address(addr netip.Addr) bool {
	return slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func (l AllowList) host(name string) bool {
	return slices.Contains(l.hosts, strings.ToLower(strings.TrimSuffix(name, ".")))
}

// reserved returns the networks that are not the public internet although
// netip counts them as global unicast (IANA special-purpose registries).
func reserved() []netip.Prefix {
	names := []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
		"5f00::/16", "fec0::/10",
	}
	out := make([]netip.Prefix, len(names))
	for i, name := range names {
		out[i] = netip.MustParsePrefix(name)
	}
	return out
}

// public tells whether an address is of the public internet.
func public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.Zone() != "" || !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	if addr.Is6() && !netip.MustParsePrefix("2000::/3").Contains(addr) {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// publicPort tells whether a port is one on which sites are served.
func publicPort(port string) bool {
	switch port {
	case "80", "443", "8000", "8080", "8443":
		return true
	}
	return false
}

// guardedDialer dials public addresses only. The name is resolved here, once, and
// the checked address itself is dialled, so a name that changes its mind between
// check and use gains nothing; Control checks once more what the system is about
// to connect to.
type guardedDialer struct {
	resolver Resolver
	allow    AllowList
	timeout  time.Duration
}

// GuardedDial dials public addresses and those of allow only, for whoever calls an
// address that a clinic typed.
func GuardedDial(allow AllowList) func(ctx context.Context, network, address string) (net.Conn, error) {
	return guardedDialer{resolver: net.DefaultResolver, allow: allow, timeout: 10 * time.Second}.DialContext
}

func (d guardedDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	free := d.allow.host(host)
	dialer := net.Dialer{Timeout: d.timeout, Control: func(_, target string, _ syscall.RawConn) error {
		return d.check(target, free)
	}}
	failure := fmt.Errorf("dial %s: %w", host, errBlocked)
	for _, addr := range addrs {
		target := net.JoinHostPort(addr.Unmap().String(), port)
		if err := d.check(target, free); err != nil {
			continue
		}
		conn, err := dialer.DialContext(ctx, network, target)
		if err == nil {
			return conn, nil
		}
		failure = err
	}
	return nil, failure
}

func (d guardedDialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	return addrs, nil
}

// check tells whether an address and port may be dialled; free lifts the rule for
// a host name of the allow-list.
func (d guardedDialer) check(target string, free bool) error {
	address, err := netip.ParseAddrPort(target)
	if err != nil {
		return fmt.Errorf("dial %q: %w", target, errBlocked)
	}
	addr := address.Addr().Unmap()
	if free || d.allow.address(addr) {
		return nil
	}
	_, port, _ := net.SplitHostPort(target)
	if !public(addr) || !publicPort(port) {
		return fmt.Errorf("dial %s: %w", target, errBlocked)
	}
	return nil
}
