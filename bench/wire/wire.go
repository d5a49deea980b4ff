//go:build unix

// Package wire speaks HTTP over sockets that one goroutine serves by poll: on a machine that
// who asks shares with those who are asked, asking must cost little.
package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"

	"golang.org/x/sys/unix"
)

// Request is what goes over the wire, written once.
func Request(to *url.URL, token string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: %d\r\n", to.RequestURI(), to.Host, len(body))
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// Dial connects to a host and port.
func Dial(host string) (fd int, err error) {
	at, err := net.ResolveTCPAddr("tcp", host)
	if err != nil {
		return 0, err
	}
	var to unix.Sockaddr
	family := unix.AF_INET6
	switch ip := at.AddrPort().Addr().Unmap(); {
	case ip.Is4():
		family, to = unix.AF_INET, &unix.SockaddrInet4{Port: at.Port, Addr: ip.As4()}
	case ip.IsValid():
		to = &unix.SockaddrInet6{Port: at.Port, Addr: ip.As16()}
	default:
		family, to = unix.AF_INET, &unix.SockaddrInet4{Port: at.Port, Addr: netip.MustParseAddr("127.0.0.1").As4()}
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		err = errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1), unix.Connect(fd, to))
	}
	return fd, err
}

// Send writes a request.
func Send(fd int, request []byte) error {
	for rest := request; len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		rest = rest[max(n, 0):]
	}
	return nil
}

// Parse reads an answer, once all of it is there.
func Parse(in []byte) (status int, body []byte, whole bool, err error) {
	head, rest, found := bytes.Cut(in, []byte("\r\n\r\n"))
	if !found {
		return 0, nil, false, nil
	}
	first, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if len(first) < len("HTTP/1.1 200") {
		return 0, nil, false, fmt.Errorf("no answer in HTTP: %.300s", in)
	}
	if status, err = strconv.Atoi(string(first[9:12])); err != nil {
		return 0, nil, false, fmt.Errorf("no answer in HTTP: %.300s", in)
	}
	for field := range bytes.SplitSeq(fields, []byte("\r\n")) {
		name, value, _ := bytes.Cut(field, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			n, err := strconv.Atoi(string(value))
			if err != nil {
				return 0, nil, false, fmt.Errorf("Content-Length: %w", err)
			}
			return status, rest[:min(n, len(rest))], len(rest) >= n, nil
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			body, err = io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(rest)))
			if errors.Is(err, io.ErrUnexpectedEOF) || err == nil && !bytes.HasSuffix(rest, []byte("\r\n\r\n")) {
				return 0, nil, false, nil // the rest is to come
			}
			return status, body, err == nil, err
		}
	}
	return 0, nil, false, fmt.Errorf("an answer of which nobody knows where it ends: %.300s", in)
}
