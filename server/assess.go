package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"steelyard/models"
	"steelyard/report"
	"steelyard/scoring"
	"steelyard/services/assessments"
	"steelyard/services/publications"
	"steelyard/store"
)

type assessCmd struct {
	Period string `placeholder:"FROM/TO" help:"The first and the last day, e.g. 2025-01-01/2025-12-31."`
	Policy string `type:"existingfile" placeholder:"FILE.json" help:"Weights and rules; what the file leaves out takes the default."`
	Unit   string `placeholder:"REF" help:"Only this unit, by its external id, and everything below it."`
	Out    string `type:"path" placeholder:"FILE" help:"Where the report goes; its ending says as what: .csv, .xlsx, .pdf, .svg or .png."`

	Verify verifyFlag `placeholder:"RUN" help:"Compute a stored run anew and compare every figure, instead of assessing a period."`
	File   string     `type:"existingfile" placeholder:"EXTRACT" help:"With --verify: the run of an extract, without any database."`
}

// Help is the longer text of --help.
func (assessCmd) Help() string {
	return "Nothing is stored: runs that count are asked for by the API. The same evidence, policy and engine give the same " +
		"bytes on every machine; the digests that are printed say which they were."
}

// Validate says which flags go together; kong calls it.
func (c *assessCmd) Validate() error {
	switch {
	case c.File != "" && (!c.Verify.given || c.Verify.run != ""):
		return errors.New("--file EXTRACT goes with --verify alone, which then names no run")
	case c.Verify.given && c.Verify.run == "" && c.File == "":
		return errors.New("--verify needs the RUN to verify, or --file EXTRACT")
	case c.Verify.given && (c.Period != "" || c.Policy != "" || c.Unit != "" || c.Out != ""):
		return errors.New("--verify goes alone: the run itself says for which period and policy it was made")
	case c.Verify.given:
		return nil
	case c.Period == "" || c.Out == "":
		return errors.New("--period FROM/TO and --out FILE.csv are needed, or --verify RUN")
	}
	_, err := c.format()
	return err
}

// format is what the file's name ends in.
func (c *assessCmd) format() (models.ReportFormat, error) {
	var endings []string
	for _, f := range models.ReportFormats {
		if strings.EqualFold(filepath.Ext(c.Out), f.Extension()) {
			return f, nil
		}
		endings = append(endings, f.Extension())
	}
	return "", fmt.Errorf("--out %s: the report is written as one of %s", c.Out, strings.Join(endings, ", "))
}

func (c *assessCmd) Run(s *session) error {
	if c.File != "" {
		return c.verifyFile(s)
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
	st, err := s.open(store.Options{System: true})
	if err != nil {
		return err
	}
	if err := checkKeys(st, keys, s); err != nil {
		return errors.Join(err, st.Close())
	}
	font, err := s.flags.font()
	if err != nil {
		return errors.Join(err, st.Close())
	}
	service := newAssessments(st, keys, zone, font)
	if c.Verify.given {
		return errors.Join(c.verify(s, service, &publications.Service{Store: st}), st.Close())
	}
	return errors.Join(c.assess(s, service), st.Close())
}

func (c *assessCmd) assess(s *session, service *assessments.Service) error {
	period, err := models.ParsePeriod(c.Period)
	if err != nil {
		return err
	}
	policy, err := readPolicy(c.Policy)
	if err != nil {
		return err
	}
	format, err := c.format()
	if err != nil {
		return err
	}
	about := report.About{Period: period}
	if c.Policy != "" {
		about.Policy = policy.Name
	}
	var unit *models.ID
	if c.Unit != "" {
		u, err := service.UnitByRef(s.ctx, c.Unit)
		if err != nil {
			return err
		}
		unit, about.Unit = &u.ID, u.Name
	}
	start, g := time.Now(), newGauge(s.stderr)
	defer g.end()
	computed, err := service.Compute(s.ctx, unit, period, policy, g.steps)
	if err != nil {
		return err
	}
	g.end()
	if err := service.NameRows(s.ctx, computed.Rows); err != nil {
		return err
	}
	about.EngineVersion, about.EvidenceDigest, about.PolicyDigest = computed.EngineVersion, computed.EvidenceDigest[:], computed.PolicyDigest[:]
	err = replaceFile(c.Out, func(w io.Writer) error {
		return report.Write(w, format, service.Look(s.flags.lang()), report.Report{About: about, Rows: report.All(computed.Rows)})
	})
	if err != nil {
		return err
	}
	return tellComputed(s.stdout, computed, c.Out, time.Since(start))
}

// steps is at for the engine's counts.
func (g *gauge) steps(stage string, done, total int) { g.at(stage, int64(done), int64(total)) }

func tellComputed(w io.Writer, c *assessments.Computed, out string, took time.Duration) error {
	n := map[models.AssessmentStatus]int{}
	for i := range c.Rows {
		n[c.Rows[i].Status]++
	}
	_, err := fmt.Fprintf(w, "engine           %s\nevidence digest  %x\npolicy digest    %x\n"+
		"evidence         %d ratings, %d cases, %d reviews, %d deeds of %d officials\n"+
		"assessments      %d scored, %d provisional, %d without enough evidence\nreport           %s\ntook             %s\n",
		c.EngineVersion, c.EvidenceDigest, c.PolicyDigest,
		c.Evidence.Ratings, c.Evidence.Cases, c.Evidence.Reviews, c.Evidence.Deeds, c.Evidence.Officials,
		n[models.StatusScored], n[models.StatusProvisional], n[models.StatusInsufficientEvidence],
		out, took.Round(time.Millisecond))
	for _, fit := range c.Fits {
		if err == nil {
			_, err = fmt.Fprintln(w, fitLine(fit))
		}
	}
	return err
}

// fitLine is a fitted model in a line: its variance components with their
// standard errors.
func fitLine(f scoring.Fit) string {
	var line strings.Builder
	fmt.Fprintf(&line, "variances        %s, %d rows: ", f.Component, f.Rows)
	for _, e := range f.Effects {
		fmt.Fprintf(&line, "%s %.5f (se %.5f, %d levels), ", e.Name, e.Variance, e.SE, e.Levels)
	}
	fmt.Fprintf(&line, "residual %.5f", f.Residual)
	return line.String()
}

// errDiffers ends a verification that found a difference.
var errDiffers = errors.New("the run is not what the database gives")

func (c *assessCmd) verify(s *session, service *assessments.Service, seals *publications.Service) error {
	id, err := models.ParseID(c.Verify.run)
	if err != nil {
		return models.Invalid("verify", models.KeyBadID, c.Verify.run)
	}
	g := newGauge(s.stderr)
	defer g.end()
	v, err := service.Verify(s.ctx, id, g.steps)
	if err != nil {
		return err
	}
	g.end()
	check, err := seals.CheckRun(s.ctx, v.Run)
	if err != nil {
		return err
	}
	if err := tellSeal(s.stdout, check); err != nil {
		return err
	}
	if !v.OK() && len(check.Destroyed) > 0 && check.Seal != nil {
		// Nobody can compute the run anew: the seal is what is left to hold it to.
		return nil
	}
	for _, d := range v.Differences {
		if _, err := fmt.Fprintf(s.stdout, "%s %s %s: stored %s, now %s\n", d.Official, d.Unit, d.What, d.Stored, d.Now); err != nil {
			return err
		}
	}
	if !v.OK() {
		return errDiffers
	}
	_, err = fmt.Fprintf(s.stdout, "the run is exactly what the database gives: %d assessments, evidence digest %x\n",
		len(v.Computed.Rows), v.Computed.EvidenceDigest)
	return err
}

// errBroken ends a verification of a run whose cycle is not as it was sealed.
var errBroken = errors.New("the cycle is not what was sealed")

// tellSeal says whether a sealed cycle is what it was, and which keys are gone.
func tellSeal(w io.Writer, c *publications.RunCheck) error {
	for _, year := range c.Destroyed {
		_, err := fmt.Fprintf(w, "the rater key of %d is destroyed: who reviewed whom cannot be recognised, so the run cannot be computed anew to the last digit\n", year)
		if err != nil {
			return err
		}
	}
	switch {
	case c.Seal == nil:
		return nil
	case !c.Seal.Holds():
		return fmt.Errorf("%w: sealed %s, now %s", errBroken, c.Seal.Seal.Digest.Key(), c.Seal.Now.Key())
	}
	_, err := fmt.Fprintf(w, "the cycle is what was sealed: results and grades digest %s\n", c.Seal.Now.Key())
	return err
}

// readPolicy reads a policy file; without one it is the default policy.
func readPolicy(path string) (scoring.Policy, error) {
	if path == "" {
		return scoring.DefaultPolicy(), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return scoring.Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	policy, err := scoring.ParsePolicy(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return scoring.Policy{}, fmt.Errorf("%s: %w", path, err)
	}
	return policy, nil
}

// replaceFile writes a file so that whoever looks sees the old one or all of the
// new one.
func replaceFile(path string, write func(io.Writer) error) error {
	return replaceFileAs(path, 0o644, write)
}

// replaceSecretFile is replaceFile for what nobody but its owner may read.
func replaceSecretFile(path string, write func(io.Writer) error) error {
	return replaceFileAs(path, 0o600, write)
}

func replaceFileAs(path string, mode os.FileMode, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = write(temp)
	if err == nil {
		err = errors.Join(temp.Chmod(mode), temp.Sync())
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}
