-- +goose Up
-- The first day whose answers were not complete when a run was asked for: while answers to its period still come in, a run counts
-- whole slices of them. Null: a run of before, over all that was released.
ALTER TABLE assessment_runs ADD COLUMN answers_before date;
-- When a round ended. Its reviews count from then on, and not while it takes any.
ALTER TABLE review_rounds ADD COLUMN ended_on date;
UPDATE review_rounds SET ended_on = LEAST(closes_on, current_date) WHERE state = 'CLOSED';

-- What a published run counted: the root of the hash tree over its ratings, and the leaves in the order of their bytes, in blocks
-- of 1,024. A leaf is a hash that whoever holds a receipt can make, and leads nowhere.
CREATE TABLE tallies (
    run_id uuid PRIMARY KEY REFERENCES assessment_runs (id),
    root bytea NOT NULL,
    ratings bigint NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT tallies_ratings CHECK (ratings >= 0)
);
CREATE TABLE tally_blocks (
    run_id uuid NOT NULL REFERENCES tallies (run_id),
    block bigint NOT NULL,
    leaves bytea NOT NULL,
    root bytea NOT NULL,
    PRIMARY KEY (run_id, block)
);
CREATE TRIGGER tallies_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON tallies
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tally_blocks_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON tally_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE tally_blocks;
DROP TABLE tallies;
ALTER TABLE review_rounds DROP COLUMN ended_on;
ALTER TABLE assessment_runs DROP COLUMN answers_before;
