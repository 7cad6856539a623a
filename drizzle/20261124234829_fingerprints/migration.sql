-- Rows that were there before fingerprints are known by one that is drawn now: whoever holds it has seen all of them.
-- As a default it is written to no row, so that a million of them take no longer than one.
DO $$
DECLARE
  drawn text := left(replace(gen_random_uuid()::text, '-', ''), 16);
BEGIN
  EXECUTE format('ALTER TABLE "callbacks" ADD COLUMN "fingerprint" text DEFAULT %L NOT NULL', drawn);
  EXECUTE format('ALTER TABLE "store" ADD COLUMN "fingerprint" text DEFAULT %L NOT NULL', drawn);
  EXECUTE format('ALTER TABLE "store" ADD COLUMN "lowest_fingerprint" text DEFAULT %L NOT NULL', drawn);
END $$;--> statement-breakpoint
ALTER TABLE "callbacks" ALTER COLUMN "fingerprint" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "store" ALTER COLUMN "fingerprint" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "store" ALTER COLUMN "lowest_fingerprint" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "store" ADD COLUMN "recomputations" integer DEFAULT 0 NOT NULL;
