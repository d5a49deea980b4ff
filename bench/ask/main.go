// Command ask sends one request to a server again and again over so many connections for a
// while, and prints how many were answered a second and the times within which half and 99 of
// 100 of them were, in milliseconds:
//
//	ask --url http://127.0.0.1:8080/graphql --body FILE --connections 16 --for 3s
//
// With --each every line of the file is a request of its own, sent once: what can be used but
// once, such as a rating link. There must be enough of them.
//
// What is under way when the time is over is waited for and counted, so that a server that
// takes longer than that has a figure as well. An answer that is not 200, holds an error or
// has another length than the first ends it all: such a server must not be called fast.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("ask", flag.ContinueOnError)
	where := flags.String("url", "", "whom to ask")
	body := flags.String("body", "", "file of the JSON to send")
	each := flags.Bool("each", false, "send each line of the file once")
	token := flags.String("token", "", "bearer token")
	connections := flags.Int("connections", 16, "how many ask at once")
	lasts := flags.Duration("for", 3*time.Second, "for how long questions are asked")
	if err := flags.Parse(args); err != nil {
		return err
	}
	question, err := os.ReadFile(*body)
	if err != nil {
		return err
	}
	to, err := url.Parse(*where)
	if err != nil {
		return err
	}
	whole := request(to, *token, question)
	next := func() ([]byte, error) { return whole, nil }
	if *each {
		next = inTurn(to, *token, bytes.Split(bytes.TrimSpace(question), []byte("\n")))
	}
	took, all, err := load(to, next, *connections, *lasts)
	if err != nil {
		return err
	}
	slices.Sort(took)
	_, err = fmt.Fprintf(out, "%.3f %.3f %.3f\n", float64(len(took))/all.Seconds(), at(took, 50), at(took, 99))
	return err
}

// request is what goes over the wire, written once.
func request(to *url.URL, token string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: %d\r\n", to.RequestURI(), to.Host, len(body))
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// inTurn gives each of several bodies to one who asks.
func inTurn(to *url.URL, token string, bodies [][]byte) func() ([]byte, error) {
	var given atomic.Int64
	return func() ([]byte, error) {
		n := given.Add(1)
		if n > int64(len(bodies)) {
			return nil, fmt.Errorf("all %d requests have been sent", len(bodies))
		}
		return request(to, token, bodies[n-1]), nil
	}
}

// load asks for a while, and returns how long each answer took and the whole.
func load(to *url.URL, next func() ([]byte, error), connections int, lasts time.Duration) ([]time.Duration, time.Duration, error) {
	var (
		mu    sync.Mutex
		took  []time.Duration
		wrong error
		all   sync.WaitGroup
	)
	begun := time.Now()
	for range connections {
		all.Go(func() {
			own, err := ask(to.Host, next, begun.Add(lasts))
			mu.Lock()
			defer mu.Unlock()
			took, wrong = append(took, own...), errors.Join(wrong, err)
		})
	}
	all.Wait()
	return took, time.Since(begun), wrong
}

// ask asks on one connection until a moment, once at least.
func ask(host string, next func() ([]byte, error), until time.Time) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	answers := bufio.NewReaderSize(conn, 64<<10)
	length := -1
	var answer bytes.Buffer
	for start := time.Now(); len(took) == 0 || start.Before(until); start = time.Now() {
		request, err := next()
		if err != nil {
			return nil, err
		}
		for served := false; !served; {
			if _, err := conn.Write(request); err != nil {
				return nil, err
			}
			answer.Reset()
			if served, err = read(answers, &answer); err != nil {
				return nil, err
			}
		}
		took = append(took, time.Since(start))
		if length < 0 {
			length = answer.Len()
		}
		if answer.Len() != length {
			return nil, fmt.Errorf("an answer of %d bytes after one of %d: %.300s", answer.Len(), length, answer.Bytes())
		}
	}
	return took, nil
}

// read reads an answer, says whether it is one, and refuses a wrong one.
func read(from *bufio.Reader, into *bytes.Buffer) (served bool, err error) {
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		return false, err
	}
	_, err = into.ReadFrom(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return false, err
	}
	if response.StatusCode == http.StatusServiceUnavailable {
		return false, nil
	}
	if response.StatusCode != http.StatusOK || bytes.Contains(into.Bytes(), []byte(`"errors":`)) {
		return false, fmt.Errorf("%s: %.300s", response.Status, into.Bytes())
	}
	return true, nil
}

// at is the time within which so many of 100 were answered, in milliseconds.
func at(sorted []time.Duration, percent int) float64 {
	return float64(sorted[(len(sorted)-1)*percent/100].Nanoseconds()) / 1e6
}
