package lease

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"steelyard/models"
)

// Traced is how traces name a job: its own, and that of the request which asked for it, so
// that whoever has one finds the other, also where another process works on the job.
func Traced(id models.ID) attribute.KeyValue { return attribute.String("job.id", id.String()) }

// Asked notes in the trace of a request which job it has asked for.
func Asked(ctx context.Context, id models.ID) { trace.SpanFromContext(ctx).SetAttributes(Traced(id)) }
