// Command steelyard serves the evaluation backend and does its operators' work:
// it migrates, imports, assesses, mints tokens and looks itself over.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the zone must be known on machines without a zone database

	"github.com/alecthomas/kong"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/scoring"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks again is not made to wait
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "steelyard:", err)
		os.Exit(1)
	}
}

// cli is every command and flag. A flag --some-flag has the variable
// STEELYARD_SOME_FLAG.
type cli struct {
	EveryCommand
	Version kong.VersionFlag `help:"Say what this program was built from."`

	Serve     serveCmd     `cmd:"" help:"Serve GraphQL and the pages."`
	Demo      demoCmd      `cmd:"" help:"Make a district of demonstration data, score it and serve it."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database's tables up to date, or take steps back."`
	Import    importCmd    `cmd:"" help:"Import a folder or .zip of CSV files."`
	Assess    assessCmd    `cmd:"" help:"Assess a period and write the report to a file."`
	Extract   extractCmd   `cmd:"" help:"Write what a run rests on and what it found, to be computed anew without the database."`
	Recompute recomputeCmd `cmd:"" help:"Follow composites and ranks from component estimates and a policy."`
	Simulate  simulateCmd  `cmd:"" help:"Judge the scoring engine by worlds with known truth."`
	Token     tokenCmd     `cmd:"" help:"Mint a token for an account, and make the account."`
	Audit     auditCmd     `cmd:"" help:"Check that nothing was changed, moved or taken out of the audit trail."`
	Backup    backupCmd    `cmd:"" help:"Write the database and its attachments into one file."`
	Restore   restoreCmd   `cmd:"" help:"Make an empty database what a backup holds."`
	Receipt   receiptCmd   `cmd:"" help:"Check by a receipt's proof that a rating counts."`
	Documents documentsCmd `cmd:"" help:"Write the manifest of trusted documents of a frontend's operations."`
	Access    accessCmd    `cmd:"" help:"List who may do and select what, and by which ways in."`
	Ready     readyCmd     `cmd:"" help:"Ask a server on this machine whether it is ready."`
	Doctor    doctorCmd    `cmd:"" help:"Say what is configured, reachable and out of date."`
}

// commit is what a release was built from; tools/release.sh sets it.
var commit = "no release"

// session is what every command gets.
type session struct {
	ctx    context.Context
	flags  *EveryCommand
	stdout io.Writer
	stderr io.Writer
}

// newParser reads flags and variables into c.
func newParser(c *cli, stdout, stderr io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("steelyard"),
		kong.Description("Steelyard weighs the work of public officials by what the people served experienced. "+
			"Start with: steelyard demo"),
		kong.DefaultEnvars("STEELYARD"),
		kong.Vars{"version": "steelyard " + commit + ", engine " + scoring.Version + ", " + runtime.Version()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, Summary: true}),
		kong.Writers(stdout, stderr),
		kong.Exit(exit),
	)
}

// run is the program: arguments in, output to stdout, progress to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c cli
	exited := false
	parser, err := newParser(&c, stdout, stderr, func(int) { exited = true })
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited { // --help or --version has been printed
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (steelyard --help lists what there is)", err)
	}
	if c.DB == "" && command.Command() != "demo" {
		c.DB = defaultDB
	}
	err = untilStopped(ctx, func() error {
		return command.Run(&session{ctx: ctx, flags: &c.EveryCommand, stdout: stdout, stderr: stderr})
	}, strings.HasPrefix(command.Command(), "serve") || strings.HasPrefix(command.Command(), "demo"))
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return errors.New("interrupted; nothing half-done is kept")
	}
	if err != nil && models.CodeOf(err) != "" {
		return errors.New(sentence(c.lang(), err))
	}
	return err
}

// sentence is what an error says to people: the catalogue's sentence where it is
// one of ours.
func sentence(l messages.Lang, err error) string {
	var own *models.Error
	if !errors.As(err, &own) {
		return err.Error()
	}
	text := messages.Text(l, own.Key, own.Args...)
	if own.Field != "" {
		text = own.Field + ": " + text
	}
	return text
}

// lastMoment is how long a command that was interrupted may take to tidy up.
const lastMoment = 5 * time.Second

// untilStopped runs a command. One that was interrupted and does not end, since it waits
// for what comes through a pipe, is left: nothing of it is committed. A server drains at
// its own pace.
func untilStopped(ctx context.Context, command func() error, drains bool) error {
	done := make(chan error, 1)
	go func() { done <- command() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	if drains {
		return <-done
	}
	select {
	case err := <-done:
		return err
	case <-time.After(lastMoment):
		return ctx.Err()
	}
}
