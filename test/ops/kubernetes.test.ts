import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/config/config.ts';
import { CONFIG_VARIABLES } from '../../src/config/variables.ts';
import { send } from '../support/clients/client.ts';
import { readDockerfile } from '../support/container/dockerfile.ts';
import { ROOT } from '../support/documents.ts';
import { startGateway } from '../support/gateways/gateway.ts';

const Probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  failureThreshold: z.number(),
});
const Container = z.object({
  image: z.string(),
  args: z.array(z.string()).optional(),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).optional(),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.tuple([z.object({ mountPath: z.literal('/tmp') })]),
});
const Pod = z.object({
  securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.number(), runAsGroup: z.number() }),
});
const labels = z.record(z.string(), z.string());

/** Each document by its kind, read as far as it matters here. */
const ConfigMap = z.object({ data: z.record(z.string(), z.string()) });
const Job = z.object({
  spec: z.object({ template: z.object({ spec: Pod.extend({ containers: z.tuple([Container]) }) }) }),
});
const Deployment = z.object({
  spec: z.object({
    replicas: z.number(),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: Pod.extend({
        terminationGracePeriodSeconds: z.number(),
        containers: z.tuple([
          Container.extend({ livenessProbe: Probe, readinessProbe: Probe, startupProbe: Probe }),
        ]),
      }),
    }),
  }),
});
const Service = z.object({ spec: z.object({ selector: labels }) });
const Budget = z.object({
  spec: z.object({ minAvailable: z.number(), selector: z.object({ matchLabels: labels }) }),
});

const documents: readonly unknown[] = parseAllDocuments(
  readFileSync(`${ROOT}ops/kubernetes.yaml`, 'utf8'),
).map((document) => document.toJS());
const ofKind = (kind: string): unknown =>
  documents.find((one) => z.object({ kind: z.literal(kind) }).safeParse(one).success);

describe('ops/kubernetes.yaml', () => {
  const { data } = ConfigMap.parse(ofKind('ConfigMap'));
  const job = Job.parse(ofKind('Job')).spec.template.spec;
  const { spec: deployment } = Deployment.parse(ofKind('Deployment'));
  const pod = deployment.template.spec;
  const [gateway] = pod.containers;
  const [image] = readDockerfile(`${ROOT}Dockerfile`).slice(-1);
  const config = readConfig({
    ...image?.env,
    ...data,
    DATABASE_URL: 'postgres://callboard:password@db.example.com/callboard',
    CALLBACK_HEADER_SECRETS: 'the-aggregators-shared-secret',
    JWT_SECRETS: 'a-secret-of-32-characters-or-more',
  });

  it('sets only variables that exist, and with its Secret the gateway takes them', () => {
    expect(Object.keys(data).filter((name) => !CONFIG_VARIABLES.includes(name))).toEqual([]);
    expect(config).toMatchObject({ mode: 'production', migrate: 'off' });
  });

  it('runs the image of this version, as its user and on its port', () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    const user = `${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`;
    expect(user).toBe(image?.user);
    expect(job.securityContext).toEqual(pod.securityContext);
    expect(job.containers[0].args).toEqual(['migrate']);
    for (const { image: name } of [gateway, job.containers[0]])
      expect(name).toMatch(new RegExp(`:${version}$`));
    expect(gateway.ports).toEqual([{ name: 'http', containerPort: Number(image?.env.PORT) }]);
  });

  it('gives a pod the time that it needs to stop, and is told in half of LAME_DUCK_MS that it leaves', () => {
    const { lameDuckMs, drainMs } = config;
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(lameDuckMs + drainMs + 10_000);
    const { periodSeconds, failureThreshold } = gateway.readinessProbe;
    expect(periodSeconds * failureThreshold * 1_000).toBeLessThanOrEqual(lameDuckMs / 2);
  });

  it('asks for paths that a gateway has', async () => {
    const { url } = await startGateway();
    expect(gateway.livenessProbe.httpGet.path).toBe('/healthz');
    expect(gateway.readinessProbe.httpGet.path).toBe('/readyz');
    for (const { httpGet } of [gateway.livenessProbe, gateway.readinessProbe, gateway.startupProbe])
      expect((await send(`${url}${httpGet.path}`)).status, httpGet.path).toBe(200);
  });

  it('keeps one gateway through a disruption, and finds all of them by their label', () => {
    const budget = Budget.parse(ofKind('PodDisruptionBudget')).spec;
    expect(budget.minAvailable).toBeLessThan(deployment.replicas);
    for (const selector of [
      deployment.selector.matchLabels,
      budget.selector.matchLabels,
      Service.parse(ofKind('Service')).spec.selector,
    ])
      expect(deployment.template.metadata.labels).toMatchObject(selector);
  });
});
