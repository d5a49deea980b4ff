-- +goose Up
-- The outbox: what is to be told is written in the transaction of what it tells of, with a delivery for each who is to hear it.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL REFERENCES org_units (id),
    url text NOT NULL,
    kinds text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT webhooks_unit_url_key UNIQUE (unit_id, url)
);

CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    case_id uuid NOT NULL REFERENCES cases (id),
    unit_id uuid NOT NULL REFERENCES org_units (id),
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT notifications_kind CHECK (kind IN ('CASE_ARRIVED', 'CASE_OFFERED', 'CASE_RETURNED', 'CASE_DUE_SOON', 'CASE_OVERDUE', 'CASE_RESOLVED', 'CASE_REOPENED', 'CASE_REJECTED'))
);
CREATE INDEX notifications_case ON notifications (case_id);
CREATE INDEX notifications_unit ON notifications (unit_id);
CREATE INDEX notifications_created ON notifications (created_at);
-- Of a due date each unit is told once: the one that has the case, and the one above it where it is escalated.
CREATE UNIQUE INDEX notifications_due ON notifications (case_id, kind, due_at, unit_id) WHERE kind IN ('CASE_DUE_SOON', 'CASE_OVERDUE');

CREATE TABLE notification_deliveries (
    id uuid PRIMARY KEY,
    notification_id uuid NOT NULL REFERENCES notifications (id),
    channel text NOT NULL,
    webhook_id uuid REFERENCES webhooks (id),
    state text NOT NULL,
    attempts bigint NOT NULL,
    next_at timestamptz NOT NULL,
    holder uuid,
    failure text NOT NULL,
    ended_at timestamptz,
    CONSTRAINT notification_deliveries_channel CHECK (channel IN ('WEBHOOK', 'MAIL')),
    CONSTRAINT notification_deliveries_state CHECK (state IN ('WAITING', 'DELIVERED', 'DEAD')),
    CONSTRAINT notification_deliveries_webhook CHECK ((channel = 'WEBHOOK') = (webhook_id IS NOT NULL)),
    CONSTRAINT notification_deliveries_ended CHECK ((state = 'WAITING') = (ended_at IS NULL)),
    CONSTRAINT notification_deliveries_attempts CHECK (attempts >= 0)
);
CREATE INDEX notification_deliveries_notification ON notification_deliveries (notification_id);
CREATE INDEX notification_deliveries_next ON notification_deliveries (next_at, id) WHERE state = 'WAITING';
CREATE INDEX notification_deliveries_webhook_state ON notification_deliveries (webhook_id, state);

-- Where a resident wants to be told: sealed with a key that is kept outside the database.
CREATE TABLE case_contacts (
    case_id uuid PRIMARY KEY REFERENCES cases (id),
    sealed bytea NOT NULL,
    lang text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT case_contacts_lang CHECK (lang IN ('zh-CN', 'en'))
);

-- The bytes lie outside the database; the name says where.
CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id),
    blob text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    digest bytea NOT NULL,
    from_resident boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT attachments_blob_key UNIQUE (blob),
    CONSTRAINT attachments_media_type CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')),
    CONSTRAINT attachments_size CHECK (size BETWEEN 1 AND 5242880)
);
CREATE INDEX attachments_case ON attachments (case_id, created_at);

-- +goose Down
DROP TABLE attachments;
DROP TABLE case_contacts;
DROP TABLE notification_deliveries;
DROP TABLE notifications;
DROP TABLE webhooks;
