-- +goose Up
-- Questionnaires: a version is never changed, a later one of the same name takes its place.
CREATE TABLE review_templates (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    name text NOT NULL,
    version integer NOT NULL,
    is_default boolean NOT NULL,
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT review_templates_version_key UNIQUE (unit_id, name, version),
    CONSTRAINT review_templates_version CHECK (version >= 1)
);
CREATE UNIQUE INDEX review_templates_default ON review_templates (unit_id) WHERE is_default;

-- A question belongs to one dimension; levels is what each of the marks 1 to 5 stands for, in both languages.
CREATE TABLE review_questions (
    id blob NOT NULL PRIMARY KEY,
    template_id blob NOT NULL REFERENCES review_templates (id),
    place integer NOT NULL,
    dimension text NOT NULL,
    text_zh text NOT NULL,
    text_en text NOT NULL,
    levels text NOT NULL,
    CONSTRAINT review_questions_place_key UNIQUE (template_id, place),
    CONSTRAINT review_questions_dimension CHECK (dimension IN ('MORALITY', 'ABILITY', 'DILIGENCE', 'ACHIEVEMENT', 'INTEGRITY'))
);

ALTER TABLE review_rounds ADD COLUMN template_id blob REFERENCES review_templates (id);
CREATE INDEX review_rounds_template ON review_rounds (template_id);
CREATE INDEX review_rounds_due ON review_rounds (closes_on) WHERE state = 'OPEN';

-- How well the reviewer knows the work, and the answers to the questions behind the score: part of the review, and
-- released with it.
ALTER TABLE peer_reviews ADD COLUMN contact text NOT NULL DEFAULT '' CONSTRAINT peer_reviews_contact CHECK (contact IN ('', 'LITTLE', 'SOME', 'MUCH'));
ALTER TABLE peer_reviews ADD COLUMN answers text NOT NULL DEFAULT '[]';
CREATE INDEX peer_reviews_round ON peer_reviews (round_id);

-- A review that is not handed in yet: sealed with a key outside the database, erased when it is handed in or the round closes.
CREATE TABLE review_drafts (
    assignment_id blob NOT NULL PRIMARY KEY REFERENCES review_assignments (id),
    sealed blob NOT NULL
) WITHOUT ROWID;

-- Who must not review whom, in either direction.
CREATE TABLE review_conflicts (
    id blob NOT NULL PRIMARY KEY,
    official_id blob NOT NULL REFERENCES officials (id),
    other_id blob NOT NULL REFERENCES officials (id),
    reason text NOT NULL,
    declared_by text NOT NULL,
    declared_at datetime NOT NULL,
    CONSTRAINT review_conflicts_pair_key UNIQUE (official_id, other_id),
    CONSTRAINT review_conflicts_order CHECK (official_id < other_id),
    CONSTRAINT review_conflicts_reason CHECK (reason <> '')
);
CREATE INDEX review_conflicts_other ON review_conflicts (other_id);

-- Democratic appraisal (民主测评). A code is kept as a hash; that it was used stands in a ledger of its own, which shares
-- nothing with the ballots.
CREATE TABLE appraisal_codes (
    code_hash blob NOT NULL PRIMARY KEY,
    round_id blob NOT NULL REFERENCES review_rounds (id),
    voter_class text NOT NULL,
    CONSTRAINT appraisal_codes_class CHECK (voter_class IN ('A', 'B', 'C'))
) WITHOUT ROWID;
CREATE INDEX appraisal_codes_round ON appraisal_codes (round_id, voter_class);

CREATE TABLE appraisal_claims (
    code_hash blob NOT NULL PRIMARY KEY REFERENCES appraisal_codes (code_hash),
    repeat_hash blob NOT NULL
) WITHOUT ROWID;

CREATE TABLE appraisal_ballots (
    id blob NOT NULL PRIMARY KEY,
    round_id blob NOT NULL REFERENCES review_rounds (id),
    voter_class text NOT NULL,
    marks text NOT NULL,
    submitted_on date NOT NULL,
    released boolean NOT NULL DEFAULT false,
    CONSTRAINT appraisal_ballots_class CHECK (voter_class IN ('A', 'B', 'C'))
) WITHOUT ROWID;
CREATE INDEX appraisal_ballots_round ON appraisal_ballots (round_id, voter_class);
CREATE INDEX appraisal_ballots_release ON appraisal_ballots (released, submitted_on);

CREATE TABLE appraisal_comments (
    id blob NOT NULL PRIMARY KEY,
    round_id blob NOT NULL REFERENCES review_rounds (id),
    body text NOT NULL,
    submitted_on date NOT NULL,
    released boolean NOT NULL DEFAULT false,
    CONSTRAINT appraisal_comments_body CHECK (body <> '')
) WITHOUT ROWID;
CREATE INDEX appraisal_comments_round ON appraisal_comments (round_id);
CREATE INDEX appraisal_comments_release ON appraisal_comments (released, submitted_on);

-- +goose Down
DROP TABLE appraisal_comments;
DROP TABLE appraisal_ballots;
DROP TABLE appraisal_claims;
DROP TABLE appraisal_codes;
DROP TABLE review_conflicts;
DROP TABLE review_drafts;
DROP INDEX peer_reviews_round;
ALTER TABLE peer_reviews DROP COLUMN answers;
ALTER TABLE peer_reviews DROP COLUMN contact;
DROP INDEX review_rounds_due;
DROP INDEX review_rounds_template;
ALTER TABLE review_rounds DROP COLUMN template_id;
DROP TABLE review_questions;
DROP TABLE review_templates;
