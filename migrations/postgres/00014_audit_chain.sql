-- +goose Up
-- The audit chain: entries are gathered into blocks after they were committed, so that writers never wait for one another. What
-- was chained is only ever added, as the entries are.
CREATE TABLE audit_blocks (
    number bigint PRIMARY KEY,
    previous_hash bytea NOT NULL,
    closed_at timestamptz NOT NULL,
    count bigint NOT NULL,
    anonymous bigint NOT NULL,
    hash bytea NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL,
    CONSTRAINT audit_blocks_counts CHECK (number >= 1 AND count >= 1 AND anonymous >= 0 AND anonymous <= count)
);
CREATE TABLE audit_members (
    entry_id uuid PRIMARY KEY REFERENCES audit_entries (id),
    block bigint NOT NULL REFERENCES audit_blocks (number),
    position bigint NOT NULL,
    leaf bytea NOT NULL,
    unit_id uuid REFERENCES org_units (id),
    CONSTRAINT audit_members_position CHECK (position >= 1)
);
CREATE UNIQUE INDEX audit_members_block ON audit_members (block, position);
CREATE INDEX audit_members_unit ON audit_members (unit_id) WHERE unit_id IS NOT NULL;
CREATE TRIGGER audit_blocks_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_members_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_members
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE audit_members;
DROP TABLE audit_blocks;
