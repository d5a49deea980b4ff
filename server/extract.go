package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"steelyard/extract"
	"steelyard/models"
	"steelyard/services/assessments"
	"steelyard/store"
)

// verifyFlag is a flag whose value may be left out.
type verifyFlag struct {
	given bool
	run   string
}

// Decode implements kong.MapperValue: what follows is the value, unless it is the
// next flag.
func (v *verifyFlag) Decode(ctx *kong.DecodeContext) error {
	v.given = true
	if next := ctx.Scan.Peek(); next.IsEOL() || strings.HasPrefix(next.String(), "--") {
		return nil
	}
	return ctx.Scan.PopValueInto("RUN", &v.run)
}

// String is how the flag is printed.
func (v verifyFlag) String() string { return v.run }

// errExtractDiffers ends the verification of an extract that found a difference.
var errExtractDiffers = errors.New("the run is not what the extract's evidence and policy give")

// verifyFile computes the run of an extract anew.
func (c *assessCmd) verifyFile(s *session) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("read the extract: %w", err)
	}
	run, err := extract.Read(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	g := newGauge(s.stderr)
	defer g.end()
	found, err := extract.Verify(s.ctx, run, g.steps)
	if err != nil {
		return err
	}
	g.end()
	for _, d := range found {
		if _, err := fmt.Fprintf(s.stdout, "%s %s %s: stated %s, now %s\n", d.Official, d.Unit, d.What, d.Stated, d.Now); err != nil {
			return err
		}
	}
	if len(found) > 0 {
		return errExtractDiffers
	}
	_, err = fmt.Fprintf(s.stdout, "the run of %d postings is what the extract's evidence and policy give: engine %s, policy digest %x, evidence digest %x\n",
		len(run.Results), run.EngineVersion, run.PolicyDigest, run.EvidenceDigest)
	return err
}

type extractCmd struct {
	RunID  string `name:"run" required:"" placeholder:"RUN" help:"The run."`
	Sheet  bool   `help:"Only the component estimates and what followed from them, for recompute; no evidence." xor:"what"`
	Public bool   `help:"Of the estimates what everybody may have, where results are published under a policy that publishes components." xor:"what"`
	Out    string `required:"" type:"path" placeholder:"FILE" help:"Where the extract goes; nobody but its owner can read it."`
}

// Help is the longer text of --help.
func (extractCmd) Help() string {
	return "The evidence by external ids, raters as numbers; the policy; every figure. Whoever has it computes the run anew by " +
		"assess --verify --file. It holds single answers, and whoever knows who was to review whom recognises reviewers in it: it is for an " +
		"auditor who is bound to keep it. With --public the sheet leaves out what few persons stand behind, and everybody may have it; no answer " +
		"stands behind two of these. It leaves an audit entry."
}

func (c *extractCmd) Run(s *session) error {
	id, err := models.ParseID(c.RunID)
	if err != nil {
		return models.Invalid("run", models.KeyBadID, c.RunID)
	}
	zone, err := s.flags.zone()
	if err != nil {
		return err
	}
	if err := s.flags.there(); err != nil {
		return err // before a key file is made for nothing
	}
	keys, err := s.flags.keyring()
	if err != nil {
		return err
	}
	st, err := s.open(store.Options{})
	if err != nil {
		return err
	}
	if err := checkKeys(st, keys, s); err != nil {
		return errors.Join(err, st.Close())
	}
	return errors.Join(c.write(s, newAssessments(st, keys, zone, nil), id), st.Close())
}

func (c *extractCmd) write(s *session, service *assessments.Service, id models.ID) error {
	g := newGauge(s.stderr)
	defer g.end()
	var run *assessments.Computed
	lines := -1
	err := replaceSecretFile(c.Out, func(w io.Writer) (err error) {
		switch {
		case c.Public:
			run, lines, err = service.ExtractPublic(s.ctx, id, w, g.steps)
		case c.Sheet:
			run, err = service.ExtractSheet(s.ctx, id, w, g.steps)
		default:
			run, err = service.Extract(s.ctx, id, w, g.steps)
		}
		return err
	})
	if err != nil {
		return err
	}
	g.end()
	if lines >= 0 {
		if _, err := fmt.Fprintf(s.stdout, "officials        %d of %d; the rest would tell of few persons\n", lines, len(run.Rows)); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(s.stdout, "extract          %s\nevidence digest  %x\npolicy digest    %x\n", c.Out, run.EvidenceDigest, run.PolicyDigest)
	return err
}

type recomputeCmd struct {
	Sheet  string `required:"" type:"existingfile" placeholder:"FILE" help:"Component estimates of whole peer groups, as extract --sheet writes them."`
	Policy string `type:"existingfile" placeholder:"FILE.json" help:"The policy; without one the default."`
}

// Help is the longer text of --help.
func (recomputeCmd) Help() string {
	return "Follows status, weights, composite and rank of every line from the values of its components and the policy, and names what differs from " +
		"what the sheet says. Needs no database. A proposed grade follows from the sheet's chance of lying among the unit's best; that chance, standard errors and intervals rest on more than estimates: assess --verify --file computes those."
}

// errSheetDiffers ends a recomputation that found a difference.
var errSheetDiffers = errors.New("the sheet is not what its components and the policy give")

func (c *recomputeCmd) Run(s *session) error {
	policy, err := readPolicy(c.Policy)
	if err != nil {
		return err
	}
	f, err := os.Open(c.Sheet)
	if err != nil {
		return fmt.Errorf("read the sheet: %w", err)
	}
	sheet, err := extract.ReadSheet(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	found, bounded := sheet.Recompute(policy)
	for _, d := range found {
		if _, err := fmt.Fprintf(s.stdout, "%s %s %s: stated %s, follows %s\n", d.Official, d.Unit, d.What, d.Stated, d.Now); err != nil {
			return err
		}
	}
	if len(found) > 0 {
		return errSheetDiffers
	}
	_, err = fmt.Fprintf(s.stdout, "%d lines follow from their components and the policy; of %d of them, with a component cut off at 0 or 100, the status alone\n",
		len(sheet.Lines), bounded)
	return err
}
