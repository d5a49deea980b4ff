-- +goose Up
-- An explanation is written once, read whole and never changed: one row holds its lines as they were computed. Two hundred
-- thousand lines of their own cost a run more time in checks of their foreign key than in being stored.
CREATE TABLE explanations (
    assessment_id uuid PRIMARY KEY REFERENCES assessments (id),
    parts text NOT NULL
);
-- Packed three times as fast where PostgreSQL was built with lz4.
-- +goose StatementBegin
DO $$
BEGIN
    ALTER TABLE explanations ALTER COLUMN parts SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;
-- +goose StatementEnd
INSERT INTO explanations (assessment_id, parts)
SELECT assessment_id, json_agg(json_build_object(
    'component', component, 'code', code, 'points', points, 'value', value, 'pieces', pieces::json) ORDER BY seq)::text
FROM score_parts GROUP BY assessment_id;
DROP TABLE score_parts;
-- Results come ten thousand at a time: whether they are of a sealed cycle is asked once for all of them.
-- +goose StatementBegin
CREATE FUNCTION refuse_sealed_assessments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM added JOIN assessment_runs r ON r.id = added.run_id JOIN cycles c ON c.id = r.cycle_id
            WHERE c.state = 'FINAL' AND r.state = 'DONE') THEN
        RAISE EXCEPTION 'assessments of a sealed cycle is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION refuse_sealed_explanations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM added JOIN assessments a ON a.id = added.assessment_id
            JOIN assessment_runs r ON r.id = a.run_id JOIN cycles c ON c.id = r.cycle_id
            WHERE c.state = 'FINAL' AND r.state = 'DONE') THEN
        RAISE EXCEPTION 'explanations of a sealed cycle is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
DROP TRIGGER assessments_seal_insert ON assessments;
CREATE TRIGGER assessments_seal_insert AFTER INSERT ON assessments REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed_assessments();
CREATE TRIGGER explanations_seal_insert AFTER INSERT ON explanations REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed_explanations();
CREATE TRIGGER explanations_seal_update BEFORE UPDATE ON explanations FOR EACH ROW
    WHEN (assessment_sealed(OLD.assessment_id)) EXECUTE FUNCTION refuse_sealed();
CREATE TRIGGER explanations_seal_delete BEFORE DELETE ON explanations FOR EACH ROW
    WHEN (assessment_sealed(OLD.assessment_id)) EXECUTE FUNCTION refuse_sealed();

-- +goose Down
CREATE TABLE score_parts (
    assessment_id uuid NOT NULL REFERENCES assessments (id),
    seq bigint NOT NULL,
    component text NOT NULL,
    code text NOT NULL,
    points bigint NOT NULL,
    value double precision,
    pieces text NOT NULL,
    PRIMARY KEY (assessment_id, seq),
    CONSTRAINT score_parts_component CHECK (component IN ('', 'SATISFACTION', 'OUTCOMES', 'PEER_REVIEW', 'PRACTICAL_WORK'))
);
INSERT INTO score_parts (assessment_id, seq, component, code, points, value, pieces)
SELECT e.assessment_id, p.seq, p.line ->> 'component', p.line ->> 'code', (p.line ->> 'points')::bigint,
    (p.line ->> 'value')::double precision, (p.line -> 'pieces')::text
FROM explanations e, json_array_elements(e.parts::json) WITH ORDINALITY AS p (line, seq);
DROP TABLE explanations;
DROP FUNCTION refuse_sealed_explanations;
DROP TRIGGER assessments_seal_insert ON assessments;
DROP FUNCTION refuse_sealed_assessments;
CREATE TRIGGER assessments_seal_insert BEFORE INSERT ON assessments FOR EACH ROW
    WHEN (run_sealed(NEW.run_id)) EXECUTE FUNCTION refuse_sealed();
CREATE TRIGGER score_parts_seal_update BEFORE UPDATE ON score_parts FOR EACH ROW
    WHEN (assessment_sealed(OLD.assessment_id)) EXECUTE FUNCTION refuse_sealed();
CREATE TRIGGER score_parts_seal_delete BEFORE DELETE ON score_parts FOR EACH ROW
    WHEN (assessment_sealed(OLD.assessment_id)) EXECUTE FUNCTION refuse_sealed();
