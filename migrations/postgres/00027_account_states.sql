-- +goose Up
-- Who asks is looked up for each request, and accounts and their tokens change seldom. What a server has read of them holds for as long
-- as this word stays the same: see 00026.
CREATE TABLE account_states (
    id integer PRIMARY KEY,
    state text NOT NULL,
    CONSTRAINT account_states_one CHECK (id = 1)
);
INSERT INTO account_states (id, state) SELECT 1, gen_random_uuid()::text WHERE EXISTS (SELECT 1 FROM accounts);

-- +goose StatementBegin
CREATE FUNCTION accounts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account_states (id, state) VALUES (1, gen_random_uuid()::text)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER accounts_change_state AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_changed();
CREATE TRIGGER account_tokens_change_state AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON account_tokens
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_changed();

-- +goose Down
DROP TRIGGER account_tokens_change_state ON account_tokens;
DROP TRIGGER accounts_change_state ON accounts;
DROP FUNCTION accounts_changed();
DROP TABLE account_states;
