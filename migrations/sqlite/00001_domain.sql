-- +goose Up
CREATE TABLE org_units (
    id blob NOT NULL PRIMARY KEY,
    ref text NOT NULL,
    parent_id blob REFERENCES org_units (id),
    name text NOT NULL,
    CONSTRAINT org_units_ref_key UNIQUE (ref),
    CONSTRAINT org_units_not_own_parent CHECK (parent_id <> id)
);
CREATE INDEX org_units_parent ON org_units (parent_id);

CREATE TABLE org_unit_closures (
    ancestor_id blob NOT NULL REFERENCES org_units (id),
    descendant_id blob NOT NULL REFERENCES org_units (id),
    depth integer NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id),
    CONSTRAINT org_unit_closures_depth CHECK (depth >= 0)
);
CREATE INDEX org_unit_closures_descendant ON org_unit_closures (descendant_id, ancestor_id);

CREATE TABLE positions (
    id blob NOT NULL PRIMARY KEY,
    name text NOT NULL,
    CONSTRAINT positions_name_key UNIQUE (name)
);

CREATE TABLE officials (
    id blob NOT NULL PRIMARY KEY,
    ref text NOT NULL,
    unit_id blob NOT NULL REFERENCES org_units (id),
    position_id blob NOT NULL REFERENCES positions (id),
    name text NOT NULL,
    active_from date,
    active_to date,
    CONSTRAINT officials_ref_key UNIQUE (ref),
    CONSTRAINT officials_active CHECK (active_to >= active_from)
);
CREATE INDEX officials_unit ON officials (unit_id);
CREATE INDEX officials_position ON officials (position_id);

CREATE TABLE postings (
    id blob NOT NULL PRIMARY KEY,
    official_id blob NOT NULL REFERENCES officials (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    position_id blob NOT NULL REFERENCES positions (id),
    from_on date NOT NULL,
    to_on date,
    CONSTRAINT postings_official_from_key UNIQUE (official_id, from_on),
    CONSTRAINT postings_period CHECK (to_on >= from_on)
);
CREATE INDEX postings_unit ON postings (unit_id);
CREATE INDEX postings_position ON postings (position_id);

CREATE TABLE accounts (
    id blob NOT NULL PRIMARY KEY,
    subject text NOT NULL,
    role text NOT NULL,
    unit_id blob REFERENCES org_units (id),
    official_id blob REFERENCES officials (id),
    token_epoch integer NOT NULL,
    disabled boolean NOT NULL,
    created_at datetime NOT NULL,
    CONSTRAINT accounts_subject_key UNIQUE (subject),
    CONSTRAINT accounts_role CHECK (role IN ('RESIDENT', 'OFFICIAL', 'REPLY_OFFICER', 'HR', 'AUDITOR', 'ADMIN'))
);
CREATE INDEX accounts_unit ON accounts (unit_id);
CREATE INDEX accounts_official ON accounts (official_id);

CREATE TABLE services (
    id blob NOT NULL PRIMARY KEY,
    ref text NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    CONSTRAINT services_ref_key UNIQUE (ref)
);

CREATE TABLE key_epochs (
    year integer NOT NULL PRIMARY KEY,
    fingerprint blob NOT NULL,
    created_at datetime NOT NULL,
    destroyed_at datetime
);

CREATE TABLE encounters (
    id blob NOT NULL PRIMARY KEY,
    ref text NOT NULL,
    official_id blob NOT NULL REFERENCES officials (id),
    service_id blob NOT NULL REFERENCES services (id),
    resident_key blob,
    key_year integer NOT NULL,
    channel text NOT NULL,
    occurred_at datetime NOT NULL,
    invited text NOT NULL,
    CONSTRAINT encounters_ref_key UNIQUE (ref),
    CONSTRAINT encounters_channel CHECK (channel IN ('WINDOW', 'ONLINE', 'PHONE', 'HOTLINE', 'HOME_VISIT', 'KIOSK', 'MAIL', 'OTHER')),
    CONSTRAINT encounters_invited CHECK (invited IN ('', 'YES', 'NO'))
);
CREATE INDEX encounters_official ON encounters (official_id, occurred_at);
CREATE INDEX encounters_service ON encounters (service_id);

-- WITHOUT ROWID: a row id would tell in which order anonymous rows arrived.
CREATE TABLE encounter_claims (
    encounter_id blob NOT NULL PRIMARY KEY REFERENCES encounters (id)
) WITHOUT ROWID;

CREATE TABLE rating_invitations (
    id blob NOT NULL PRIMARY KEY,
    token_hash blob NOT NULL,
    encounter_id blob NOT NULL REFERENCES encounters (id),
    state text NOT NULL,
    issued_by text NOT NULL,
    issued_from text NOT NULL,
    issued_at datetime NOT NULL,
    expires_at datetime NOT NULL,
    CONSTRAINT rating_invitations_token_key UNIQUE (token_hash),
    CONSTRAINT rating_invitations_state CHECK (state IN ('ISSUED', 'USED', 'EXPIRED', 'REVOKED')),
    CONSTRAINT rating_invitations_expiry CHECK (expires_at > issued_at)
);
CREATE INDEX rating_invitations_encounter ON rating_invitations (encounter_id);

CREATE TABLE ratings (
    id blob NOT NULL PRIMARY KEY,
    official_id blob NOT NULL REFERENCES officials (id),
    service_id blob NOT NULL REFERENCES services (id),
    channel text NOT NULL,
    level integer NOT NULL,
    rated_on date NOT NULL,
    rater_key blob,
    key_year integer NOT NULL,
    source text NOT NULL,
    invited text NOT NULL,
    dimensions text NOT NULL,
    tags text NOT NULL,
    comment text,
    receipt_hash blob,
    import_key blob,
    CONSTRAINT ratings_receipt_key UNIQUE (receipt_hash),
    CONSTRAINT ratings_import_key UNIQUE (import_key),
    CONSTRAINT ratings_level CHECK (level BETWEEN 1 AND 5),
    CONSTRAINT ratings_channel CHECK (channel IN ('WINDOW', 'ONLINE', 'PHONE', 'HOTLINE', 'HOME_VISIT', 'KIOSK', 'MAIL', 'OTHER')),
    CONSTRAINT ratings_source CHECK (source IN ('ENCOUNTER', 'WALK_IN')),
    CONSTRAINT ratings_invited CHECK (invited IN ('', 'YES', 'NO'))
) WITHOUT ROWID;
CREATE INDEX ratings_official ON ratings (official_id, rated_on);
CREATE INDEX ratings_service ON ratings (service_id);

CREATE TABLE rating_replies (
    id blob NOT NULL PRIMARY KEY,
    rating_id blob NOT NULL REFERENCES ratings (id),
    author text NOT NULL,
    text text NOT NULL,
    replied_on date NOT NULL,
    CONSTRAINT rating_replies_rating_key UNIQUE (rating_id)
) WITHOUT ROWID;

CREATE TABLE rating_totals (
    official_id blob NOT NULL REFERENCES officials (id),
    rated_on date NOT NULL,
    level1 integer NOT NULL,
    level2 integer NOT NULL,
    level3 integer NOT NULL,
    level4 integer NOT NULL,
    level5 integer NOT NULL,
    PRIMARY KEY (official_id, rated_on),
    CONSTRAINT rating_totals_counts CHECK (level1 >= 0 AND level2 >= 0 AND level3 >= 0 AND level4 >= 0 AND level5 >= 0)
);

CREATE TABLE cases (
    id blob NOT NULL PRIMARY KEY,
    ref text NOT NULL,
    receipt_hash blob,
    category text NOT NULL,
    unit_id blob NOT NULL REFERENCES org_units (id),
    official_id blob REFERENCES officials (id),
    resident_key blob,
    key_year integer NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    opened_at datetime NOT NULL,
    due_at datetime,
    closed_at datetime,
    outcome text NOT NULL,
    asked text NOT NULL,
    confirmed text NOT NULL,
    satisfaction integer,
    transfers integer NOT NULL,
    reopened integer NOT NULL,
    account text,
    upheld boolean NOT NULL,
    updated_at datetime NOT NULL,
    CONSTRAINT cases_ref_key UNIQUE (ref),
    CONSTRAINT cases_receipt_key UNIQUE (receipt_hash),
    CONSTRAINT cases_channel CHECK (channel IN ('WINDOW', 'ONLINE', 'PHONE', 'HOTLINE', 'HOME_VISIT', 'KIOSK', 'MAIL', 'OTHER')),
    CONSTRAINT cases_state CHECK (state IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'IN_PROGRESS', 'ON_HOLD', 'MEDIATION', 'RESOLVED', 'REOPENED', 'CONFIRMED', 'CLOSED_UNCONFIRMED', 'REJECTED', 'WITHDRAWN')),
    CONSTRAINT cases_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN')),
    CONSTRAINT cases_asked CHECK (asked IN ('', 'YES', 'NO')),
    CONSTRAINT cases_confirmed CHECK (confirmed IN ('', 'YES', 'NO')),
    CONSTRAINT cases_satisfaction CHECK (satisfaction BETWEEN 1 AND 5),
    CONSTRAINT cases_counts CHECK (transfers >= 0 AND reopened >= 0),
    CONSTRAINT cases_times CHECK (closed_at >= opened_at)
);
CREATE INDEX cases_official ON cases (official_id, opened_at);
CREATE INDEX cases_unit ON cases (unit_id, opened_at);
CREATE INDEX cases_opened ON cases (opened_at);
CREATE INDEX cases_category ON cases (category, opened_at);

CREATE TABLE case_events (
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
    CONSTRAINT case_events_seq_key UNIQUE (case_id, seq),
    CONSTRAINT case_events_import_key UNIQUE (import_key),
    CONSTRAINT case_events_kind CHECK (kind IN ('SUBMITTED', 'ACCEPTED', 'ASSIGNED', 'TRANSFERRED', 'TRANSFER_ACCEPTED', 'TRANSFER_REFUSED', 'PAUSED', 'RESUMED', 'RESOLVED', 'CONFIRMED', 'REOPENED', 'REJECTED', 'WITHDRAWN', 'MEDIATION', 'CLOSED')),
    CONSTRAINT case_events_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN'))
);

CREATE TABLE clocks (
    id blob NOT NULL PRIMARY KEY,
    case_id blob NOT NULL REFERENCES cases (id),
    kind text NOT NULL,
    started_at datetime NOT NULL,
    due_at datetime NOT NULL,
    paused_at datetime,
    stopped_at datetime,
    CONSTRAINT clocks_kind CHECK (kind IN ('ACCEPT', 'TRANSFER', 'RESOLVE', 'CONFIRM'))
);
CREATE INDEX clocks_case ON clocks (case_id);
CREATE INDEX clocks_due ON clocks (kind, due_at) WHERE stopped_at IS NULL;
CREATE UNIQUE INDEX clocks_running ON clocks (case_id, kind) WHERE stopped_at IS NULL;

CREATE TABLE case_transfers (
    id blob NOT NULL PRIMARY KEY,
    case_id blob NOT NULL REFERENCES cases (id),
    from_unit_id blob NOT NULL REFERENCES org_units (id),
    to_unit_id blob NOT NULL REFERENCES org_units (id),
    from_official_id blob REFERENCES officials (id),
    to_official_id blob REFERENCES officials (id),
    reason text NOT NULL,
    state text NOT NULL,
    offered_at datetime NOT NULL,
    due_at datetime NOT NULL,
    decided_at datetime,
    decision_reason text NOT NULL,
    CONSTRAINT case_transfers_state CHECK (state IN ('OFFERED', 'ACCEPTED', 'REFUSED', 'LAPSED')),
    CONSTRAINT case_transfers_reason CHECK (reason <> '')
);
CREATE INDEX case_transfers_case ON case_transfers (case_id);
CREATE INDEX case_transfers_due ON case_transfers (state, due_at);
CREATE INDEX case_transfers_to ON case_transfers (to_unit_id, state);
CREATE UNIQUE INDEX case_transfers_offered ON case_transfers (case_id) WHERE state = 'OFFERED';

CREATE TABLE mediations (
    id blob NOT NULL PRIMARY KEY,
    case_id blob NOT NULL REFERENCES cases (id),
    mediator text NOT NULL,
    started_at datetime NOT NULL,
    resident_agreed boolean NOT NULL,
    unit_agreed boolean NOT NULL,
    outcome text NOT NULL,
    ended_at datetime,
    agreement_summary text NOT NULL,
    CONSTRAINT mediations_outcome CHECK (outcome IN ('', 'RESOLVED', 'PARTLY_RESOLVED', 'UNRESOLVED', 'REJECTED', 'WITHDRAWN')),
    CONSTRAINT mediations_times CHECK (ended_at >= started_at)
);
CREATE INDEX mediations_case ON mediations (case_id);

CREATE TABLE deeds (
    id blob NOT NULL PRIMARY KEY,
    ref text NOT NULL,
    official_id blob NOT NULL REFERENCES officials (id),
    kind text NOT NULL,
    done_at datetime NOT NULL,
    hours real,
    beneficiary_key blob,
    key_year integer NOT NULL,
    confirmed text NOT NULL,
    receipt_hash blob,
    title text NOT NULL,
    CONSTRAINT deeds_ref_key UNIQUE (ref),
    CONSTRAINT deeds_receipt_key UNIQUE (receipt_hash),
    CONSTRAINT deeds_kind CHECK (kind IN ('HOME_VISIT', 'MEDIATION', 'HARDSHIP_SUPPORT', 'MAINTENANCE', 'SAFETY', 'OTHER')),
    CONSTRAINT deeds_confirmed CHECK (confirmed IN ('', 'YES', 'NO')),
    CONSTRAINT deeds_hours CHECK (hours >= 0)
);
CREATE INDEX deeds_official ON deeds (official_id, done_at);

CREATE TABLE achievements (
    id blob NOT NULL PRIMARY KEY,
    official_id blob NOT NULL REFERENCES officials (id),
    kind text NOT NULL,
    at datetime NOT NULL,
    title text NOT NULL,
    import_key blob,
    CONSTRAINT achievements_import_key UNIQUE (import_key),
    CONSTRAINT achievements_kind CHECK (kind IN ('AWARD', 'MEDIA', 'DEMONSTRATION_PROJECT', 'INSPECTION', 'CAMPAIGN'))
);
CREATE INDEX achievements_official ON achievements (official_id, at);

CREATE TABLE policies (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    name text NOT NULL,
    version integer NOT NULL,
    document text NOT NULL,
    digest blob NOT NULL,
    reason text NOT NULL,
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT policies_version_key UNIQUE (unit_id, name, version),
    CONSTRAINT policies_version CHECK (version >= 1)
);

CREATE TABLE cycles (
    id blob NOT NULL PRIMARY KEY,
    unit_id blob NOT NULL REFERENCES org_units (id),
    kind text NOT NULL,
    name text NOT NULL,
    from_on date NOT NULL,
    to_on date NOT NULL,
    state text NOT NULL,
    policy_id blob REFERENCES policies (id),
    run_id blob REFERENCES assessment_runs (id),
    opened_by text NOT NULL,
    opened_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    CONSTRAINT cycles_period_key UNIQUE (unit_id, kind, from_on, to_on, name),
    CONSTRAINT cycles_kind CHECK (kind IN ('ANNUAL', 'QUARTERLY', 'TERM', 'SPECIAL')),
    CONSTRAINT cycles_state CHECK (state IN ('DRAFT', 'COLLECTING', 'SCORING', 'PUBLISHED', 'DECIDED', 'FINAL')),
    CONSTRAINT cycles_period CHECK (to_on >= from_on)
);
CREATE INDEX cycles_policy ON cycles (policy_id);
CREATE INDEX cycles_run ON cycles (run_id);

CREATE TABLE review_rounds (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    name text NOT NULL,
    state text NOT NULL,
    opens_on date NOT NULL,
    closes_on date NOT NULL,
    CONSTRAINT review_rounds_state CHECK (state IN ('OPEN', 'CLOSED')),
    CONSTRAINT review_rounds_period CHECK (closes_on >= opens_on)
);
CREATE INDEX review_rounds_cycle ON review_rounds (cycle_id);

CREATE TABLE review_assignments (
    id blob NOT NULL PRIMARY KEY,
    round_id blob NOT NULL REFERENCES review_rounds (id),
    official_id blob NOT NULL REFERENCES officials (id),
    reviewer_id blob NOT NULL REFERENCES officials (id),
    relation text NOT NULL,
    CONSTRAINT review_assignments_once UNIQUE (round_id, official_id, reviewer_id),
    CONSTRAINT review_assignments_relation CHECK (relation IN ('SUPERIOR', 'PEER', 'SUBORDINATE', 'SELF', 'EXTERNAL'))
);
CREATE INDEX review_assignments_official ON review_assignments (official_id);
CREATE INDEX review_assignments_reviewer ON review_assignments (reviewer_id);

CREATE TABLE review_claims (
    assignment_id blob NOT NULL PRIMARY KEY REFERENCES review_assignments (id)
) WITHOUT ROWID;

CREATE TABLE peer_reviews (
    id blob NOT NULL PRIMARY KEY,
    official_id blob NOT NULL REFERENCES officials (id),
    reviewer_key blob NOT NULL,
    key_year integer NOT NULL,
    relation text NOT NULL,
    dimension text NOT NULL,
    score integer NOT NULL,
    submitted_on date NOT NULL,
    round_id blob REFERENCES review_rounds (id),
    import_key blob,
    CONSTRAINT peer_reviews_import_key UNIQUE (import_key),
    CONSTRAINT peer_reviews_once UNIQUE (round_id, official_id, reviewer_key, dimension),
    CONSTRAINT peer_reviews_origin CHECK ((round_id IS NULL) <> (import_key IS NULL)),
    CONSTRAINT peer_reviews_relation CHECK (relation IN ('SUPERIOR', 'PEER', 'SUBORDINATE', 'SELF', 'EXTERNAL')),
    CONSTRAINT peer_reviews_dimension CHECK (dimension IN ('MORALITY', 'ABILITY', 'DILIGENCE', 'ACHIEVEMENT', 'INTEGRITY')),
    CONSTRAINT peer_reviews_score CHECK (score BETWEEN 1 AND 5)
) WITHOUT ROWID;
CREATE INDEX peer_reviews_official ON peer_reviews (official_id, submitted_on);

CREATE TABLE assessment_runs (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    policy_id blob REFERENCES policies (id),
    state text NOT NULL,
    requested_by text NOT NULL,
    requested_at datetime NOT NULL,
    started_at datetime,
    finished_at datetime,
    heartbeat_at datetime,
    worker text NOT NULL,
    attempts integer NOT NULL,
    stage text NOT NULL,
    done integer NOT NULL,
    total integer NOT NULL,
    engine_version text NOT NULL,
    evidence_digest blob,
    policy_digest blob,
    failure text NOT NULL,
    CONSTRAINT assessment_runs_state CHECK (state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'))
);
CREATE INDEX assessment_runs_cycle ON assessment_runs (cycle_id, requested_at);
CREATE INDEX assessment_runs_policy ON assessment_runs (policy_id);
CREATE UNIQUE INDEX assessment_runs_active ON assessment_runs (cycle_id) WHERE state IN ('QUEUED', 'RUNNING');

CREATE TABLE assessments (
    id blob NOT NULL PRIMARY KEY,
    run_id blob NOT NULL REFERENCES assessment_runs (id),
    official_id blob NOT NULL REFERENCES officials (id),
    posting_id blob NOT NULL REFERENCES postings (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    position text NOT NULL,
    peer_group text NOT NULL,
    sort_order integer NOT NULL,
    status text NOT NULL,
    composite real,
    composite_low real,
    composite_high real,
    rank integer,
    rank_low integer,
    rank_high integer,
    grade text NOT NULL,
    reliability real,
    without_halo real,
    geometric real,
    visibility real,
    showcase_gap real,
    flags text NOT NULL,
    components text NOT NULL,
    CONSTRAINT assessments_posting_key UNIQUE (run_id, posting_id),
    CONSTRAINT assessments_order_key UNIQUE (run_id, sort_order),
    CONSTRAINT assessments_status CHECK (status IN ('SCORED', 'PROVISIONAL', 'INSUFFICIENT_EVIDENCE')),
    CONSTRAINT assessments_grade CHECK (grade IN ('', 'EXCELLENT', 'BOUNDARY')),
    CONSTRAINT assessments_composite CHECK (composite BETWEEN 0 AND 100),
    CONSTRAINT assessments_rank CHECK (rank >= 1),
    CONSTRAINT assessments_insufficient CHECK (status <> 'INSUFFICIENT_EVIDENCE' OR composite IS NULL)
);
CREATE INDEX assessments_official ON assessments (official_id, run_id);
CREATE INDEX assessments_unit ON assessments (unit_id);
CREATE INDEX assessments_posting ON assessments (posting_id);

CREATE TABLE score_parts (
    assessment_id blob NOT NULL REFERENCES assessments (id),
    seq integer NOT NULL,
    component text NOT NULL,
    code text NOT NULL,
    points integer NOT NULL,
    value real,
    pieces text NOT NULL,
    PRIMARY KEY (assessment_id, seq),
    CONSTRAINT score_parts_component CHECK (component IN ('', 'SATISFACTION', 'OUTCOMES', 'PEER_REVIEW', 'PRACTICAL_WORK'))
);

CREATE TABLE publications (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    run_id blob NOT NULL REFERENCES assessment_runs (id),
    notice_until date NOT NULL,
    published_by text NOT NULL,
    seconded_by text NOT NULL,
    published_at datetime NOT NULL,
    CONSTRAINT publications_run_key UNIQUE (cycle_id, run_id),
    CONSTRAINT publications_two_persons CHECK (published_by <> seconded_by)
);
CREATE INDEX publications_run ON publications (run_id);

CREATE TABLE objections (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    official_id blob NOT NULL REFERENCES officials (id),
    grounds text NOT NULL,
    state text NOT NULL,
    filed_at datetime NOT NULL,
    due_on date NOT NULL,
    decision text NOT NULL,
    decided_by text NOT NULL,
    decided_at datetime,
    CONSTRAINT objections_state CHECK (state IN ('FILED', 'UPHELD', 'DISMISSED')),
    CONSTRAINT objections_decided CHECK ((state = 'FILED') = (decided_at IS NULL))
);
CREATE INDEX objections_cycle ON objections (cycle_id, official_id);
CREATE INDEX objections_official ON objections (official_id);

CREATE TABLE seals (
    id blob NOT NULL PRIMARY KEY,
    cycle_id blob NOT NULL REFERENCES cycles (id),
    run_id blob NOT NULL REFERENCES assessment_runs (id),
    digest blob NOT NULL,
    sealed_by text NOT NULL,
    seconded_by text NOT NULL,
    sealed_at datetime NOT NULL,
    CONSTRAINT seals_cycle_key UNIQUE (cycle_id),
    CONSTRAINT seals_two_persons CHECK (sealed_by <> seconded_by)
);
CREATE INDEX seals_run ON seals (run_id);

CREATE TABLE integrity_flags (
    id blob NOT NULL PRIMARY KEY,
    run_id blob NOT NULL REFERENCES assessment_runs (id),
    official_id blob NOT NULL REFERENCES officials (id),
    kind text NOT NULL,
    state text NOT NULL,
    raised_at datetime NOT NULL,
    decided_by text NOT NULL,
    decision text NOT NULL,
    decided_at datetime,
    CONSTRAINT integrity_flags_once UNIQUE (run_id, official_id, kind),
    CONSTRAINT integrity_flags_state CHECK (state IN ('RAISED', 'CONFIRMED', 'DISMISSED')),
    CONSTRAINT integrity_flags_decided CHECK ((state = 'RAISED') = (decided_at IS NULL))
);
CREATE INDEX integrity_flags_official ON integrity_flags (official_id);

CREATE TABLE audit_entries (
    id blob NOT NULL PRIMARY KEY,
    at datetime NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    noun text NOT NULL,
    noun_id blob,
    details text NOT NULL
) WITHOUT ROWID;
CREATE INDEX audit_entries_at ON audit_entries (at, id);

CREATE TABLE idempotency_keys (
    key_hash blob NOT NULL PRIMARY KEY,
    operation text NOT NULL,
    input_hash blob NOT NULL,
    record_id blob NOT NULL,
    created_at datetime NOT NULL
);

CREATE TABLE settings (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE failed_guesses (
    prefix text NOT NULL,
    hour_at datetime NOT NULL,
    failures integer NOT NULL,
    PRIMARY KEY (prefix, hour_at)
);

-- +goose Down
DROP TABLE failed_guesses;
DROP TABLE settings;
DROP TABLE idempotency_keys;
DROP TABLE audit_entries;
DROP TABLE integrity_flags;
DROP TABLE seals;
DROP TABLE objections;
DROP TABLE publications;
DROP TABLE score_parts;
DROP TABLE assessments;
DROP TABLE assessment_runs;
DROP TABLE peer_reviews;
DROP TABLE review_claims;
DROP TABLE review_assignments;
DROP TABLE review_rounds;
DROP TABLE cycles;
DROP TABLE policies;
DROP TABLE achievements;
DROP TABLE deeds;
DROP TABLE mediations;
DROP TABLE case_transfers;
DROP TABLE clocks;
DROP TABLE case_events;
DROP TABLE cases;
DROP TABLE rating_totals;
DROP TABLE rating_replies;
DROP TABLE ratings;
DROP TABLE rating_invitations;
DROP TABLE encounter_claims;
DROP TABLE encounters;
DROP TABLE key_epochs;
DROP TABLE services;
DROP TABLE accounts;
DROP TABLE postings;
DROP TABLE officials;
DROP TABLE positions;
DROP TABLE org_unit_closures;
DROP TABLE org_units;
