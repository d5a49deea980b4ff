-- +goose Up
-- A page of a report begins where the last one ended, in the order of a figure.
CREATE INDEX assessments_composite ON assessments (run_id, composite, sort_order);
CREATE INDEX assessments_showcase_gap ON assessments (run_id, showcase_gap, sort_order);

-- +goose Down
DROP INDEX assessments_showcase_gap;
DROP INDEX assessments_composite;
