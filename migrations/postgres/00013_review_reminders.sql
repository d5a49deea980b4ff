-- +goose Up
-- Reviewers are reminded of a round that is about to end. A reminder is of a round and a unit, and rests on who was asked: who
-- has handed in is told to nobody, and no row here says it.
ALTER TABLE review_rounds ADD COLUMN reminded_on date;
ALTER TABLE notifications ALTER COLUMN case_id DROP NOT NULL, DROP CONSTRAINT notifications_kind;
ALTER TABLE notifications ADD COLUMN round_id uuid REFERENCES review_rounds (id);
ALTER TABLE notifications ADD
    CONSTRAINT notifications_kind CHECK (kind IN ('CASE_ARRIVED', 'CASE_OFFERED', 'CASE_RETURNED', 'CASE_DUE_SOON', 'CASE_OVERDUE', 'CASE_RESOLVED', 'CASE_REOPENED', 'CASE_REJECTED', 'REVIEW_DUE')),
    ADD
    CONSTRAINT notifications_case CHECK ((kind = 'REVIEW_DUE') = (case_id IS NULL)),
    ADD
    CONSTRAINT notifications_round CHECK ((kind = 'REVIEW_DUE') = (round_id IS NOT NULL))
;
DROP INDEX notifications_case, notifications_unit, notifications_created, notifications_due;
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
DROP INDEX notifications_case, notifications_unit, notifications_created, notifications_due, notifications_of_round;
ALTER TABLE notifications DROP CONSTRAINT notifications_kind, DROP CONSTRAINT notifications_case, DROP CONSTRAINT notifications_round;
ALTER TABLE notifications ADD
    CONSTRAINT notifications_kind CHECK (kind IN ('CASE_ARRIVED', 'CASE_OFFERED', 'CASE_RETURNED', 'CASE_DUE_SOON', 'CASE_OVERDUE', 'CASE_RESOLVED', 'CASE_REOPENED', 'CASE_REJECTED'))
;
CREATE INDEX notifications_case ON notifications (case_id);
CREATE INDEX notifications_unit ON notifications (unit_id);
CREATE INDEX notifications_created ON notifications (created_at);
-- Of a due date each unit is told once: the one that has the case, and the one above it where it is escalated.
CREATE UNIQUE INDEX notifications_due ON notifications (case_id, kind, due_at, unit_id) WHERE kind IN ('CASE_DUE_SOON', 'CASE_OVERDUE');
ALTER TABLE notifications DROP COLUMN round_id, ALTER COLUMN case_id SET NOT NULL;
ALTER TABLE review_rounds DROP COLUMN reminded_on;
