-- +goose Up
-- An answer that was handed in here waits until it is written anew together with others: in the transaction that stored it
-- it was alone with its entry in the ledger. What an import brings needs no release.
ALTER TABLE ratings ADD COLUMN released boolean NOT NULL DEFAULT true;
ALTER TABLE peer_reviews ADD COLUMN released boolean NOT NULL DEFAULT true;
CREATE INDEX ratings_release ON ratings (released, rated_on) WHERE import_key IS NULL;
CREATE INDEX peer_reviews_release ON peer_reviews (released, submitted_on) WHERE import_key IS NULL;
-- A release looks for the invitations that have been used since the last one.
CREATE INDEX rating_invitations_issued ON rating_invitations (encounter_id) WHERE state = 'ISSUED';

-- +goose Down
DROP INDEX rating_invitations_issued;
DROP INDEX peer_reviews_release;
DROP INDEX ratings_release;
ALTER TABLE peer_reviews DROP COLUMN released;
ALTER TABLE ratings DROP COLUMN released;
