-- +goose Up
-- What tells how a result came about is only ever added.
-- +goose StatementBegin
CREATE TRIGGER audit_entries_keep_update BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_entries rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_keep_delete BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_entries rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER case_events_keep_delete BEFORE DELETE ON case_events
BEGIN
    SELECT RAISE(ABORT, 'case_events rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER policies_keep_update BEFORE UPDATE ON policies
BEGIN
    SELECT RAISE(ABORT, 'policies rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER policies_keep_delete BEFORE DELETE ON policies
BEGIN
    SELECT RAISE(ABORT, 'policies rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seals_keep_update BEFORE UPDATE ON seals
BEGIN
    SELECT RAISE(ABORT, 'seals rows are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seals_keep_delete BEFORE DELETE ON seals
BEGIN
    SELECT RAISE(ABORT, 'seals rows are only ever added');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER seals_keep_delete;
DROP TRIGGER seals_keep_update;
DROP TRIGGER policies_keep_delete;
DROP TRIGGER policies_keep_update;
DROP TRIGGER case_events_keep_delete;
DROP TRIGGER case_events_keep_update;
DROP TRIGGER audit_entries_keep_delete;
DROP TRIGGER audit_entries_keep_update;
