//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// silence is how long a server may say nothing.
const silence = 10 * time.Minute

// line is a connection on which one request is under way.
type line struct {
	fd      int
	request []byte
	start   time.Time
	in      []byte // of the answer so far
	length  int    // of the first answer's body; -1 before it
}

// load asks for a while, on each connection once at least, and returns how long each answer
// took and the whole.
func load(to *url.URL, next func() ([]byte, error), connections int, lasts time.Duration) (took []time.Duration, all time.Duration, err error) {
	begun := time.Now()
	lines := make([]line, connections)
	polled := make([]unix.PollFd, connections)
	for i := range lines {
		lines[i], err = dial(to.Host)
		if err != nil {
			return nil, 0, err
		}
		defer func() { err = errors.Join(err, unix.Close(lines[i].fd)) }()
		if err := lines[i].ask(next); err != nil {
			return nil, 0, err
		}
		polled[i] = unix.PollFd{Fd: int32(lines[i].fd), Events: unix.POLLIN}
	}
	piece := make([]byte, 64<<10)
	for open := connections; open > 0; {
		ready, err := unix.Poll(polled, int(silence.Milliseconds()))
		if err != nil && !errors.Is(err, unix.EINTR) || err == nil && ready == 0 {
			return nil, 0, fmt.Errorf("nothing is said for %s: %w", silence, err)
		}
		for i := range polled {
			if polled[i].Revents == 0 {
				continue
			}
			polled[i].Revents = 0
			l := &lines[i]
			served, err := l.hear(piece)
			switch {
			case err != nil:
				return nil, 0, err
			case !served:
				continue
			}
			took = append(took, time.Since(l.start))
			if time.Since(begun) < lasts {
				if err := l.ask(next); err != nil {
					return nil, 0, err
				}
				continue
			}
			polled[i].Fd = -1 // it is not asked for any more
			open--
		}
	}
	return took, time.Since(begun), nil
}

// dial connects to a host and port.
func dial(host string) (line, error) {
	at, err := net.ResolveTCPAddr("tcp", host)
	if err != nil {
		return line{}, err
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
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		err = errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1), unix.Connect(fd, to))
	}
	return line{fd: fd, length: -1}, err
}

// ask sends the next request.
func (l *line) ask(next func() ([]byte, error)) error {
	request, err := next()
	if err != nil {
		return err
	}
	l.request, l.start = request, time.Now()
	return l.send()
}

func (l *line) send() error {
	for rest := l.request; len(rest) > 0; {
		n, err := unix.Write(l.fd, rest)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		rest = rest[max(n, 0):]
	}
	return nil
}

// hear takes what has come, and says whether that ends the answer. Who is sent away asks
// again; a wrong answer is refused.
func (l *line) hear(piece []byte) (served bool, err error) {
	n, err := unix.Read(l.fd, piece)
	switch {
	case errors.Is(err, unix.EINTR):
		return false, nil
	case err != nil:
		return false, err
	case n == 0:
		return false, fmt.Errorf("the connection ends in the middle of an answer: %w", io.ErrUnexpectedEOF)
	}
	l.in = append(l.in, piece[:n]...)
	status, body, whole, err := parse(l.in)
	if err != nil || !whole {
		return false, err
	}
	defer func() { l.in = l.in[:0] }()
	switch {
	case status == http.StatusServiceUnavailable:
		return false, l.send()
	case status != http.StatusOK || bytes.Contains(body, []byte(`"errors":`)):
		return false, fmt.Errorf("%d %s: %.300s", status, http.StatusText(status), body)
	case l.length < 0:
		l.length = len(body)
	case len(body) != l.length:
		return false, fmt.Errorf("an answer of %d bytes after one of %d: %.300s", len(body), l.length, body)
	}
	return true, nil
}

// parse reads an answer, once all of it is there.
func parse(in []byte) (status int, body []byte, whole bool, err error) {
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
