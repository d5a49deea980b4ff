-- +goose Up
-- Who asks is looked up for each request, and accounts and their tokens change seldom. What a server has read of them holds for as long
-- as this word stays the same: see 00026.
CREATE TABLE account_states (
    id integer PRIMARY KEY,
    state text NOT NULL,
    CONSTRAINT account_states_one CHECK (id = 1)
);
INSERT INTO account_states (id, state) SELECT 1, lower(hex(randomblob(16))) WHERE EXISTS (SELECT 1 FROM accounts);

-- +goose StatementBegin
CREATE TRIGGER accounts_added_state AFTER INSERT ON accounts BEGIN
    INSERT INTO account_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER accounts_changed_state AFTER UPDATE ON accounts BEGIN
    INSERT INTO account_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER accounts_removed_state AFTER DELETE ON accounts BEGIN
    INSERT INTO account_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_tokens_added_state AFTER INSERT ON account_tokens BEGIN
    INSERT INTO account_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_tokens_changed_state AFTER UPDATE ON account_tokens BEGIN
    INSERT INTO account_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER account_tokens_removed_state AFTER DELETE ON account_tokens BEGIN
    INSERT INTO account_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER account_tokens_removed_state;
DROP TRIGGER account_tokens_changed_state;
DROP TRIGGER account_tokens_added_state;
DROP TRIGGER accounts_removed_state;
DROP TRIGGER accounts_changed_state;
DROP TRIGGER accounts_added_state;
DROP TABLE account_states;
