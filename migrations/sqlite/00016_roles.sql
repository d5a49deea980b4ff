-- +goose Up
-- SQLite has neither roles nor policies for rows: what keeps units apart there is the services' own filters.
SELECT 1;

-- +goose Down
SELECT 1;
