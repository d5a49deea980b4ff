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
INSERT INTO organisation_states (id, state) SELECT 1, gen_random_uuid()::text WHERE EXISTS (SELECT 1 FROM org_units);

-- +goose StatementBegin
CREATE FUNCTION organisation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO organisation_states (id, state) VALUES (1, gen_random_uuid()::text)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER org_units_change_state AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON org_units
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_changed();
CREATE TRIGGER org_unit_closures_change_state AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON org_unit_closures
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_changed();
CREATE TRIGGER positions_change_state AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON positions
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_changed();
CREATE TRIGGER officials_change_state AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON officials
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_changed();

-- +goose Down
DROP TRIGGER officials_change_state ON officials;
DROP TRIGGER positions_change_state ON positions;
DROP TRIGGER org_unit_closures_change_state ON org_unit_closures;
DROP TRIGGER org_units_change_state ON org_units;
DROP FUNCTION organisation_changed();
DROP TABLE organisation_states;
