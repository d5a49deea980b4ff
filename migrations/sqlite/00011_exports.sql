-- +goose Up
-- Reports that are written in the background. Who asked is kept with role, scope and epoch: the file is theirs as long as
-- that holds. The bytes lie outside the database; a row outlives them and says who took what out.
CREATE TABLE exports (
    id blob NOT NULL PRIMARY KEY,
    requested_by text NOT NULL,
    role text NOT NULL,
    scope_id blob NOT NULL REFERENCES org_units (id),
    token_epoch integer NOT NULL,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    run_id blob NOT NULL REFERENCES assessment_runs (id),
    official_id blob REFERENCES officials (id),
    kind text NOT NULL,
    format text NOT NULL,
    within_id blob REFERENCES org_units (id),
    peer_group text,
    ordering text NOT NULL,
    columns text NOT NULL,
    lang text NOT NULL,
    state text NOT NULL,
    requested_at datetime NOT NULL,
    started_at datetime,
    finished_at datetime,
    expires_at datetime,
    heartbeat_at datetime,
    worker text NOT NULL,
    attempts integer NOT NULL,
    done integer NOT NULL,
    total integer NOT NULL,
    failure text NOT NULL,
    blob text NOT NULL,
    size integer NOT NULL,
    digest blob,
    CONSTRAINT exports_role CHECK (role IN ('HR', 'AUDITOR')),
    CONSTRAINT exports_kind CHECK (kind IN ('ASSESSMENTS', 'UNSUNG_OFFICIALS', 'SHOWCASE_GAPS', 'BOUNDARY_CASES', 'OFFICIAL_SHEET')),
    CONSTRAINT exports_format CHECK (format IN ('CSV', 'XLSX', 'PDF')),
    CONSTRAINT exports_ordering CHECK (ordering IN ('RANK', 'COMPOSITE_DESC', 'SHOWCASE_GAP_ASC', 'SHOWCASE_GAP_DESC', 'IMPROVEMENT_DESC')),
    CONSTRAINT exports_lang CHECK (lang IN ('zh-CN', 'en')),
    CONSTRAINT exports_state CHECK (state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'ERASED')),
    CONSTRAINT exports_sheet CHECK ((kind = 'OFFICIAL_SHEET') = (official_id IS NOT NULL)),
    CONSTRAINT exports_file CHECK ((state = 'DONE') = (blob <> '')),
    CONSTRAINT exports_written CHECK ((state IN ('DONE', 'ERASED')) = (digest IS NOT NULL)),
    CONSTRAINT exports_expires CHECK ((state IN ('DONE', 'ERASED')) = (expires_at IS NOT NULL)),
    CONSTRAINT exports_counts CHECK (attempts >= 0 AND done >= 0 AND total >= 0 AND size >= 0)
);
CREATE INDEX exports_waiting ON exports (requested_at, id) WHERE state IN ('QUEUED', 'RUNNING');
CREATE INDEX exports_expiring ON exports (expires_at) WHERE state = 'DONE';
CREATE INDEX exports_asked ON exports (requested_by, requested_at, id);
CREATE INDEX exports_scope ON exports (scope_id);
CREATE INDEX exports_cycle ON exports (cycle_id);
CREATE INDEX exports_run ON exports (run_id);
CREATE INDEX exports_official ON exports (official_id) WHERE official_id IS NOT NULL;
CREATE INDEX exports_within ON exports (within_id) WHERE within_id IS NOT NULL;
CREATE UNIQUE INDEX exports_blob ON exports (blob) WHERE blob <> '';

-- Reports that are described once and written of one cycle after another.
CREATE TABLE report_definitions (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    name text NOT NULL,
    cycle_kind text NOT NULL,
    run_id blob REFERENCES assessment_runs (id),
    kind text NOT NULL,
    format text NOT NULL,
    within_id blob REFERENCES org_units (id),
    peer_group text,
    ordering text NOT NULL,
    columns text NOT NULL,
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT report_definitions_name_key UNIQUE (unit_id, name),
    CONSTRAINT report_definitions_name CHECK (name <> ''),
    CONSTRAINT report_definitions_cycle_kind CHECK (cycle_kind IN ('', 'ANNUAL', 'QUARTERLY', 'TERM', 'SPECIAL')),
    CONSTRAINT report_definitions_of CHECK (cycle_kind = '' OR run_id IS NULL),
    CONSTRAINT report_definitions_kind CHECK (kind IN ('ASSESSMENTS', 'UNSUNG_OFFICIALS', 'SHOWCASE_GAPS', 'BOUNDARY_CASES')),
    CONSTRAINT report_definitions_format CHECK (format IN ('CSV', 'XLSX', 'PDF')),
    CONSTRAINT report_definitions_ordering CHECK (ordering IN ('RANK', 'COMPOSITE_DESC', 'SHOWCASE_GAP_ASC', 'SHOWCASE_GAP_DESC', 'IMPROVEMENT_DESC'))
);
CREATE INDEX report_definitions_run ON report_definitions (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX report_definitions_within ON report_definitions (within_id) WHERE within_id IS NOT NULL;

-- What each class of voters weighs in a democratic appraisal, in hundredths.
ALTER TABLE review_templates ADD COLUMN weight_a integer NOT NULL DEFAULT 40 CONSTRAINT review_templates_weight_a CHECK (weight_a BETWEEN 0 AND 100);
ALTER TABLE review_templates ADD COLUMN weight_b integer NOT NULL DEFAULT 30 CONSTRAINT review_templates_weight_b CHECK (weight_b BETWEEN 0 AND 100);
ALTER TABLE review_templates ADD COLUMN weight_c integer NOT NULL DEFAULT 30 CONSTRAINT review_templates_weight_c CHECK (weight_c BETWEEN 0 AND 100);

-- +goose Down
ALTER TABLE review_templates DROP COLUMN weight_c;
ALTER TABLE review_templates DROP COLUMN weight_b;
ALTER TABLE review_templates DROP COLUMN weight_a;
DROP TABLE report_definitions;
DROP TABLE exports;
