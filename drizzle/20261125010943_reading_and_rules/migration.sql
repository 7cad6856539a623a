ALTER TABLE "callbacks" ADD COLUMN "faults" jsonb;--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "unknown_fields" jsonb;--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "confirms" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "callbacks" ADD COLUMN "puts_back" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "terminal_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "failed_stage" "stage_name";--> statement-breakpoint
ALTER TABLE "store" ADD COLUMN "rules_edition" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX "sessions_failed_stage" ON "sessions" ("failed_stage","created_at","session_id") WHERE failed_stage is not null;