-- A table is locked while its indexes are built: this belongs to the step from 0.1 to 0.2, before which every instance
-- is stopped. Four indexes are built again so that a prefix is found by them, whatever the database's collation.
DROP INDEX "callbacks_session";--> statement-breakpoint
DROP INDEX "callbacks_payment";--> statement-breakpoint
DROP INDEX "callbacks_received";--> statement-breakpoint
DROP INDEX "payments_external";--> statement-breakpoint
DROP INDEX "sessions_external";--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "external_id" text;--> statement-breakpoint
CREATE INDEX "callbacks_by_session" ON "callbacks" ("session_id" text_pattern_ops,"position") WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX "callbacks_by_payment" ON "callbacks" ("payment_id" text_pattern_ops,"position") WHERE payment_id is not null;--> statement-breakpoint
CREATE INDEX "callbacks_by_external" ON "callbacks" ("external_id" text_pattern_ops) WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX "callbacks_received_outcome" ON "callbacks" ("received_at","outcome");--> statement-breakpoint
CREATE INDEX "payments_by_prefix" ON "payments" ("payment_id" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "payments_by_external" ON "payments" ("external_id" text_pattern_ops,"created_at","payment_id") WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_prefix" ON "sessions" ("session_id" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "sessions_by_external" ON "sessions" ("external_id" text_pattern_ops,"created_at","session_id") WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_pending" ON "sessions" ("heard_at","session_id") WHERE outcome = 'PENDING';