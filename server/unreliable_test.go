package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// fault is what goes wrong between server and database.
type fault string

const (
	faultless   fault = ""
	refused     fault = "connections are refused"
	tooMany     fault = "too many connections (53300)"
	resetAnswer fault = "a connection is reset in the middle of an answer"
	cutRequest  fault = "a request is cut half way"
	slow        fault = "every answer is slow"
	silent      fault = "no answer comes"
	lostCommit  fault = "a commit is done, and its answer lost"
	conflict    fault = "a serialization failure (40001)"
	deadlock    fault = "a deadlock (40P01)"
	fullDisk    fault = "a full disk (53100)"
)

// errorCodes are the errors that a fault answers with, in the database's place.
var errorCodes = map[fault]string{tooMany: "53300", conflict: "40001", deadlock: "40P01", fullDisk: "53100"}

// unreliable is a way to the database on which things go wrong. It understands as much of
// PostgreSQL's protocol as it takes to know where messages begin and transactions end.
type unreliable struct {
	t        testing.TB
	listener net.Listener
	network  string
	to       string // where the database listens

	mu    sync.Mutex
	now   fault
	left  int // how often it still happens; below 0: always
	open  map[net.Conn]bool
	ended sync.WaitGroup
}

// newUnreliable makes a way to the database at a URL, and returns the URL by this way.
func newUnreliable(t testing.TB, dbURL string) (f *unreliable, through string) {
	t.Helper()
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f = &unreliable{t: t, listener: listener, network: "tcp", to: u.Host, open: map[net.Conn]bool{}}
	if folder := u.Query().Get("host"); folder != "" {
		f.network, f.to = "unix", folder+"/.s.PGSQL.5432"
	}
	f.ended.Go(f.run)
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		f.breakAll()
		f.ended.Wait()
	})
	u.Host, u.RawQuery = listener.Addr().String(), "sslmode=disable"
	return f, u.String()
}

// fails has a fault happen so many times, always where times is below 0.
func (f *unreliable) fails(with fault, times int) {
	f.mu.Lock()
	f.now, f.left = with, times
	f.mu.Unlock()
	if with == refused {
		f.breakAll()
	}
}

// happens says whether a fault happens now, and counts it.
func (f *unreliable) happens(with ...fault) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range with {
		if one == f.now && f.left != 0 {
			f.left--
			return one, true
		}
	}
	return faultless, false
}

func (f *unreliable) breakAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.open {
		abort(conn)
	}
}

// abort ends a connection with a reset, where there is such a thing.
func abort(conn net.Conn) {
	if tcp, is := conn.(*net.TCPConn); is {
		// What fails here has been closed already.
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (f *unreliable) run() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		if _, is := f.happens(refused); is {
			abort(conn)
			continue
		}
		f.ended.Go(func() { f.serve(conn) })
	}
}

// way is one connection and the database behind it.
type way struct {
	*unreliable
	client, database net.Conn

	mu     sync.Mutex // over what is written to the client
	status byte       // of the transaction: I none, T begun, E failed
	commit bool       // the next answer is that of a commit
}

func (f *unreliable) serve(client net.Conn) {
	database, err := net.Dial(f.network, f.to)
	if err != nil {
		abort(client)
		return
	}
	w := &way{unreliable: f, client: client, database: database, status: 'I'}
	f.mu.Lock()
	f.open[client], f.open[database] = true, true
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.open, client)
		delete(f.open, database)
		f.mu.Unlock()
	}()
	var both sync.WaitGroup
	for _, relay := range []func() error{w.requests, w.answers} {
		both.Go(func() {
			err := relay()
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				abort(client)
			}
			_ = client.Close() // either end takes the other along
			_ = database.Close()
		})
	}
	both.Wait()
}

// message reads one; kind is 0 for the first of a connection, which has none.
func message(r *bufio.Reader, first bool) (kind byte, raw []byte, err error) {
	head := make([]byte, 5)
	if first {
		head = head[:4]
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(head[len(head)-4:])
	raw = append(head, make([]byte, length-4)...)
	if !first {
		kind = head[0]
	}
	_, err = io.ReadFull(r, raw[len(head):])
	return kind, raw, err
}

var errCut = errors.New("cut")

// requests passes on what the client asks, up to each message that wants an answer.
func (w *way) requests() error {
	r := bufio.NewReader(w.client)
	_, raw, err := message(r, true)
	if err != nil {
		return err
	}
	if _, is := w.happens(tooMany); is {
		return w.answer(errorResponse("53300"))
	}
	if _, err := w.database.Write(raw); err != nil {
		return err
	}
	var batch []byte
	for {
		kind, raw, err := message(r, false)
		if err != nil {
			return err
		}
		batch = append(batch, raw...)
		if !strings.ContainsRune("SQpXHdcf", rune(kind)) {
			continue
		}
		if kind == 'S' || kind == 'Q' {
			swallowed, err := w.disturb(batch)
			if err != nil {
				return err
			}
			if swallowed {
				batch = nil
				continue
			}
		}
		if _, err := w.database.Write(batch); err != nil {
			return err
		}
		batch = nil
	}
}

// disturb lets a fault of a request happen. What is swallowed does not reach the database.
func (w *way) disturb(batch []byte) (swallowed bool, err error) {
	text := strings.ToLower(string(batch))
	w.mu.Lock()
	status := w.status
	w.commit = strings.Contains(text, "commit\x00")
	w.mu.Unlock()
	if _, is := w.happens(cutRequest); is {
		if _, err := w.database.Write(batch[:len(batch)/2]); err != nil {
			return true, err
		}
		return true, errCut
	}
	if _, is := w.happens(silent); is {
		return true, nil
	}
	if status != 'T' || strings.Contains(text, "rollback") || w.commit {
		return false, nil
	}
	if with, is := w.happens(conflict, deadlock, fullDisk); is {
		w.mu.Lock()
		w.status = 'E'
		w.mu.Unlock()
		return true, w.answer(errorResponse(errorCodes[with]), []byte{'Z', 0, 0, 0, 5, 'E'})
	}
	return false, nil
}

// answers passes on what the database answers.
func (w *way) answers() error {
	r := bufio.NewReader(w.database)
	for {
		kind, raw, err := message(r, false)
		if err != nil {
			return err
		}
		w.mu.Lock()
		commit := w.commit
		if kind == 'Z' {
			w.status, w.commit = raw[5], false
		}
		w.mu.Unlock()
		if kind == 'C' && commit {
			if _, is := w.happens(lostCommit); is {
				return errCut
			}
		}
		if kind == 'D' || kind == 'C' { // a row, or the end of a statement
			if _, is := w.happens(resetAnswer); is {
				if err := w.answer(raw[:len(raw)/2]); err != nil {
					return err
				}
				return errCut
			}
		}
		if kind == 'Z' {
			if _, is := w.happens(slow); is {
				timer := time.NewTimer(20 * time.Millisecond)
				<-timer.C
			}
		}
		if err := w.answer(raw); err != nil {
			return err
		}
	}
}

func (w *way) answer(raw ...[]byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range raw {
		if _, err := w.client.Write(one); err != nil {
			return err
		}
	}
	return nil
}

// errorResponse is the message of an error with a code.
func errorResponse(code string) []byte {
	body := "SERROR\x00VERROR\x00C" + code + "\x00Mas the test would have it\x00\x00"
	raw := append([]byte{'E'}, binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))...)
	return append(raw, body...)
}
