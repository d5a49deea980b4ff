-- +goose Up
-- The first day whose answers were not complete when a run was asked for: while answers to its period still come in, a run counts
-- whole slices of them. Null: a run of before, over all that was released.
ALTER TABLE assessment_runs ADD COLUMN answers_before date;
-- When a round ended. Its reviews count from then on, and not while it takes any.
ALTER TABLE review_rounds ADD COLUMN ended_on date;
UPDATE review_rounds SET ended_on = min(closes_on, date('now')) WHERE state = 'CLOSED';

-- What a published run counted: the root of the hash tree over its ratings, and the leaves in the order of their bytes, in blocks
-- of 1,024. A leaf is a hash that whoever holds a receipt can make, and leads nowhere.
CREATE TABLE tallies (
    run_id blob NOT NULL PRIMARY KEY REFERENCES assessment_runs (id),
    root blob NOT NULL,
    ratings integer NOT NULL,
    counted_at datetime NOT NULL,
    CONSTRAINT tallies_ratings CHECK (ratings >= 0)
);
CREATE TABLE tally_blocks (
    run_id blob NOT NULL REFERENCES tallies (run_id),
    block integer NOT NULL,
    leaves blob NOT NULL,
    root blob NOT NULL,
    PRIMARY KEY (run_id, block)
) WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER tallies_keep_update BEFORE UPDATE ON tallies
BEGIN
    SELECT RAISE(ABORT, 'tallies rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tallies_keep_delete BEFORE DELETE ON tallies
BEGIN
    SELECT RAISE(ABORT, 'tallies rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tally_blocks_keep_update BEFORE UPDATE ON tally_blocks
BEGIN
    SELECT RAISE(ABORT, 'tally_blocks rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tally_blocks_keep_delete BEFORE DELETE ON tally_blocks
BEGIN
    SELECT RAISE(ABORT, 'tally_blocks rows are only ever added');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE tally_blocks;
DROP TABLE tallies;
ALTER TABLE review_rounds DROP COLUMN ended_on;
ALTER TABLE assessment_runs DROP COLUMN answers_before;
