-- +goose Up
-- What is kept of an official's ratings of one month: figures by unit are sums of these. Whoever writes the totals of a day, a
-- server of an earlier version too, writes the month with them, in the same transaction.
CREATE TABLE rating_months (
    official_id blob NOT NULL REFERENCES officials (id),
    month date NOT NULL,
    level1 integer NOT NULL,
    level2 integer NOT NULL,
    level3 integer NOT NULL,
    level4 integer NOT NULL,
    level5 integer NOT NULL,
    PRIMARY KEY (official_id, month),
    CONSTRAINT rating_months_counts CHECK (level1 >= 0 AND level2 >= 0 AND level3 >= 0 AND level4 >= 0 AND level5 >= 0)
);

-- +goose StatementBegin
CREATE TRIGGER rating_totals_added AFTER INSERT ON rating_totals BEGIN
    INSERT INTO rating_months VALUES (NEW.official_id, date(NEW.rated_on, 'start of month'), NEW.level1, NEW.level2, NEW.level3, NEW.level4, NEW.level5)
    ON CONFLICT (official_id, month) DO UPDATE SET level1 = rating_months.level1 + excluded.level1, level2 = rating_months.level2 + excluded.level2,
        level3 = rating_months.level3 + excluded.level3, level4 = rating_months.level4 + excluded.level4, level5 = rating_months.level5 + excluded.level5;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rating_totals_changed AFTER UPDATE ON rating_totals BEGIN
    UPDATE rating_months SET level1 = level1 + NEW.level1 - OLD.level1, level2 = level2 + NEW.level2 - OLD.level2,
        level3 = level3 + NEW.level3 - OLD.level3, level4 = level4 + NEW.level4 - OLD.level4, level5 = level5 + NEW.level5 - OLD.level5
    WHERE official_id = NEW.official_id AND month = date(NEW.rated_on, 'start of month');
END;
-- +goose StatementEnd
-- Nobody takes a day away, nor moves one.
INSERT INTO rating_months
    SELECT official_id, date(rated_on, 'start of month'), sum(level1), sum(level2), sum(level3), sum(level4), sum(level5)
    FROM rating_totals GROUP BY 1, 2;

-- +goose Down
DROP TRIGGER rating_totals_changed;
DROP TRIGGER rating_totals_added;
DROP TABLE rating_months;
