CREATE TYPE "callback_kind" AS ENUM('SESSION_STATUS', 'ACCOUNTS', 'TRANSACTION_PAGE', 'PAYMENT');--> statement-breakpoint
CREATE TYPE "callback_outcome" AS ENUM('RECORDED', 'LATE', 'QUARANTINED');--> statement-breakpoint
CREATE TYPE "next_action" AS ENUM('WAIT', 'REAUTHENTICATE', 'NONE');--> statement-breakpoint
CREATE TYPE "payment_status" AS ENUM('CREATED', 'IN_PROGRESS', 'COMPLETED', 'REJECTED', 'NOT_SUPPORTED', 'CANCELLED', 'EXPIRED');--> statement-breakpoint
CREATE TYPE "session_outcome" AS ENUM('PENDING', 'SUCCEEDED', 'PARTIALLY_SUCCEEDED', 'FAILED', 'NEEDS_AUTHORIZATION');--> statement-breakpoint
CREATE TYPE "stage_name" AS ENUM('AUTHENTICATION', 'ACCOUNTS', 'ACCOUNT_BALANCES', 'TRANSACTIONS', 'TRANSACTION_DETAILS');--> statement-breakpoint
CREATE TYPE "stage_status" AS ENUM('INITIATED', 'IN_PROGRESS', 'AUTHENTICATION_REQUIRED', 'FINISHED', 'FAILED', 'AUTHORIZATION_FAILED');--> statement-breakpoint
CREATE TABLE "banks" (
	"bank_id" text PRIMARY KEY,
	"secondary_identifiers" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "callbacks" (
	"position" bigint PRIMARY KEY,
	"kind" "callback_kind",
	"outcome" "callback_outcome" NOT NULL,
	"reason" text,
	"path" text,
	"session_id" text,
	"payment_id" text,
	"bank_id" text,
	"stage" "stage_name",
	"status" text,
	"attempt" integer NOT NULL,
	"digest" text NOT NULL,
	"webhook_id" text,
	"received_at" timestamp(3) with time zone NOT NULL,
	"deliveries" integer NOT NULL,
	"last_delivered_at" timestamp(3) with time zone NOT NULL,
	"changed" jsonb NOT NULL,
	"version" integer,
	"replay_of" bigint,
	"replayed_at" timestamp(3) with time zone,
	"body" bytea NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"payment_id" text PRIMARY KEY,
	"external_id" text,
	"user_external_id" text,
	"user" jsonb NOT NULL,
	"bank_id" text NOT NULL,
	"status" "payment_status" NOT NULL,
	"is_final" boolean NOT NULL,
	"conflict" boolean NOT NULL,
	"facts" jsonb NOT NULL,
	"version" integer NOT NULL,
	"position" bigint NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"session_id" text PRIMARY KEY,
	"external_id" text,
	"user_id" text NOT NULL,
	"bank_id" text NOT NULL,
	"is_sca" boolean,
	"stage" "stage_name" NOT NULL,
	"status" "stage_status" NOT NULL,
	"outcome" "session_outcome" NOT NULL,
	"next_action" "next_action" NOT NULL,
	"conflict" boolean NOT NULL,
	"stages" jsonb NOT NULL,
	"accounts" jsonb NOT NULL,
	"transaction_pages" jsonb NOT NULL,
	"version" integer NOT NULL,
	"position" bigint NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"heard_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "store" (
	"id" smallint PRIMARY KEY,
	"identity" text NOT NULL,
	"position" bigint NOT NULL,
	"lowest" bigint NOT NULL,
	"expected_stages" text NOT NULL,
	"opened_by" text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "callbacks_key" ON "callbacks" ("digest","attempt");--> statement-breakpoint
CREATE UNIQUE INDEX "callbacks_replay_of" ON "callbacks" ("replay_of") WHERE replay_of is not null;--> statement-breakpoint
CREATE INDEX "callbacks_webhook_id" ON "callbacks" ("webhook_id") WHERE webhook_id is not null;--> statement-breakpoint
CREATE INDEX "callbacks_session" ON "callbacks" ("session_id","position") WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX "callbacks_payment" ON "callbacks" ("payment_id","position") WHERE payment_id is not null;--> statement-breakpoint
CREATE INDEX "callbacks_bank" ON "callbacks" ("bank_id","position");--> statement-breakpoint
CREATE INDEX "callbacks_outcome" ON "callbacks" ("outcome","position") WHERE outcome <> 'RECORDED';--> statement-breakpoint
CREATE INDEX "callbacks_kind" ON "callbacks" ("kind","position");--> statement-breakpoint
CREATE INDEX "callbacks_repeated" ON "callbacks" ("position") WHERE deliveries > 1;--> statement-breakpoint
CREATE INDEX "callbacks_received" ON "callbacks" ("received_at");--> statement-breakpoint
CREATE INDEX "payments_created" ON "payments" ("created_at","payment_id");--> statement-breakpoint
CREATE INDEX "payments_user" ON "payments" ("user_external_id","created_at","payment_id");--> statement-breakpoint
CREATE INDEX "payments_bank" ON "payments" ("bank_id","created_at","payment_id");--> statement-breakpoint
CREATE INDEX "payments_external" ON "payments" ("external_id","created_at","payment_id") WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX "payments_status" ON "payments" ("status","created_at","payment_id");--> statement-breakpoint
CREATE INDEX "payments_final" ON "payments" ("is_final","created_at","payment_id");--> statement-breakpoint
CREATE INDEX "payments_conflict" ON "payments" ("created_at","payment_id") WHERE conflict = true;--> statement-breakpoint
CREATE INDEX "payments_updated" ON "payments" ("updated_at","payment_id");--> statement-breakpoint
CREATE INDEX "payments_position" ON "payments" ("position");--> statement-breakpoint
CREATE INDEX "sessions_created" ON "sessions" ("created_at","session_id");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" ("user_id","created_at","session_id");--> statement-breakpoint
CREATE INDEX "sessions_bank" ON "sessions" ("bank_id","created_at","session_id");--> statement-breakpoint
CREATE INDEX "sessions_external" ON "sessions" ("external_id","created_at","session_id") WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_outcome" ON "sessions" ("outcome","created_at","session_id");--> statement-breakpoint
CREATE INDEX "sessions_next_action" ON "sessions" ("next_action","created_at","session_id");--> statement-breakpoint
CREATE INDEX "sessions_conflict" ON "sessions" ("created_at","session_id") WHERE conflict = true;--> statement-breakpoint
CREATE INDEX "sessions_stage" ON "sessions" ("stage","status","created_at","session_id");--> statement-breakpoint
CREATE INDEX "sessions_updated" ON "sessions" ("updated_at","session_id");--> statement-breakpoint
CREATE INDEX "sessions_position" ON "sessions" ("position");