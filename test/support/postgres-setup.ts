import postgres from 'postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where tests may make databases; null where no PostgreSQL can be reached. */
    postgresUrl: string | null;
  }
}

/** Runs once before all tests: finds the PostgreSQL that they use, or says in one line that its lane is skipped. */
export default async function findPostgres(project: TestProject): Promise<void> {
  const url = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
  const reached = await canReach(url);
  project.provide('postgresUrl', reached ? url : null);
  if (!reached && !process.env.CI) {
    process.stdout.write(
      'PostgreSQL cannot be reached (TEST_DATABASE_URL or 127.0.0.1:5432): its tests are skipped.\n',
    );
  }
}

async function canReach(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
