package main

import (
	"context"
	"strconv"
	"time"

	"steelyard/store"
)

const (
	// farBehind is how many bytes of the log a replica may lack before the doctor speaks of it.
	farBehind = 64 << 20
	// replicaAnswers is how long one may take to answer the doctor.
	replicaAnswers = 3 * time.Second
)

// replicas looks at each replica: whether it follows this database, and how closely.
func (c *doctorCmd) replicas(s *session, st *store.Store) []finding {
	findings := make([]finding, len(c.Replica))
	for i, at := range c.Replica {
		findings[i] = lookAtReplica(s.ctx, st, "replica "+strconv.Itoa(i+1), at)
	}
	return findings
}

func lookAtReplica(ctx context.Context, st *store.Store, name, at string) finding {
	ctx, cancel := context.WithTimeout(ctx, replicaAnswers)
	defer cancel()
	f, err := st.Compare(ctx, at)
	switch {
	case err != nil:
		return warn(name, "%v; the primary answers in its place", err)
	case !f.Same:
		return fail(name, "%s is another database: it is never asked", store.Redacted(at))
	case !f.Replica:
		return warn(name, "%s follows nobody: it has been promoted, or is the primary itself, and is not asked", store.Redacted(at))
	case f.Behind > farBehind:
		return warn(name, "%s is %d MB of the log behind and not asked: does it hear of the primary, and is its disk quick enough?", store.Redacted(at), f.Behind/megabytes)
	}
	return ok(name, "%s follows, %d bytes behind", store.Redacted(at), f.Behind)
}
