package mixed

import (
	"context"
	"errors"
)

func fit(ctx context.Context, p *Problem, o *Options) (*Solution, error) {
	return nil, errors.New("mixed: the solver is not in place")
}
