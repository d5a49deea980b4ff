// Command write makes what bench/write.sh measures the writing side with: rating links
// straight in the tables, pgbench scripts and a writer on SQLite that send the statements of
// one rating, and an import folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// options are the flags of all subcommands.
type options struct {
	db, secret, keys, out, log, folder string
	count, ratings, officials          int
	lasts                              time.Duration
}

func main() {
	if err := command(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out io.Writer) error {
	commands := map[string]func(context.Context, options, io.Writer) error{
		"links": links, "script": script, "writer": writer, "folder": folder, "claims": claims,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return errors.New("usage: write links|script|writer|folder|claims [flags]")
	}
	var o options
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.StringVar(&o.db, "db", "", "sqlite:PATH or postgres://USER@HOST/NAME")
	flags.StringVar(&o.secret, "secret-file", "", "links, writer: what the server signs links with")
	flags.StringVar(&o.keys, "key-file", "", "writer: file of the rater keys")
	flags.StringVar(&o.out, "out", "", "links: where they go, one a line; writer: where they are; script: where the script goes")
	flags.IntVar(&o.count, "count", 1000, "links: how many; folder: what sets it apart from others")
	flags.StringVar(&o.log, "log", "", "script: PostgreSQL's log of two ratings")
	flags.DurationVar(&o.lasts, "for", 5*time.Second, "writer: how long it writes")
	flags.StringVar(&o.folder, "folder", "", "folder: where it is made")
	flags.IntVar(&o.ratings, "ratings", 500_000, "folder: how many ratings")
	flags.IntVar(&o.officials, "officials", 1000, "folder: of how many officials")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	return commands[args[0]](ctx, o, out)
}

// lines writes a file line by line.
func lines(path string, n int, line func(i int) string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var text strings.Builder
	for i := range n {
		text.WriteString(line(i))
		text.WriteByte('\n')
		if text.Len() > 1<<20 || i == n-1 {
			if _, err := file.WriteString(text.String()); err != nil {
				return err
			}
			text.Reset()
		}
	}
	return nil
}
