-- +goose NO TRANSACTION

-- +goose Up
-- Lists of officials go by their refs, byte by byte: a page of fifty sorted all of them.
-- What an attempt that was broken off has left goes first.
DROP INDEX CONCURRENTLY IF EXISTS officials_by_ref;
CREATE INDEX CONCURRENTLY officials_by_ref ON officials (ref COLLATE "C");

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS officials_by_ref;
