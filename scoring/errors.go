package scoring

import "steelyard/scoring/mixed"

// NotConvergedError says that a model's fit has come to no rest: the run has no
// result.
type NotConvergedError = mixed.NotConvergedError
