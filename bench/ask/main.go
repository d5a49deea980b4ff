//go:build unix

// Command ask sends one request to a server again and again over so many connections for a
// while, and prints how many were answered a second and the times within which half and 99 of
// 100 of them were, in milliseconds:
//
//	ask --url http://127.0.0.1:8080/graphql --body FILE --connections 16 --for 3s
//
// With --each every line of the file is a request of its own, sent once: what can be used but
// once, such as a rating link. There must be enough of them.
//
// One goroutine serves all connections by poll: on a machine that it shares with those it asks,
// who asks must cost little, or all of them look alike.
//
// What is under way when the time is over is waited for and counted, so that a server that
// takes longer than that has a figure as well. An answer that is not 200, holds an error or
// has another length than the first ends it all: such a server must not be called fast.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"time"

	"steelyard/bench/wire"
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
	whole := wire.Request(to, *token, question)
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

// inTurn gives each of several bodies to one who asks.
func inTurn(to *url.URL, token string, bodies [][]byte) func() ([]byte, error) {
	given := 0
	return func() ([]byte, error) {
		if given == len(bodies) {
			return nil, fmt.Errorf("all %d requests have been sent", len(bodies))
		}
		given++
		return wire.Request(to, token, bodies[given-1]), nil
	}
}

// at is the time within which so many of 100 were answered, in milliseconds.
func at(sorted []time.Duration, percent int) float64 {
	return float64(sorted[(len(sorted)-1)*percent/100].Nanoseconds()) / 1e6
}
