//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sys/unix"

	"steelyard/bench/wire"
)

const (
	// connections are how many there may be: a listener's queue holds more, so that nobody
	// waits for the system to try once more to connect.
	connections = 2000
	// silence is how long a server may say nothing.
	silence = time.Minute
)

// asker asks one server by one loop.
type asker struct {
	to    *url.URL
	trail []byte   // a report's request
	links []string // that are good
	lines []line
	polls []unix.PollFd // of the lines; negative where none is under way
	free  []int         // lines, the one that was used last at the end
	piece [64 << 10]byte
}

// line is a connection.
type line struct {
	fd   int
	link string    // of the rating under way; empty of a report
	due  time.Time // when it was to be asked for
	in   []byte    // of the answer so far
}

// pace is when each of so many a second is due.
func pace(perSecond float64) func(n int, passed time.Duration) time.Duration {
	return func(n int, _ time.Duration) time.Duration {
		return time.Duration(float64(n) / perSecond * float64(time.Second))
	}
}

// load asks for a while, so many at once at most, one in ten for a report. The nth is due
// after the time that due says, from which on its answer's time counts.
func (a *asker) load(due func(n int, passed time.Duration) time.Duration, lasts time.Duration, atOnce int) (*seen, error) {
	s, begun := &seen{}, time.Now()
	for under := 0; ; {
		passed := time.Since(begun)
		next := due(s.asked, passed)
		for ; next <= min(passed, lasts) && under < atOnce; next = due(s.asked, passed) {
			if err := a.ask(s.asked%10 == 9, begun.Add(next)); err != nil {
				return nil, err
			}
			s.asked++
			s.late = append(s.late, time.Since(begun)-next)
			under++
		}
		wait := silence
		switch {
		case next > lasts && under == 0:
			return s, nil
		case next <= lasts && under < atOnce:
			wait = max(0, next-time.Since(begun))
		}
		heard, err := a.hear(s, wait)
		if err != nil {
			return nil, err
		}
		under -= heard
	}
}

// ask sends one request.
func (a *asker) ask(report bool, due time.Time) error {
	if len(a.free) == 0 {
		fd, err := wire.Dial(a.to.Host)
		if err != nil {
			return err
		}
		a.free = append(a.free, len(a.lines))
		a.lines, a.polls = append(a.lines, line{fd: fd}), append(a.polls, unix.PollFd{Fd: -1, Events: unix.POLLIN})
	}
	at := a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	l, request := &a.lines[at], a.trail
	l.due, l.link, l.in = due, "", l.in[:0]
	if !report {
		if len(a.links) == 0 {
			return errors.New("all links have been used: hand out more")
		}
		l.link = a.links[len(a.links)-1]
		a.links = a.links[:len(a.links)-1]
		body, err := json.Marshal(map[string]any{"query": rating, "variables": map[string]string{"token": l.link}})
		if err != nil {
			return err
		}
		request = wire.Request(a.to, "", body)
	}
	a.polls[at].Fd = int32(l.fd)
	return wire.Send(l.fd, request)
}

// hear waits for answers, and says how many have come.
func (a *asker) hear(s *seen, wait time.Duration) (heard int, err error) {
	for i := range a.polls {
		a.polls[i].Revents = 0
	}
	timeout := unix.NsecToTimespec(wait.Nanoseconds())
	ready, err := unix.Ppoll(a.polls, &timeout, nil)
	switch {
	case errors.Is(err, unix.EINTR):
		return 0, nil
	case err != nil:
		return 0, err
	case ready == 0 && wait == silence:
		return 0, errors.New("nothing is said any more")
	}
	for at := range a.polls {
		if a.polls[at].Revents == 0 {
			continue
		}
		whole, err := a.lines[at].hear(a, s)
		if err != nil {
			return 0, err
		}
		if whole {
			a.polls[at].Fd = -1
			a.free = append(a.free, at)
			heard++
		}
	}
	return heard, nil
}

// hear takes what has come, and says whether that ends the answer.
func (l *line) hear(a *asker, s *seen) (bool, error) {
	n, err := unix.Read(l.fd, a.piece[:])
	if err != nil || n == 0 {
		return false, errors.Join(err, io.ErrUnexpectedEOF)
	}
	l.in = append(l.in, a.piece[:n]...)
	status, body, whole, err := wire.Parse(l.in)
	if err != nil || !whole {
		return false, err
	}
	took := time.Since(l.due)
	right := status == http.StatusOK && !bytes.Contains(body, []byte(`"errors"`))
	switch {
	case status == http.StatusServiceUnavailable:
		s.away = append(s.away, took)
		if l.link != "" {
			a.links = append(a.links, l.link) // it is as good as before
		}
	case right && l.link == "":
		s.reports++
	case right && bytes.Contains(body, []byte(`"receipt":"`)):
		s.took = append(s.took, took)
	default:
		s.wrong++
	}
	return true, nil
}
