-- +goose Up
-- Reviewers are reminded of a round that is about to end. A reminder is of a round and a unit, and rests on who was asked: who
-- has handed in is told to nobody, and no row here says it.
ALTER TABLE review_rounds ADD COLUMN reminded_on date;
-- Deliveries refer to what is made anew: that they do is checked at the end.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE notifications_old AS SELECT id, kind, case_id, unit_id, due_at, created_at FROM notifications;
DROP TABLE notifications;
CREATE TABLE notifications (
    id blob NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    case_id blob REFERENCES cases (id),
    round_id blob REFERENCES review_rounds (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    due_at datetime,
    created_at datetime NOT NULL,
    CONSTRAINT notifications_kind CHECK (kind IN ('CASE_ARRIVED', 'CASE_OFFERED', 'CASE_RETURNED', 'CASE_DUE_SOON', 'CASE_OVERDUE', 'CASE_RESOLVED', 'CASE_REOPENED', 'CASE_REJECTED', 'REVIEW_DUE')),
    CONSTRAINT notifications_case CHECK ((kind = 'REVIEW_DUE') = (case_id IS NULL)),
    CONSTRAINT notifications_round CHECK ((kind = 'REVIEW_DUE') = (round_id IS NOT NULL))
);
INSERT INTO notifications (id, kind, case_id, unit_id, due_at, created_at) SELECT id, kind, case_id, unit_id, due_at, created_at FROM notifications_old;
DROP TABLE notifications_old;
CREATE INDEX notifications_case ON notifications (case_id);
CREATE INDEX notifications_unit ON notifications (unit_id);
CREATE INDEX notifications_created ON notifications (created_at);
-- Of a due date each unit is told once: the one that has the case, and the one above it where it is escalated.
CREATE UNIQUE INDEX notifications_due ON notifications (case_id, kind, due_at, unit_id) WHERE kind IN ('CASE_DUE_SOON', 'CASE_OVERDUE');
CREATE INDEX notifications_of_round ON notifications (round_id) WHERE round_id IS NOT NULL;

-- +goose Down
DELETE FROM notification_deliveries WHERE notification_id IN (SELECT id FROM notifications WHERE kind = 'REVIEW_DUE');
DELETE FROM notifications WHERE kind = 'REVIEW_DUE';
UPDATE webhooks SET kinds = replace(replace(replace(kinds, ',"REVIEW_DUE"', ''), '"REVIEW_DUE",', ''), '"REVIEW_DUE"', '');
PRAGMA defer_foreign_keys = ON;
CREATE TABLE notifications_old AS SELECT id, kind, case_id, unit_id, due_at, created_at FROM notifications;
DROP TABLE notifications;
CREATE TABLE notifications (
    id blob NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    case_id blob NOT NULL REFERENCES cases (id),
    unit_id blob NOT NULL REFERENCES org_units (id),
    due_at datetime,
    created_at datetime NOT NULL,
    CONSTRAINT notifications_kind CHECK (kind IN ('CASE_ARRIVED', 'CASE_OFFERED', 'CASE_RETURNED', 'CASE_DUE_SOON', 'CASE_OVERDUE', 'CASE_RESOLVED', 'CASE_REOPENED', 'CASE_REJECTED'))
);
INSERT INTO notifications (id, kind, case_id, unit_id, due_at, created_at) SELECT id, kind, case_id, unit_id, due_at, created_at FROM notifications_old;
DROP TABLE notifications_old;
CREATE INDEX notifications_case ON notifications (case_id);
CREATE INDEX notifications_unit ON notifications (unit_id);
CREATE INDEX notifications_created ON notifications (created_at);
-- Of a due date each unit is told once: the one that has the case, and the one above it where it is escalated.
CREATE UNIQUE INDEX notifications_due ON notifications (case_id, kind, due_at, unit_id) WHERE kind IN ('CASE_DUE_SOON', 'CASE_OVERDUE');
ALTER TABLE review_rounds DROP COLUMN reminded_on;
