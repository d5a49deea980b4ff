-- +goose Up
-- Units, officials and positions are asked for by nearly every answer, and change with an import. A server may keep what it has read
-- of them for as long as this word stays the same; whoever changes them, a server of an earlier version or a person at the database
-- too, changes the word in the same transaction. It is drawn, not counted: a database that is brought back to an earlier state never
-- comes to the same word by another way. Where there is no organisation yet, there is no word.
CREATE TABLE organisation_states (
    id integer PRIMARY KEY,
    state text NOT NULL,
    CONSTRAINT organisation_states_one CHECK (id = 1)
);
INSERT INTO organisation_states (id, state) SELECT 1, lower(hex(randomblob(16))) WHERE EXISTS (SELECT 1 FROM org_units);

-- +goose StatementBegin
CREATE TRIGGER org_units_added_state AFTER INSERT ON org_units BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER org_units_changed_state AFTER UPDATE ON org_units BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER org_units_removed_state AFTER DELETE ON org_units BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER org_unit_closures_added_state AFTER INSERT ON org_unit_closures BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER org_unit_closures_changed_state AFTER UPDATE ON org_unit_closures BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER org_unit_closures_removed_state AFTER DELETE ON org_unit_closures BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER positions_added_state AFTER INSERT ON positions BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER positions_changed_state AFTER UPDATE ON positions BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER positions_removed_state AFTER DELETE ON positions BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER officials_added_state AFTER INSERT ON officials BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER officials_changed_state AFTER UPDATE ON officials BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER officials_removed_state AFTER DELETE ON officials BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER officials_removed_state;
DROP TRIGGER officials_changed_state;
DROP TRIGGER officials_added_state;
DROP TRIGGER positions_removed_state;
DROP TRIGGER positions_changed_state;
DROP TRIGGER positions_added_state;
DROP TRIGGER org_unit_closures_removed_state;
DROP TRIGGER org_unit_closures_changed_state;
DROP TRIGGER org_unit_closures_added_state;
DROP TRIGGER org_units_removed_state;
DROP TRIGGER org_units_changed_state;
DROP TRIGGER org_units_added_state;
DROP TABLE organisation_states;
