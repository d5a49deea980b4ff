-- +goose Up
-- 述职: what an official says of the own work in a cycle.
CREATE TABLE self_summaries (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    official_id blob NOT NULL REFERENCES officials (id),
    text text NOT NULL,
    submitted_at datetime NOT NULL,
    CONSTRAINT self_summaries_official_key UNIQUE (cycle_id, official_id),
    CONSTRAINT self_summaries_text CHECK (text <> '')
);
CREATE INDEX self_summaries_official ON self_summaries (official_id);

-- Who cannot be graded, or not be EXCELLENT, and why: in force once a second person has signed.
CREATE TABLE grade_limits (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    official_id blob NOT NULL REFERENCES officials (id),
    ground text NOT NULL,
    reason text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at datetime NOT NULL,
    confirmed_by text NOT NULL,
    confirmed_at datetime,
    CONSTRAINT grade_limits_official_key UNIQUE (cycle_id, official_id, ground),
    CONSTRAINT grade_limits_ground CHECK (ground IN ('PROBATION', 'LONG_ABSENCE', 'UNDER_INVESTIGATION', 'DISCIPLINE')),
    CONSTRAINT grade_limits_reason CHECK (reason <> ''),
    CONSTRAINT grade_limits_confirmed CHECK ((confirmed_by = '') = (confirmed_at IS NULL)),
    CONSTRAINT grade_limits_two_persons CHECK (confirmed_by <> proposed_by)
);
CREATE INDEX grade_limits_official ON grade_limits (official_id);

-- How many may be EXCELLENT of an appraising unit and class of staff. Who decides one more writes here, so that of two at
-- once the second waits and is counted. What a remedy adds stands beyond.
CREATE TABLE grade_quotas (
    cycle_id blob NOT NULL REFERENCES cycles (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    position text NOT NULL,
    size integer NOT NULL,
    places integer NOT NULL,
    taken integer NOT NULL,
    beyond integer NOT NULL,
    PRIMARY KEY (cycle_id, unit_id, position),
    CONSTRAINT grade_quotas_size CHECK (size >= 0 AND places >= 0 AND taken >= 0 AND beyond >= 0),
    CONSTRAINT grade_quotas_places CHECK (taken <= places)
);
CREATE INDEX grade_quotas_unit ON grade_quotas (unit_id);

-- What an objection's further life needs. The receipt is a member of the public's; a second instance names the first.
ALTER TABLE objections ADD COLUMN instance text NOT NULL DEFAULT 'NOTICE'
    CONSTRAINT objections_instance CHECK (instance IN ('NOTICE', 'REVIEW', 'APPEAL'));
ALTER TABLE objections ADD COLUMN filer text NOT NULL DEFAULT 'OFFICIAL'
    CONSTRAINT objections_filer CHECK (filer IN ('OFFICIAL', 'PUBLIC'));
ALTER TABLE objections ADD COLUMN evidence text NOT NULL DEFAULT '';
ALTER TABLE objections ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE objections ADD COLUMN receipt_hash blob;
ALTER TABLE objections ADD COLUMN previous_id blob REFERENCES objections (id);
ALTER TABLE objections ADD COLUMN extended boolean NOT NULL DEFAULT false;
ALTER TABLE objections ADD COLUMN told_on date;
ALTER TABLE objections ADD COLUMN told_by text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX objections_receipt ON objections (receipt_hash) WHERE receipt_hash IS NOT NULL;
CREATE UNIQUE INDEX objections_previous ON objections (previous_id) WHERE previous_id IS NOT NULL;
-- An official has one open objection of an instance at a time.
CREATE UNIQUE INDEX objections_open ON objections (cycle_id, official_id, instance) WHERE state = 'FILED' AND filer = 'OFFICIAL';

-- A run that remedies an upheld objection changes nothing for anybody else.
ALTER TABLE assessment_runs ADD COLUMN objection_id blob REFERENCES objections (id);
CREATE INDEX assessment_runs_objection ON assessment_runs (objection_id) WHERE objection_id IS NOT NULL;

-- Grades that persons set: one proposes, another decides. A later version replaces the earlier one, which stays.
CREATE TABLE cycle_grades (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    official_id blob NOT NULL REFERENCES officials (id),
    version integer NOT NULL,
    run_id blob NOT NULL REFERENCES assessment_runs (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    position text NOT NULL,
    grade text NOT NULL,
    not_graded text NOT NULL,
    reason text NOT NULL,
    ground text NOT NULL,
    engine text NOT NULL,
    objection_id blob REFERENCES objections (id),
    beyond boolean NOT NULL,
    state text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at datetime NOT NULL,
    decided_by text NOT NULL,
    decision text NOT NULL,
    decided_at datetime,
    told_on date,
    told_by text NOT NULL,
    CONSTRAINT cycle_grades_version_key UNIQUE (cycle_id, official_id, version),
    CONSTRAINT cycle_grades_grade CHECK (grade IN ('EXCELLENT', 'COMPETENT', 'BASICALLY_COMPETENT', 'INCOMPETENT', 'NOT_GRADED')),
    CONSTRAINT cycle_grades_not_graded CHECK ((grade = 'NOT_GRADED') = (not_graded <> '')),
    CONSTRAINT cycle_grades_not_graded_reason CHECK (not_graded IN ('', 'PROBATION', 'LONG_ABSENCE', 'UNDER_INVESTIGATION')),
    CONSTRAINT cycle_grades_ground CHECK (grade NOT IN ('BASICALLY_COMPETENT', 'INCOMPETENT') OR ground <> ''),
    CONSTRAINT cycle_grades_engine CHECK (engine IN ('', 'EXCELLENT', 'BOUNDARY')),
    CONSTRAINT cycle_grades_state CHECK (state IN ('PROPOSED', 'DECIDED', 'REFUSED')),
    CONSTRAINT cycle_grades_decided CHECK ((state = 'PROPOSED') = (decided_at IS NULL)),
    CONSTRAINT cycle_grades_two_persons CHECK (decided_by <> proposed_by),
    CONSTRAINT cycle_grades_beyond CHECK (NOT beyond OR objection_id IS NOT NULL)
);
CREATE INDEX cycle_grades_official ON cycle_grades (official_id);
CREATE INDEX cycle_grades_run ON cycle_grades (run_id);
CREATE INDEX cycle_grades_unit ON cycle_grades (unit_id, cycle_id);
CREATE INDEX cycle_grades_objection ON cycle_grades (objection_id) WHERE objection_id IS NOT NULL;
CREATE UNIQUE INDEX cycle_grades_pending ON cycle_grades (cycle_id, official_id) WHERE state = 'PROPOSED';

-- A step that two persons take: the first signs, the second confirms.
CREATE TABLE cycle_proposals (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    step text NOT NULL,
    run_id blob NOT NULL REFERENCES assessment_runs (id),
    notice_until date,
    others_competent boolean NOT NULL,
    proposed_by text NOT NULL,
    proposed_at datetime NOT NULL,
    confirmed_by text NOT NULL,
    confirmed_at datetime,
    CONSTRAINT cycle_proposals_step CHECK (step IN ('PUBLISH', 'DECIDE', 'SEAL')),
    CONSTRAINT cycle_proposals_confirmed CHECK ((confirmed_by = '') = (confirmed_at IS NULL)),
    CONSTRAINT cycle_proposals_two_persons CHECK (confirmed_by <> proposed_by)
);
CREATE INDEX cycle_proposals_cycle ON cycle_proposals (cycle_id);
CREATE INDEX cycle_proposals_run ON cycle_proposals (run_id);
CREATE UNIQUE INDEX cycle_proposals_pending ON cycle_proposals (cycle_id, step) WHERE confirmed_at IS NULL;

-- Whom a notice names.
CREATE TABLE publication_entries (
    publication_id blob NOT NULL REFERENCES publications (id),
    official_id blob NOT NULL REFERENCES officials (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    position text NOT NULL,
    PRIMARY KEY (publication_id, official_id)
);
CREATE INDEX publication_entries_official ON publication_entries (official_id);
CREATE INDEX publication_entries_unit ON publication_entries (unit_id);

-- Which assessment of which run counts for a post: a later version replaces the earlier one, which stays.
CREATE TABLE cycle_results (
    cycle_id blob NOT NULL REFERENCES cycles (id),
    posting_id blob NOT NULL REFERENCES postings (id),
    version integer NOT NULL,
    official_id blob NOT NULL REFERENCES officials (id),
    assessment_id blob NOT NULL REFERENCES assessments (id),
    objection_id blob REFERENCES objections (id),
    settled_at datetime NOT NULL,
    PRIMARY KEY (cycle_id, posting_id, version),
    CONSTRAINT cycle_results_version CHECK (version >= 1),
    CONSTRAINT cycle_results_reason CHECK (version = 1 OR objection_id IS NOT NULL)
);
CREATE INDEX cycle_results_posting ON cycle_results (posting_id);
CREATE INDEX cycle_results_official ON cycle_results (official_id, cycle_id);
CREATE INDEX cycle_results_assessment ON cycle_results (assessment_id);
CREATE INDEX cycle_results_objection ON cycle_results (objection_id) WHERE objection_id IS NOT NULL;

-- Evidence that a cycle's later runs leave out: a case, or an official's ratings of some days, never a single rating.
CREATE TABLE evidence_exclusions (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    official_id blob NOT NULL REFERENCES officials (id),
    kind text NOT NULL,
    case_id blob REFERENCES cases (id),
    from_on date,
    to_on date,
    objection_id blob REFERENCES objections (id),
    reason text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at datetime NOT NULL,
    confirmed_by text NOT NULL,
    confirmed_at datetime,
    CONSTRAINT evidence_exclusions_kind CHECK (kind IN ('CASE', 'RATINGS')),
    CONSTRAINT evidence_exclusions_case CHECK ((kind = 'CASE') = (case_id IS NOT NULL)),
    CONSTRAINT evidence_exclusions_days CHECK ((kind = 'RATINGS') = (from_on IS NOT NULL AND to_on IS NOT NULL AND to_on >= from_on)),
    CONSTRAINT evidence_exclusions_reason CHECK (reason <> ''),
    CONSTRAINT evidence_exclusions_confirmed CHECK ((confirmed_by = '') = (confirmed_at IS NULL)),
    CONSTRAINT evidence_exclusions_two_persons CHECK (confirmed_by <> proposed_by)
);
CREATE INDEX evidence_exclusions_official ON evidence_exclusions (official_id);
CREATE INDEX evidence_exclusions_objection ON evidence_exclusions (objection_id) WHERE objection_id IS NOT NULL;
CREATE INDEX evidence_exclusions_days_of ON evidence_exclusions (cycle_id, official_id);
CREATE UNIQUE INDEX evidence_exclusions_case_once ON evidence_exclusions (case_id, cycle_id) WHERE case_id IS NOT NULL;

-- What is sealed stays. A remedy that succeeds later is a run, a result and a grade of its own, which name the objection.
-- +goose StatementBegin
CREATE TRIGGER cycles_seal_update BEFORE UPDATE ON cycles
    WHEN OLD.state = 'FINAL'
BEGIN
    SELECT RAISE(ABORT, 'cycles of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cycles_seal_delete BEFORE DELETE ON cycles
    WHEN OLD.state = 'FINAL'
BEGIN
    SELECT RAISE(ABORT, 'cycles of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assessment_runs_seal_insert BEFORE INSERT ON assessment_runs
    WHEN NEW.objection_id IS NULL AND EXISTS (SELECT 1 FROM cycles c WHERE c.id = NEW.cycle_id AND c.state = 'FINAL')
BEGIN
    SELECT RAISE(ABORT, 'assessment_runs of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assessment_runs_seal_update BEFORE UPDATE ON assessment_runs
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = OLD.id AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'assessment_runs of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assessment_runs_seal_delete BEFORE DELETE ON assessment_runs
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = OLD.id AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'assessment_runs of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assessments_seal_insert BEFORE INSERT ON assessments
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = NEW.run_id AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'assessments of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assessments_seal_update BEFORE UPDATE ON assessments
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = OLD.run_id AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'assessments of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assessments_seal_delete BEFORE DELETE ON assessments
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = OLD.run_id AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'assessments of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cycle_grades_seal_insert BEFORE INSERT ON cycle_grades
    WHEN NEW.objection_id IS NULL AND EXISTS (SELECT 1 FROM cycles c WHERE c.id = NEW.cycle_id AND c.state = 'FINAL')
BEGIN
    SELECT RAISE(ABORT, 'cycle_grades of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cycle_grades_seal_update BEFORE UPDATE ON cycle_grades
    WHEN OLD.objection_id IS NULL AND EXISTS (SELECT 1 FROM cycles c WHERE c.id = OLD.cycle_id AND c.state = 'FINAL')
BEGIN
    SELECT RAISE(ABORT, 'cycle_grades of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cycle_grades_seal_delete BEFORE DELETE ON cycle_grades
    WHEN EXISTS (SELECT 1 FROM cycles c WHERE c.id = OLD.cycle_id AND c.state = 'FINAL')
BEGIN
    SELECT RAISE(ABORT, 'cycle_grades of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER score_parts_seal_update BEFORE UPDATE ON score_parts
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = (SELECT a.run_id FROM assessments a WHERE a.id = OLD.assessment_id) AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'score_parts of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER score_parts_seal_delete BEFORE DELETE ON score_parts
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = (SELECT a.run_id FROM assessments a WHERE a.id = OLD.assessment_id) AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'score_parts of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publications_keep_update BEFORE UPDATE ON publications
BEGIN
    SELECT RAISE(ABORT, 'publications rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publications_keep_delete BEFORE DELETE ON publications
BEGIN
    SELECT RAISE(ABORT, 'publications rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publication_entries_keep_update BEFORE UPDATE ON publication_entries
BEGIN
    SELECT RAISE(ABORT, 'publication_entries rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publication_entries_keep_delete BEFORE DELETE ON publication_entries
BEGIN
    SELECT RAISE(ABORT, 'publication_entries rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cycle_results_keep_update BEFORE UPDATE ON cycle_results
BEGIN
    SELECT RAISE(ABORT, 'cycle_results rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cycle_results_keep_delete BEFORE DELETE ON cycle_results
BEGIN
    SELECT RAISE(ABORT, 'cycle_results rows are only ever added');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER publications_keep_delete;
DROP TRIGGER publications_keep_update;
DROP TRIGGER score_parts_seal_delete;
DROP TRIGGER score_parts_seal_update;
DROP TRIGGER assessments_seal_delete;
DROP TRIGGER assessments_seal_update;
DROP TRIGGER assessments_seal_insert;
DROP TRIGGER assessment_runs_seal_delete;
DROP TRIGGER assessment_runs_seal_update;
DROP TRIGGER assessment_runs_seal_insert;
DROP TRIGGER cycles_seal_delete;
DROP TRIGGER cycles_seal_update;
DROP TABLE evidence_exclusions;
DROP TABLE cycle_results;
DROP TABLE publication_entries;
DROP TABLE cycle_proposals;
DROP TABLE cycle_grades;
DROP INDEX assessment_runs_objection;
ALTER TABLE assessment_runs DROP COLUMN objection_id;
DROP INDEX objections_open;
DROP INDEX objections_previous;
DROP INDEX objections_receipt;
ALTER TABLE objections DROP COLUMN told_by;
ALTER TABLE objections DROP COLUMN told_on;
ALTER TABLE objections DROP COLUMN extended;
ALTER TABLE objections DROP COLUMN previous_id;
ALTER TABLE objections DROP COLUMN receipt_hash;
ALTER TABLE objections DROP COLUMN reason;
ALTER TABLE objections DROP COLUMN evidence;
ALTER TABLE objections DROP COLUMN filer;
ALTER TABLE objections DROP COLUMN instance;
DROP TABLE grade_quotas;
DROP TABLE grade_limits;
DROP TABLE self_summaries;
