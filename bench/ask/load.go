//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sys/unix"

	"steelyard/bench/wire"
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
		lines[i].length = -1
		if lines[i].fd, err = wire.Dial(to.Host); err != nil {
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

// ask sends the next request.
func (l *line) ask(next func() ([]byte, error)) error {
	request, err := next()
	if err != nil {
		return err
	}
	l.request, l.start = request, time.Now()
	return wire.Send(l.fd, l.request)
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
	status, body, whole, err := wire.Parse(l.in)
	if err != nil || !whole {
		return false, err
	}
	defer func() { l.in = l.in[:0] }()
	switch {
	case status == http.StatusServiceUnavailable:
		return false, wire.Send(l.fd, l.request)
	case status != http.StatusOK || bytes.Contains(body, []byte(`"errors":`)):
		return false, fmt.Errorf("%d %s: %.300s", status, http.StatusText(status), body)
	case l.length < 0:
		l.length = len(body)
	case len(body) != l.length:
		return false, fmt.Errorf("an answer of %d bytes after one of %d: %.300s", len(body), l.length, body)
	}
	return true, nil
}
