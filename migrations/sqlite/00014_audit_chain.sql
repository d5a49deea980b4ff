-- +goose Up
-- The audit chain: entries are gathered into blocks after they were committed, so that writers never wait for one another. What
-- was chained is only ever added, as the entries are.
CREATE TABLE audit_blocks (
    number integer NOT NULL PRIMARY KEY,
    previous_hash blob NOT NULL,
    closed_at datetime NOT NULL,
    count integer NOT NULL,
    anonymous integer NOT NULL,
    hash blob NOT NULL,
    key_id text NOT NULL,
    signature blob NOT NULL,
    CONSTRAINT audit_blocks_counts CHECK (number >= 1 AND count >= 1 AND anonymous >= 0 AND anonymous <= count)
);
CREATE TABLE audit_members (
    entry_id blob NOT NULL PRIMARY KEY REFERENCES audit_entries (id),
    block integer NOT NULL REFERENCES audit_blocks (number),
    position integer NOT NULL,
    leaf blob NOT NULL,
    unit_id blob REFERENCES org_units (id),
    CONSTRAINT audit_members_position CHECK (position >= 1)
) WITHOUT ROWID;
CREATE UNIQUE INDEX audit_members_block ON audit_members (block, position);
CREATE INDEX audit_members_unit ON audit_members (unit_id) WHERE unit_id IS NOT NULL;
-- +goose StatementBegin
CREATE TRIGGER audit_blocks_keep_update BEFORE UPDATE ON audit_blocks
BEGIN
    SELECT RAISE(ABORT, 'audit_blocks rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_blocks_keep_delete BEFORE DELETE ON audit_blocks
BEGIN
    SELECT RAISE(ABORT, 'audit_blocks rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_members_keep_update BEFORE UPDATE ON audit_members
BEGIN
    SELECT RAISE(ABORT, 'audit_members rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_members_keep_delete BEFORE DELETE ON audit_members
BEGIN
    SELECT RAISE(ABORT, 'audit_members rows are only ever added');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit_members;
DROP TABLE audit_blocks;
