-- +goose Up
-- How a resident who wishes to be contacted can be reached, sealed with the key of the rating's year.
ALTER TABLE ratings ADD COLUMN contact blob;

-- What is owed on a released rating of 1 or 2: a reply, a mending, and then the resident's word on it. Days alone are kept, as
-- with the rating. again_id is the further rating of the same service that the resident may give once it is mended.
CREATE TABLE reply_duties (
    rating_id blob NOT NULL PRIMARY KEY REFERENCES ratings (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    released_on date NOT NULL,
    reply_due_on date NOT NULL,
    mend_due_on date NOT NULL,
    escalated_unit_id blob REFERENCES org_units (id),
    escalate_on date,
    mending text,
    mended_on date,
    mending_level integer,
    mending_rated_on date,
    again_id blob REFERENCES ratings (id),
    CONSTRAINT reply_duties_again_key UNIQUE (again_id),
    CONSTRAINT reply_duties_level CHECK (mending_level BETWEEN 1 AND 5),
    CONSTRAINT reply_duties_dates CHECK (reply_due_on >= released_on AND mend_due_on >= reply_due_on),
    CONSTRAINT reply_duties_mended CHECK ((mending IS NULL) = (mended_on IS NULL)),
    CONSTRAINT reply_duties_rated CHECK ((mending_level IS NULL) = (mending_rated_on IS NULL))
) WITHOUT ROWID;
CREATE INDEX reply_duties_unit ON reply_duties (unit_id, reply_due_on);
CREATE INDEX reply_duties_due ON reply_duties (reply_due_on, rating_id);
CREATE INDEX reply_duties_escalate ON reply_duties (escalate_on) WHERE escalate_on IS NOT NULL;
CREATE INDEX reply_duties_escalated ON reply_duties (escalated_unit_id);

-- What a receipt can take back for a few minutes. Only who holds the receipt can open what is sealed, so that this table leads
-- from no rating to its encounter; null once it is taken back. Rows go when their day is over.
CREATE TABLE rating_undos (
    undo_hash blob NOT NULL PRIMARY KEY,
    day date NOT NULL,
    sealed blob
) WITHOUT ROWID;
CREATE INDEX rating_undos_day ON rating_undos (day);

-- Standing codes at counters.
CREATE TABLE counter_codes (
    id blob NOT NULL PRIMARY KEY,
    code_hash blob NOT NULL,
    name text NOT NULL,
    unit_id blob NOT NULL REFERENCES org_units (id),
    official_id blob REFERENCES officials (id),
    service_id blob REFERENCES services (id),
    kiosk boolean NOT NULL,
    daily_cap integer NOT NULL,
    issued_by text NOT NULL,
    issued_at datetime NOT NULL,
    revoked_at datetime,
    CONSTRAINT counter_codes_code_key UNIQUE (code_hash),
    CONSTRAINT counter_codes_cap CHECK (daily_cap BETWEEN 1 AND 2000)
);
CREATE INDEX counter_codes_unit ON counter_codes (unit_id);
CREATE INDEX counter_codes_official ON counter_codes (official_id);
CREATE INDEX counter_codes_service ON counter_codes (service_id);

-- How often today a code has been used, a device or an address has used it. A mark is a keyed hash of the day, the code and
-- what is counted; rows go when their day is over, and nobody can be followed from one day to the next.
CREATE TABLE counter_uses (
    mark blob NOT NULL PRIMARY KEY,
    day date NOT NULL,
    uses integer NOT NULL,
    CONSTRAINT counter_uses_some CHECK (uses > 0)
) WITHOUT ROWID;
CREATE INDEX counter_uses_day ON counter_uses (day);

-- What a resident may mark besides the level: of one service, or of a category of services.
CREATE TABLE rating_forms (
    id blob NOT NULL PRIMARY KEY,
    service_id blob REFERENCES services (id),
    category text,
    dimensions text NOT NULL,
    tags text NOT NULL,
    saved_by text NOT NULL,
    saved_at datetime NOT NULL,
    CONSTRAINT rating_forms_service_key UNIQUE (service_id),
    CONSTRAINT rating_forms_category_key UNIQUE (category),
    CONSTRAINT rating_forms_of CHECK ((service_id IS NULL) <> (category IS NULL))
);

-- +goose Down
DROP TABLE rating_forms;
DROP TABLE counter_uses;
DROP TABLE counter_codes;
DROP TABLE rating_undos;
DROP TABLE reply_duties;
ALTER TABLE ratings DROP COLUMN contact;
