-- +goose Up
-- A case that no rule sends anywhere goes to the unit that took on the last of its category: one row is read, however many wait untaken.
CREATE INDEX cases_taken ON cases (category, opened_at, id) WHERE state NOT IN ('SUBMITTED', 'REJECTED', 'WITHDRAWN');

-- +goose Down
DROP INDEX cases_taken;
