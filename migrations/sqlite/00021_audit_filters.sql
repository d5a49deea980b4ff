-- +goose Up
-- The trail is asked for what befell one thing, and for what one account did.
CREATE INDEX audit_entries_noun ON audit_entries (noun_id, at, id) WHERE noun_id IS NOT NULL;
CREATE INDEX audit_entries_actor ON audit_entries (actor, at, id);

-- +goose Down
DROP INDEX audit_entries_actor;
DROP INDEX audit_entries_noun;
