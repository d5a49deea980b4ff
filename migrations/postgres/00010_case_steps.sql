-- +goose Up
-- The history says when the work began in a word of its own.
ALTER TABLE case_events DROP CONSTRAINT case_events_kind, DROP CONSTRAINT case_events_outcome;
ALTER TABLE case_events ADD
    CONSTRAINT case_events_kind CHECK (kind IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'TRANSFERRED', 'TRANSFER_ACCEPTED', 'TRANSFER_REFUSED', 'PAUSED', 'RESUMED', 'RESOLVED', 'CONFIRMED', 'REOPENED', 'REJECTED', 'WITHDRAWN', 'MEDIATION', 'CLOSED', 'TRANSFER_LAPSED', 'ESCALATED', 'EXTENDED', 'WARNED', 'REMINDED', 'JOINED', 'PARTED', 'EXCLUSION_ASKED', 'EXCLUSION_REFUSED', 'OBJECTED', 'EXCLUSION_UPHELD', 'STARTED')),
    ADD
    CONSTRAINT case_events_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN'))
;
-- When an escalated case goes further up; null: it has come to the top, or is not escalated.
ALTER TABLE cases ADD COLUMN escalates_at timestamptz;
CREATE INDEX cases_escalates ON cases (escalates_at) WHERE escalates_at IS NOT NULL;

-- +goose Down
DROP INDEX cases_escalates;
ALTER TABLE cases DROP COLUMN escalates_at;
-- Steps that the older tables do not know become what they were called.
DROP TRIGGER case_events_keep ON case_events;
UPDATE case_events SET kind = 'ASSIGNED' WHERE kind = 'STARTED';
CREATE TRIGGER case_events_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE case_events DROP CONSTRAINT case_events_kind, DROP CONSTRAINT case_events_outcome;
ALTER TABLE case_events ADD
    CONSTRAINT case_events_kind CHECK (kind IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'TRANSFERRED', 'TRANSFER_ACCEPTED', 'TRANSFER_REFUSED', 'PAUSED', 'RESUMED', 'RESOLVED', 'CONFIRMED', 'REOPENED', 'REJECTED', 'WITHDRAWN', 'MEDIATION', 'CLOSED', 'TRANSFER_LAPSED', 'ESCALATED', 'EXTENDED', 'WARNED', 'REMINDED', 'JOINED', 'PARTED', 'EXCLUSION_ASKED', 'EXCLUSION_REFUSED', 'OBJECTED', 'EXCLUSION_UPHELD')),
    ADD
    CONSTRAINT case_events_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN'))
;
