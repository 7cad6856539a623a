import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../documents.ts';

const Service = z.object({
  image: z.string(),
  build: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  command: z.array(z.string()).optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
  ulimits: z.object({ nofile: z.number() }).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z
    .union([z.array(z.string()), z.record(z.string(), z.object({ condition: z.string() }))])
    .optional(),
});

const Compose = z.object({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
});

export const COMPOSE = Compose.parse(
  parse(readFileSync(`${ROOT}compose.yaml`, 'utf8'), { merge: true, strict: true }),
);

/** The service of that name; throws where there is none. */
export function serviceOf(name: string): z.infer<typeof Service> {
  const service = COMPOSE.services[name];
  if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return service;
}

/**
 * The environment of a service, with `given` in the place of `${NAME}`, `${NAME:-default}` and `${NAME:?why}` as Docker
 * Compose puts it in. Throws where something that is asked for is not given.
 */
export function environmentOf(
  name: string,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const fill = (text: string): string =>
    text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, variable: string, kind: string, rest: string) => {
      const value = given[variable] ?? '';
      if (value !== '') return value;
      if (kind === '?') throw new Error(`${variable}: ${rest}`);
      return kind === '-' ? rest : '';
    });
  return Object.fromEntries(
    Object.entries(serviceOf(name).environment ?? {}).map(([variable, text]) => [variable, fill(text)]),
  );
}
