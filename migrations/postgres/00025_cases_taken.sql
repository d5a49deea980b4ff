-- +goose NO TRANSACTION

-- +goose Up
-- A case that no rule sends anywhere goes to the unit that took on the last of its category: one row is read, however many wait untaken.
-- What an attempt that was broken off has left goes first.
DROP INDEX CONCURRENTLY IF EXISTS cases_taken;
CREATE INDEX CONCURRENTLY cases_taken ON cases (category, opened_at, id) WHERE state NOT IN ('SUBMITTED', 'REJECTED', 'WITHDRAWN');

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS cases_taken;
