-- +goose Up
-- The day on which what a resident had said and what led to the resident was erased from a case; null: it was not.
ALTER TABLE cases ADD COLUMN erased_on date;
CREATE INDEX cases_to_erase ON cases (closed_at) WHERE erased_on IS NULL;
CREATE INDEX ratings_to_erase ON ratings (rated_on) WHERE comment IS NOT NULL OR contact IS NOT NULL;

-- A history is only ever added to, but for one thing: the words in it go when the case is erased.
DROP TRIGGER case_events_keep_update;
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
WHEN NOT (NEW.note = '' AND NEW.id IS OLD.id AND NEW.case_id IS OLD.case_id AND NEW.seq IS OLD.seq AND NEW.at IS OLD.at AND NEW.kind IS OLD.kind AND NEW.outcome IS OLD.outcome AND NEW.from_official_id IS OLD.from_official_id AND NEW.to_official_id IS OLD.to_official_id AND NEW.to_unit_id IS OLD.to_unit_id AND NEW.actor IS OLD.actor AND NEW.import_key IS OLD.import_key AND NEW.due_at IS OLD.due_at
    AND EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND erased_on IS NOT NULL))
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER case_events_keep_update;
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd
DROP INDEX ratings_to_erase;
DROP INDEX cases_to_erase;
ALTER TABLE cases DROP COLUMN erased_on;
