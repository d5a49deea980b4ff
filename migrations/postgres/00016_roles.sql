-- +goose Up
-- Whom a connection works for: the program says so by three settings whenever it takes a connection (store/reach.go). One that
-- was told nothing sees no row of the tables below. They bind whoever owns the tables as well; only a superuser and a role
-- with BYPASSRLS are free of them.

-- Everything, or null: IS NOT NULL is what the planner takes for true, so that its estimates stay what they are without the policies.
CREATE FUNCTION scope_everything() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT CASE current_setting('steelyard.scope', true) WHEN 'everything' THEN true END $$;
-- The unit whose rows, and those of everything below it, are seen.
CREATE FUNCTION scope_unit() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(NULLIF(current_setting('steelyard.scope', true), 'everything'), '')::uuid $$;
-- The official who asks.
CREATE FUNCTION scope_official() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('steelyard.official', true), '')::uuid $$;
-- Hashes of the secrets that were shown: receipts, invitations.
CREATE FUNCTION scope_shown() RETURNS bytea[] LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('steelyard.shown', true), '')::bytea[] $$;

-- Whether an official worked in the unit on a day. It is asked of those who ever did, one by one, and called cheap: the planner
-- would count its price for every row of a large table, also where nobody asks.
CREATE FUNCTION scope_posted(official uuid, day date) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE COST 1 AS $$
    SELECT EXISTS (SELECT 1 FROM postings p JOIN org_unit_closures c ON c.descendant_id = p.unit_id
        WHERE p.official_id = official AND p.from_on <= day AND (p.to_on IS NULL OR p.to_on >= day) AND c.ancestor_id = scope_unit())
$$;

-- Each of the others stands in a SELECT of its own, so that it is asked once for a statement and not for each row. What a row is
-- compared with is found by equality alone: PostgreSQL then makes a table of it where there are many rows.
-- Of officials who work in the unit, or did on that day; and the resident's own.
CREATE POLICY ratings_reach ON ratings USING (
    (SELECT scope_everything()) IS NOT NULL
    OR receipt_hash = ANY ((SELECT scope_shown())::bytea[])
    OR EXISTS (SELECT 1 FROM officials o JOIN org_unit_closures c ON c.descendant_id = o.unit_id
        WHERE o.id = ratings.official_id AND c.ancestor_id = (SELECT scope_unit()))
    OR EXISTS (SELECT 1 FROM postings p JOIN org_unit_closures c ON c.descendant_id = p.unit_id
        WHERE p.official_id = ratings.official_id AND c.ancestor_id = (SELECT scope_unit())) AND scope_posted(ratings.official_id, ratings.rated_on)
);
ALTER TABLE ratings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- As the rating.
CREATE POLICY rating_replies_reach ON rating_replies USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM ratings v WHERE v.id = rating_replies.rating_id)
);
ALTER TABLE rating_replies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- The unit's; and as the rating.
CREATE POLICY reply_duties_reach ON reply_duties USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM org_unit_closures c WHERE c.descendant_id = reply_duties.unit_id AND c.ancestor_id = (SELECT scope_unit()))
    OR EXISTS (SELECT 1 FROM ratings v WHERE v.id = reply_duties.rating_id)
    OR EXISTS (SELECT 1 FROM ratings v WHERE v.id = reply_duties.again_id)
);
ALTER TABLE reply_duties ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Of officials who work in the unit, the official's own, and the one that an invitation is for.
CREATE POLICY encounters_reach ON encounters USING (
    (SELECT scope_everything()) IS NOT NULL
    OR official_id = (SELECT scope_official())
    OR EXISTS (SELECT 1 FROM officials o JOIN org_unit_closures c ON c.descendant_id = o.unit_id
        WHERE o.id = encounters.official_id AND c.ancestor_id = (SELECT scope_unit()))
    OR EXISTS (SELECT 1 FROM rating_invitations i
        WHERE i.encounter_id = encounters.id AND i.token_hash = ANY ((SELECT scope_shown())::bytea[]))
);
ALTER TABLE encounters ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Of officials who work in the unit, or did on that day, and of the unit's rounds.
CREATE POLICY peer_reviews_reach ON peer_reviews USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM officials o JOIN org_unit_closures c ON c.descendant_id = o.unit_id
        WHERE o.id = peer_reviews.official_id AND c.ancestor_id = (SELECT scope_unit()))
    OR EXISTS (SELECT 1 FROM postings p JOIN org_unit_closures c ON c.descendant_id = p.unit_id
        WHERE p.official_id = peer_reviews.official_id AND c.ancestor_id = (SELECT scope_unit())) AND scope_posted(peer_reviews.official_id, peer_reviews.submitted_on)
    OR EXISTS (SELECT 1 FROM review_rounds r JOIN cycles y ON y.id = r.cycle_id
        JOIN org_unit_closures c ON c.descendant_id = y.unit_id WHERE r.id = peer_reviews.round_id AND c.ancestor_id = (SELECT scope_unit()))
);
ALTER TABLE peer_reviews ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Nobody's but the reviewer's.
CREATE POLICY review_drafts_reach ON review_drafts USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM review_assignments a WHERE a.id = review_drafts.assignment_id AND a.reviewer_id = (SELECT scope_official()))
);
ALTER TABLE review_drafts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Of the unit's rounds.
CREATE POLICY appraisal_ballots_reach ON appraisal_ballots USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM review_rounds r JOIN cycles y ON y.id = r.cycle_id
        JOIN org_unit_closures c ON c.descendant_id = y.unit_id WHERE r.id = appraisal_ballots.round_id AND c.ancestor_id = (SELECT scope_unit()))
);
ALTER TABLE appraisal_ballots ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Of the unit's rounds.
CREATE POLICY appraisal_comments_reach ON appraisal_comments USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM review_rounds r JOIN cycles y ON y.id = r.cycle_id
        JOIN org_unit_closures c ON c.descendant_id = y.unit_id WHERE r.id = appraisal_comments.round_id AND c.ancestor_id = (SELECT scope_unit()))
);
ALTER TABLE appraisal_comments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- The unit's, those in the official's hands, those that the unit was offered or asked not to be held to, and the resident's own.
CREATE POLICY cases_reach ON cases USING (
    (SELECT scope_everything()) IS NOT NULL
    OR receipt_hash = ANY ((SELECT scope_shown())::bytea[])
    OR official_id = (SELECT scope_official())
    OR EXISTS (SELECT 1 FROM org_unit_closures c WHERE c.descendant_id = cases.unit_id AND c.ancestor_id = (SELECT scope_unit()))
    OR EXISTS (SELECT 1 FROM case_transfers t JOIN org_unit_closures c ON c.descendant_id = t.to_unit_id
        WHERE t.case_id = cases.id AND c.ancestor_id = (SELECT scope_unit()))
    OR EXISTS (SELECT 1 FROM exclusions x JOIN org_unit_closures c ON c.descendant_id = x.unit_id
        WHERE x.case_id = cases.id AND c.ancestor_id = (SELECT scope_unit()))
);
ALTER TABLE cases ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- As the case.
CREATE POLICY case_events_reach ON case_events USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM cases v WHERE v.id = case_events.case_id)
);
ALTER TABLE case_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- As the case.
CREATE POLICY mediations_reach ON mediations USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM cases v WHERE v.id = mediations.case_id)
);
ALTER TABLE mediations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- As the case.
CREATE POLICY case_contacts_reach ON case_contacts USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM cases v WHERE v.id = case_contacts.case_id)
);
ALTER TABLE case_contacts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- As the case.
CREATE POLICY attachments_reach ON attachments USING (
    (SELECT scope_everything()) IS NOT NULL
    OR EXISTS (SELECT 1 FROM cases v WHERE v.id = attachments.case_id)
);
ALTER TABLE attachments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- +goose Down
ALTER TABLE attachments NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY attachments_reach ON attachments;
ALTER TABLE case_contacts NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY case_contacts_reach ON case_contacts;
ALTER TABLE mediations NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY mediations_reach ON mediations;
ALTER TABLE case_events NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY case_events_reach ON case_events;
ALTER TABLE cases NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY cases_reach ON cases;
ALTER TABLE appraisal_comments NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY appraisal_comments_reach ON appraisal_comments;
ALTER TABLE appraisal_ballots NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY appraisal_ballots_reach ON appraisal_ballots;
ALTER TABLE review_drafts NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY review_drafts_reach ON review_drafts;
ALTER TABLE peer_reviews NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY peer_reviews_reach ON peer_reviews;
ALTER TABLE encounters NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY encounters_reach ON encounters;
ALTER TABLE reply_duties NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY reply_duties_reach ON reply_duties;
ALTER TABLE rating_replies NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY rating_replies_reach ON rating_replies;
ALTER TABLE ratings NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP POLICY ratings_reach ON ratings;
DROP FUNCTION scope_posted, scope_shown, scope_official, scope_unit, scope_everything;
