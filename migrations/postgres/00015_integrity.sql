-- +goose Up
-- What stands behind a flag, in words and as facts that a later run can be held against; what it does to the score; who
-- brought it about, and so does not decide; and the flag of an earlier run whose decision still stands.
ALTER TABLE integrity_flags ADD COLUMN evidence text NOT NULL DEFAULT '[]';
ALTER TABLE integrity_flags ADD COLUMN facts text NOT NULL DEFAULT '';
ALTER TABLE integrity_flags ADD COLUMN component text NOT NULL DEFAULT '';
ALTER TABLE integrity_flags ADD COLUMN composite double precision;
ALTER TABLE integrity_flags ADD COLUMN without_composite double precision;
ALTER TABLE integrity_flags ADD COLUMN causers text NOT NULL DEFAULT '[]';
ALTER TABLE integrity_flags ADD COLUMN appeal_until date;
ALTER TABLE integrity_flags ADD COLUMN carried_id uuid REFERENCES integrity_flags (id);
CREATE INDEX integrity_flags_carried ON integrity_flags (carried_id) WHERE carried_id IS NOT NULL;
CREATE TABLE integrity_checks (
    run_id uuid PRIMARY KEY REFERENCES assessment_runs (id),
    checked_at timestamptz NOT NULL
);
INSERT INTO integrity_checks (run_id, checked_at) SELECT id, finished_at FROM assessment_runs WHERE state = 'DONE';
CREATE TABLE flag_appeals (
    id uuid PRIMARY KEY,
    flag_id uuid NOT NULL REFERENCES integrity_flags (id),
    reason text NOT NULL,
    filed_by text NOT NULL,
    filed_at timestamptz NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL,
    decided_by text NOT NULL,
    decision text NOT NULL,
    decided_at timestamptz,
    CONSTRAINT flag_appeals_flag_key UNIQUE (flag_id),
    CONSTRAINT flag_appeals_reason CHECK (reason <> ''),
    CONSTRAINT flag_appeals_state CHECK (state IN ('FILED', 'UPHELD', 'DISMISSED')),
    CONSTRAINT flag_appeals_decided CHECK ((state = 'FILED') = (decided_at IS NULL))
);
-- Whether the official had to decide against the resident. A rating takes the mark with it, as it does the channel.
ALTER TABLE encounters ADD COLUMN adverse boolean NOT NULL DEFAULT false;
ALTER TABLE ratings ADD COLUMN adverse boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE ratings DROP COLUMN adverse;
ALTER TABLE encounters DROP COLUMN adverse;
DROP TABLE flag_appeals;
DROP TABLE integrity_checks;
DROP INDEX integrity_flags_carried;
ALTER TABLE integrity_flags DROP COLUMN carried_id;
ALTER TABLE integrity_flags DROP COLUMN appeal_until;
ALTER TABLE integrity_flags DROP COLUMN causers;
ALTER TABLE integrity_flags DROP COLUMN without_composite;
ALTER TABLE integrity_flags DROP COLUMN composite;
ALTER TABLE integrity_flags DROP COLUMN component;
ALTER TABLE integrity_flags DROP COLUMN facts;
ALTER TABLE integrity_flags DROP COLUMN evidence;
