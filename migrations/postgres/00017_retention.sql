-- +goose Up
-- The day on which what a resident had said and what led to the resident was erased from a case; null: it was not.
ALTER TABLE cases ADD COLUMN erased_on date;
CREATE INDEX cases_to_erase ON cases (closed_at) WHERE erased_on IS NULL;
CREATE INDEX ratings_to_erase ON ratings (rated_on) WHERE comment IS NOT NULL OR contact IS NOT NULL;

-- A history is only ever added to, but for one thing: the words in it go when the case is erased.
-- +goose StatementBegin
CREATE FUNCTION refuse_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.note = '' AND to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note'
            AND EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND erased_on IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
DROP TRIGGER case_events_keep ON case_events;
CREATE TRIGGER case_events_keep BEFORE DELETE OR TRUNCATE ON case_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
    FOR EACH ROW EXECUTE FUNCTION refuse_but_erasure();

-- +goose Down
DROP TRIGGER case_events_keep_update ON case_events;
DROP TRIGGER case_events_keep ON case_events;
CREATE TRIGGER case_events_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DROP FUNCTION refuse_but_erasure;
DROP INDEX ratings_to_erase;
DROP INDEX cases_to_erase;
ALTER TABLE cases DROP COLUMN erased_on;
