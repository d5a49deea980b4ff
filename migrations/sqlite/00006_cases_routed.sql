-- +goose Up
-- A case's history knows further steps; due_at is the due date that a step has replaced.
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
INSERT INTO case_events_new (id, case_id, seq, at, kind, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key)
    SELECT id, case_id, seq, at, kind, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key FROM case_events;
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
-- Where the trouble is (personal data: see docs/cases.md), who sent the case where it is, and what became due.
ALTER TABLE cases ADD COLUMN place text NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN latitude real;
ALTER TABLE cases ADD COLUMN longitude real;
ALTER TABLE cases ADD COLUMN routed_by text NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN extended boolean NOT NULL DEFAULT false;
ALTER TABLE cases ADD COLUMN warned_at datetime;
ALTER TABLE cases ADD COLUMN reminded_at datetime;
ALTER TABLE cases ADD COLUMN escalated_unit_id blob REFERENCES org_units (id);
ALTER TABLE cases ADD COLUMN lead_id blob REFERENCES cases (id);
CREATE INDEX cases_escalated ON cases (escalated_unit_id, opened_at) WHERE escalated_unit_id IS NOT NULL;
CREATE INDEX cases_lead ON cases (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX cases_resident ON cases (resident_key, key_year) WHERE resident_key IS NOT NULL;
CREATE INDEX cases_due ON cases (due_at) WHERE closed_at IS NULL;
-- A final transfer cannot be refused: it comes from the unit that stands above both.
ALTER TABLE case_transfers ADD COLUMN final boolean NOT NULL DEFAULT false;
ALTER TABLE mediations ADD COLUMN resident_answer text NOT NULL DEFAULT '';
ALTER TABLE mediations ADD COLUMN resident_answered_at datetime;
ALTER TABLE mediations ADD COLUMN proposed_at datetime;
ALTER TABLE deeds ADD COLUMN confirmed_on date;
ALTER TABLE deeds ADD COLUMN doubts text NOT NULL DEFAULT '';
ALTER TABLE deeds ADD COLUMN checked text NOT NULL DEFAULT '';
ALTER TABLE deeds ADD COLUMN checked_by text NOT NULL DEFAULT '';
ALTER TABLE deeds ADD COLUMN checked_at datetime;
ALTER TABLE deeds ADD COLUMN check_note text NOT NULL DEFAULT '';
ALTER TABLE achievements ADD COLUMN source text NOT NULL DEFAULT '';
ALTER TABLE achievements ADD COLUMN recorded_by text NOT NULL DEFAULT '';

-- Words that suggest a category: a phrase found in the resident's text adds its weight.
CREATE TABLE category_rules (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    phrase text NOT NULL,
    category text NOT NULL,
    weight integer NOT NULL,
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT category_rules_key UNIQUE (unit_id, phrase, category),
    CONSTRAINT category_rules_weight CHECK (weight BETWEEN 1 AND 100),
    CONSTRAINT category_rules_phrase CHECK (phrase <> '' AND category <> '')
);

-- Named areas, a tree: a place that names an area lies in the areas above it as well.
CREATE TABLE areas (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    parent_id blob REFERENCES areas (id),
    name text NOT NULL,
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT areas_name_key UNIQUE (unit_id, name),
    CONSTRAINT areas_not_own_parent CHECK (parent_id <> id)
);
CREATE INDEX areas_parent ON areas (parent_id);

-- Who handles which category where. Without any condition a rule is the fallback.
CREATE TABLE routing_rules (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    category text NOT NULL,
    area_id blob REFERENCES areas (id),
    place_keyword text NOT NULL,
    to_unit_id blob NOT NULL REFERENCES org_units (id),
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT routing_rules_one_place CHECK (area_id IS NULL OR place_keyword = '')
);
CREATE INDEX routing_rules_unit ON routing_rules (unit_id);
CREATE INDEX routing_rules_area ON routing_rules (area_id);
CREATE INDEX routing_rules_to ON routing_rules (to_unit_id);

-- Days that a unit, and what lies below it, keeps otherwise than the calendar that the program was started with.
CREATE TABLE holidays (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    held_on date NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT holidays_day_key UNIQUE (unit_id, held_on),
    CONSTRAINT holidays_kind CHECK (kind IN ('HOLIDAY', 'WORKING_DAY'))
);

-- A case that a unit asks not to be held to: decided above it, open to the resident's objection.
CREATE TABLE exclusions (
    id blob NOT NULL PRIMARY KEY,
    case_id blob NOT NULL REFERENCES cases (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    ground text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    asked_by text NOT NULL,
    asked_at datetime NOT NULL,
    due_at datetime NOT NULL,
    decided_by text NOT NULL,
    decision text NOT NULL,
    decided_at datetime,
    object_until datetime,
    objection text NOT NULL,
    objected_at datetime,
    reviewed_by text NOT NULL,
    review text NOT NULL,
    reviewed_at datetime,
    CONSTRAINT exclusions_ground CHECK (ground IN ('NOT_WITHIN_POWERS', 'UNLAWFUL_OR_IMPOSSIBLE')),
    CONSTRAINT exclusions_state CHECK (state IN ('ASKED', 'UNREVIEWED', 'GRANTED', 'REFUSED', 'OBJECTED', 'UPHELD', 'OVERTURNED')),
    CONSTRAINT exclusions_reason CHECK (reason <> ''),
    CONSTRAINT exclusions_two_persons CHECK (decided_by = '' OR decided_by <> asked_by),
    CONSTRAINT exclusions_third_person CHECK (reviewed_by = '' OR reviewed_by <> decided_by AND reviewed_by <> asked_by)
);
CREATE INDEX exclusions_case ON exclusions (case_id);
CREATE INDEX exclusions_unit ON exclusions (unit_id, asked_at);
CREATE UNIQUE INDEX exclusions_pending ON exclusions (case_id) WHERE state IN ('ASKED', 'UNREVIEWED', 'GRANTED', 'OBJECTED', 'UPHELD');

-- +goose Down
DROP TABLE exclusions;
DROP TABLE holidays;
DROP TABLE routing_rules;
DROP TABLE areas;
DROP TABLE category_rules;
ALTER TABLE achievements DROP COLUMN recorded_by;
ALTER TABLE achievements DROP COLUMN source;
ALTER TABLE deeds DROP COLUMN check_note;
ALTER TABLE deeds DROP COLUMN checked_at;
ALTER TABLE deeds DROP COLUMN checked_by;
ALTER TABLE deeds DROP COLUMN checked;
ALTER TABLE deeds DROP COLUMN doubts;
ALTER TABLE deeds DROP COLUMN confirmed_on;
ALTER TABLE mediations DROP COLUMN proposed_at;
ALTER TABLE mediations DROP COLUMN resident_answered_at;
ALTER TABLE mediations DROP COLUMN resident_answer;
ALTER TABLE case_transfers DROP COLUMN final;
DROP INDEX cases_due;
DROP INDEX cases_resident;
DROP INDEX cases_lead;
DROP INDEX cases_escalated;
ALTER TABLE cases DROP COLUMN lead_id;
ALTER TABLE cases DROP COLUMN escalated_unit_id;
ALTER TABLE cases DROP COLUMN reminded_at;
ALTER TABLE cases DROP COLUMN warned_at;
ALTER TABLE cases DROP COLUMN extended;
ALTER TABLE cases DROP COLUMN routed_by;
ALTER TABLE cases DROP COLUMN longitude;
ALTER TABLE cases DROP COLUMN latitude;
ALTER TABLE cases DROP COLUMN place;
-- Steps that the older tables do not know are lost.
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
    CONSTRAINT case_events_seq_key
        UNIQUE (case_id, seq),
    CONSTRAINT case_events_import_key
        UNIQUE (import_key),
    CONSTRAINT case_events_kind CHECK (kind IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'TRANSFERRED', 'TRANSFER_ACCEPTED', 'TRANSFER_REFUSED', 'PAUSED', 'RESUMED', 'RESOLVED', 'CONFIRMED', 'REOPENED', 'REJECTED', 'WITHDRAWN', 'MEDIATION', 'CLOSED')),
    CONSTRAINT case_events_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN'))
);
INSERT INTO case_events_new (id, case_id, seq, at, kind, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key)
    SELECT id, case_id, seq, at, kind, outcome, from_official_id, to_official_id, to_unit_id, actor, note, import_key FROM case_events WHERE kind IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'TRANSFERRED', 'TRANSFER_ACCEPTED', 'TRANSFER_REFUSED', 'PAUSED', 'RESUMED', 'RESOLVED', 'CONFIRMED', 'REOPENED', 'REJECTED', 'WITHDRAWN', 'MEDIATION', 'CLOSED');
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
