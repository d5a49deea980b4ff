-- +goose Up
-- A name to know an account by, and accounts of machines: a SERVICE may call the operations that stand with it, and nothing else.
ALTER TABLE accounts ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN kind text NOT NULL DEFAULT 'PERSON' CONSTRAINT accounts_kind CHECK (kind IN ('PERSON', 'SERVICE'));
ALTER TABLE accounts ADD COLUMN operations text NOT NULL DEFAULT '[]' CONSTRAINT accounts_operations CHECK ((kind = 'SERVICE') = (operations <> '[]'));
-- Tokens that carry no epoch, since somebody else issues them, hold from this moment on. Null: all do.
ALTER TABLE accounts ADD COLUMN tokens_from timestamptz;
UPDATE accounts SET tokens_from = now() WHERE token_epoch > 0;

-- The tokens that the token command has issued and that have not run out, and those that were revoked one by one. A token that is
-- not here holds: issued_at and expires_at are null where it is another's and only known to be revoked.
CREATE TABLE account_tokens (
    account_id uuid NOT NULL REFERENCES accounts (id),
    token_id text NOT NULL,
    issued_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (account_id, token_id)
);
CREATE INDEX account_tokens_expires ON account_tokens (expires_at);

-- +goose Down
DROP TABLE account_tokens;
ALTER TABLE accounts DROP COLUMN tokens_from;
ALTER TABLE accounts DROP COLUMN operations;
ALTER TABLE accounts DROP COLUMN kind;
ALTER TABLE accounts DROP COLUMN name;
