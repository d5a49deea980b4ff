-- +goose Up
-- The history says when the work began in a word of its own.
CREATE TABLE case_events_new (
    id blob NOT NULL PRIMARY KEY,
    case_id blob NOT NULL REFERENCES cases (id),
    seq integer NOT NULL,
    at datetime NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL DEFAULT '',
    from_official_id blob REFERENCES officials (id),
    to_official_id blob REFERENCES officials (id),
    to_unit_id blob REFERENCES org_units (id),
    actor text NOT NULL,
    note text NOT NULL,
    import_key blob,
    due_at datetime,
    CONSTRAINT case_events_seq_key
        UNIQUE (case_id, seq),
    CONSTRAINT case_events_import_key
        UNIQUE (import_key),
    CONSTRAINT case_events_kind CHECK (kind IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'TRANSFERRED', 'TRANSFER_ACCEPTED', 'TRANSFER_REFUSED', 'PAUSED', 'RESUMED', 'RESOLVED', 'CONFIRMED', 'REOPENED', 'REJECTED', 'WITHDRAWN', 'MEDIATION', 'CLOSED', 'TRANSFER_LAPSED', 'ESCALATED', 'EXTENDED', 'WARNED', 'REMINDED', 'JOINED', 'PARTED', 'EXCLUSION_ASKED', 'EXCLUSION_REFUSED', 'OBJECTED', 'EXCLUSION_UPHELD', 'STARTED')),
    CONSTRAINT case_events_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN'))
);
INSERT INTO case_events_new (id, case_id, seq, at, kind, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key, due_at)
    SELECT id, case_id, seq, at, kind, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key, due_at FROM case_events;
DROP TABLE case_events;
ALTER TABLE case_events_new RENAME TO case_events;
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_delete BEFORE DELETE ON case_events
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd
-- When an escalated case goes further up; null: it has come to the top, or is not escalated.
ALTER TABLE cases ADD COLUMN escalates_at datetime;
CREATE INDEX cases_escalates ON cases (escalates_at) WHERE escalates_at IS NOT NULL;

-- +goose Down
DROP INDEX cases_escalates;
ALTER TABLE cases DROP COLUMN escalates_at;
-- Steps that the older tables do not know become what they were called.
CREATE TABLE case_events_new (
    id blob NOT NULL PRIMARY KEY,
    case_id blob NOT NULL REFERENCES cases (id),
    seq integer NOT NULL,
    at datetime NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL DEFAULT '',
    from_official_id blob REFERENCES officials (id),
    to_official_id blob REFERENCES officials (id),
    to_unit_id blob REFERENCES org_units (id),
    actor text NOT NULL,
    note text NOT NULL,
    import_key blob,
    due_at datetime,
    CONSTRAINT case_events_seq_key
        UNIQUE (case_id, seq),
    CONSTRAINT case_events_import_key
        UNIQUE (import_key),
    CONSTRAINT case_events_kind CHECK (kind IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'TRANSFERRED', 'TRANSFER_ACCEPTED', 'TRANSFER_REFUSED', 'PAUSED', 'RESUMED', 'RESOLVED', 'CONFIRMED', 'REOPENED', 'REJECTED', 'WITHDRAWN', 'MEDIATION', 'CLOSED', 'TRANSFER_LAPSED', 'ESCALATED', 'EXTENDED', 'WARNED', 'REMINDED', 'JOINED', 'PARTED', 'EXCLUSION_ASKED', 'EXCLUSION_REFUSED', 'OBJECTED', 'EXCLUSION_UPHELD')),
    CONSTRAINT case_events_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN'))
);
INSERT INTO case_events_new (id, case_id, seq, at, kind, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key, due_at)
    SELECT id, case_id, seq, at, CASE kind WHEN 'STARTED' THEN 'ASSIGNED' ELSE kind END, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key, due_at FROM case_events;
DROP TABLE case_events;
ALTER TABLE case_events_new RENAME TO case_events;
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_delete BEFORE DELETE ON case_events
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd
