-- +goose Up
-- An explanation is written once, read whole and never changed: one row holds its lines as they were computed. Two hundred
-- thousand lines of their own cost a run more time in checks of their foreign key than in being stored.
CREATE TABLE explanations (
    assessment_id blob NOT NULL PRIMARY KEY REFERENCES assessments (id),
    parts text NOT NULL
);
INSERT INTO explanations (assessment_id, parts)
SELECT assessment_id, json_group_array(json_object(
    'component', component, 'code', code, 'points', points,
    'value', CASE WHEN value IS NULL THEN NULL ELSE json(printf('%!.17g', value)) END, 'pieces', json(pieces)) ORDER BY seq)
FROM score_parts GROUP BY assessment_id;
DROP TABLE score_parts;
-- +goose StatementBegin
CREATE TRIGGER explanations_seal_insert BEFORE INSERT ON explanations
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = (SELECT a.run_id FROM assessments a WHERE a.id = NEW.assessment_id) AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'explanations of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER explanations_seal_update BEFORE UPDATE ON explanations
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = (SELECT a.run_id FROM assessments a WHERE a.id = OLD.assessment_id) AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'explanations of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER explanations_seal_delete BEFORE DELETE ON explanations
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = (SELECT a.run_id FROM assessments a WHERE a.id = OLD.assessment_id) AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'explanations of a sealed cycle is immutable');
END;
-- +goose StatementEnd

-- +goose Down
CREATE TABLE score_parts (
    assessment_id blob NOT NULL REFERENCES assessments (id),
    seq integer NOT NULL,
    component text NOT NULL,
    code text NOT NULL,
    points integer NOT NULL,
    value real,
    pieces text NOT NULL,
    PRIMARY KEY (assessment_id, seq),
    CONSTRAINT score_parts_component CHECK (component IN ('', 'SATISFACTION', 'OUTCOMES', 'PEER_REVIEW', 'PRACTICAL_WORK'))
);
INSERT INTO score_parts (assessment_id, seq, component, code, points, value, pieces)
SELECT e.assessment_id, p.key + 1, json_extract(p.value, '$.component'), json_extract(p.value, '$.code'), json_extract(p.value, '$.points'),
    json_extract(p.value, '$.value'), json_extract(p.value, '$.pieces')
FROM explanations e, json_each(e.parts) p;
DROP TABLE explanations;
-- +goose StatementBegin
CREATE TRIGGER score_parts_seal_update BEFORE UPDATE ON score_parts
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = (SELECT a.run_id FROM assessments a WHERE a.id = OLD.assessment_id) AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'score_parts of a sealed cycle is immutable');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER score_parts_seal_delete BEFORE DELETE ON score_parts
    WHEN EXISTS (SELECT 1 FROM assessment_runs r JOIN cycles c ON c.id = r.cycle_id
        WHERE r.id = (SELECT a.run_id FROM assessments a WHERE a.id = OLD.assessment_id) AND c.state = 'FINAL' AND r.state = 'DONE')
BEGIN
    SELECT RAISE(ABORT, 'score_parts of a sealed cycle is immutable');
END;
-- +goose StatementEnd
