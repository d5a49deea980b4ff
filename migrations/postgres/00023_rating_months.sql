-- +goose Up
-- What is kept of an official's ratings of one month: figures by unit are sums of these. Whoever writes the totals of a day, a
-- server of an earlier version too, writes the month with them, in the same transaction.
CREATE TABLE rating_months (
    official_id uuid NOT NULL REFERENCES officials (id),
    month date NOT NULL,
    level1 bigint NOT NULL,
    level2 bigint NOT NULL,
    level3 bigint NOT NULL,
    level4 bigint NOT NULL,
    level5 bigint NOT NULL,
    PRIMARY KEY (official_id, month),
    CONSTRAINT rating_months_counts CHECK (level1 >= 0 AND level2 >= 0 AND level3 >= 0 AND level4 >= 0 AND level5 >= 0)
);

-- +goose StatementBegin
CREATE FUNCTION rating_months_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rating_months AS m
        SELECT official_id, date_trunc('month', rated_on::timestamp)::date AS month, sum(level1), sum(level2), sum(level3), sum(level4), sum(level5)
        FROM fresh GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (official_id, month) DO UPDATE SET level1 = m.level1 + excluded.level1, level2 = m.level2 + excluded.level2,
        level3 = m.level3 + excluded.level3, level4 = m.level4 + excluded.level4, level5 = m.level5 + excluded.level5;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION rating_months_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rating_months AS m SET level1 = m.level1 + d.level1, level2 = m.level2 + d.level2, level3 = m.level3 + d.level3,
        level4 = m.level4 + d.level4, level5 = m.level5 + d.level5
    FROM (SELECT fresh.official_id, date_trunc('month', fresh.rated_on::timestamp)::date AS month, sum(fresh.level1 - former.level1) AS level1,
            sum(fresh.level2 - former.level2) AS level2, sum(fresh.level3 - former.level3) AS level3, sum(fresh.level4 - former.level4) AS level4,
            sum(fresh.level5 - former.level5) AS level5
        FROM fresh JOIN former USING (official_id, rated_on) GROUP BY 1, 2) AS d
    WHERE m.official_id = d.official_id AND m.month = d.month;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER rating_totals_added AFTER INSERT ON rating_totals REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION rating_months_add();
CREATE TRIGGER rating_totals_changed AFTER UPDATE ON rating_totals REFERENCING OLD TABLE AS former NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION rating_months_change();
-- Nobody takes a day away, nor moves one.
INSERT INTO rating_months
    SELECT official_id, date_trunc('month', rated_on::timestamp)::date, sum(level1), sum(level2), sum(level3), sum(level4), sum(level5)
    FROM rating_totals GROUP BY 1, 2;

-- +goose Down
DROP TRIGGER rating_totals_changed ON rating_totals;
DROP TRIGGER rating_totals_added ON rating_totals;
DROP FUNCTION rating_months_change();
DROP FUNCTION rating_months_add();
DROP TABLE rating_months;
