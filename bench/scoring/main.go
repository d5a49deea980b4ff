// Command scoring measures a whole assessment run on a database: fill draws a city
// and writes it straight into the tables, run asks for an assessment as an HR
// officer does and makes it as a server process does. bench/scoring.sh puts the two
// together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"steelyard/auth/keyring"
	"steelyard/store"
)

func main() {
	if err := command(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) == 0 || args[0] != "fill" && args[0] != "run" {
		return errors.New("usage: scoring fill|run [flags]")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	db := flags.String("db", "", "sqlite:PATH or postgres://USER@HOST/NAME")
	keyFile := flags.String("key-file", "", "file of the rater keys")
	var c city
	flags.IntVar(&c.ratings, "ratings", 5_000_000, "fill: ratings")
	flags.IntVar(&c.officials, "officials", 0, "fill: officials; 0: one for 500 ratings")
	flags.IntVar(&c.raters, "raters", 0, "fill: residents who rate; 0: one for 5 ratings")
	flags.IntVar(&c.cases, "cases", 0, "fill: cases; 0: one for 5 ratings")
	flags.IntVar(&c.encounters, "encounters", 0, "fill: encounters beside the ratings, which share nothing with them")
	flags.IntVar(&c.events, "events", 0, "fill: history of a case, so many events; none, or two at least")
	flags.IntVar(&c.reviewers, "reviewers", 4, "fill: reviewers of an official, five scores each")
	profile := flags.String("cpu-profile", "", "run: write a profile of the run to this file")
	bareDB := flags.String("bare-db", "", "run: where the bare query is asked; empty: in --db. No policy should bind its role")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	c.complete()
	keys, err := keyring.OpenOrCreate(*keyFile)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, *db, store.Options{System: true, Bulk: args[0] == "fill"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if args[0] == "fill" {
		start := time.Now()
		if err := c.fill(ctx, st, keys); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "filled in %.1f s\n", time.Since(start).Seconds())
		return err
	}
	floor := st
	if *bareDB != "" {
		if floor, err = store.Open(ctx, *bareDB, store.Options{System: true}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, floor.Close()) }()
	}
	return measure(ctx, st, floor, keys, *profile, out)
}

// complete gives the sizes that were left open those of the city that the others
// make: so a city of any size is a scaled one of 5 million ratings by 1 million
// residents of 10,000 officials, with 1 million cases and 200,000 review scores.
func (c *city) complete() {
	if c.officials == 0 {
		c.officials = max(c.ratings/500, 20)
	}
	if c.raters == 0 {
		c.raters = max(c.ratings/5, 1)
	}
	if c.cases == 0 {
		c.cases = c.ratings / 5
	}
}
