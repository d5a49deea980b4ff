package assessments

import (
	"context"
	"fmt"
	"sync"
	"time"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

const (
	// fitsLast is how long what was fitted for a comparison serves later ones.
	fitsLast = 10 * time.Minute
	// fitsLimit is how long fitting may take.
	fitsLimit = 10 * time.Minute
)

// fits are the strands of a cycle's evidence, fitted for a comparison. They stay in
// memory for a while, so that whoever tries one weight after another does not wait
// for the same fits each time; another process, or this one later, fits anew.
type fits struct {
	cycle models.ID
	asOf  time.Time
	done  chan struct{} // closed when the rest is known
	err   error
	list  []*scoring.Fitted
	made  []scenario // what each of the list was made for
	posts []post
	names []string // peer groups
}

// of is the fit that serves a scenario, or nil.
func (f *fits) of(s scenario) *scoring.Fitted {
	for i, made := range f.made {
		if made.without == s.without && f.list[i].Serves(s.policy) {
			return f.list[i]
		}
	}
	return nil
}

func (f *fits) serve(all []scenario) bool {
	for _, s := range all {
		if f.of(s) == nil {
			return false
		}
	}
	return true
}

// fitted holds the fits of the last comparison. Its zero value is ready.
type fitted struct {
	mu   sync.Mutex
	last *fits
}

// fitsFor returns fits of the cycle's evidence that serve all scenarios. They are
// made beside the request, which may not live long enough: it is told to ask again,
// and so is whoever asks for others meanwhile.
func (s *Service) fitsFor(ctx context.Context, c *models.Cycle, all []scenario) (*fits, error) {
	s.fitted.mu.Lock()
	f := s.fitted.last
	if f == nil || f.over() && (f.cycle != c.ID || f.err != nil || s.Store.Now().Sub(f.asOf) > fitsLast || !f.serve(all)) {
		f = &fits{cycle: c.ID, asOf: s.Store.Now(), done: make(chan struct{})}
		s.fitted.last = f
		go func() {
			defer close(f.done)
			working, cancel := context.WithTimeout(context.WithoutCancel(ctx), fitsLimit)
			defer cancel()
			f.err = s.makeFits(working, c, all, f)
		}()
	}
	s.fitted.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, stillComparing()
	}
	if f.err != nil {
		return nil, f.err
	}
	if f.cycle != c.ID || !f.serve(all) {
		return nil, stillComparing()
	}
	return f, nil
}

func stillComparing() error {
	return &models.Error{Code: models.CodeUnavailable, Key: models.KeyComparing}
}

func (f *fits) over() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// makeFits reads the evidence once and fits it as often as the scenarios need.
func (s *Service) makeFits(ctx context.Context, c *models.Cycle, all []scenario, f *fits) error {
	own, err := s.policyOf(ctx, c.PolicyID)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	before, err := store.OpenDay(s.Store.Read(ctx), s.Store.Now(), s.Zone)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	in, err := s.read(ctx, scope{unit: &c.UnitID, period: c.Period(), before: &before, slice: own.FiguresFrom}, func(string, int, int) {})
	if err != nil {
		return err
	}
	ordered, err := scoring.Order(in.ev, nil)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	in = in.inOrder(ordered)
	f.posts = in.posts
	for i := range in.ev.Postings {
		f.names = append(f.names, in.ev.Postings[i].PeerGroup)
	}
	for _, one := range all {
		if f.of(one) != nil {
			continue
		}
		fit, err := ordered.Fit(ctx, one.policy, one.without, nil)
		if err != nil {
			return fmt.Errorf("compare: %w", err)
		}
		f.list, f.made = append(f.list, fit), append(f.made, one)
	}
	return nil
}
