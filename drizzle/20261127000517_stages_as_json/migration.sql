-- The table is written anew, once for all three columns, and locked meanwhile: this belongs to the step from 0.1 to 0.2,
-- before which every instance is stopped, and after which all states are computed anew.
ALTER TABLE "sessions"
  ALTER COLUMN "stages" SET DATA TYPE json USING "stages"::json,
  ALTER COLUMN "accounts" SET DATA TYPE json USING "accounts"::json,
  ALTER COLUMN "transaction_pages" SET DATA TYPE json USING "transaction_pages"::json;
