-- +goose Up
-- Lists of officials go by their refs, byte by byte. SQLite has the index of officials_ref_key for it; this one is PostgreSQL's.
CREATE INDEX officials_by_ref ON officials (ref);

-- +goose Down
DROP INDEX officials_by_ref;
