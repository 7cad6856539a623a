import { setTimeout as sleep } from 'node:timers/promises';
import { configuredCallbackRoutes } from './callbacks/configured-routes.ts';
import { readReported } from './callbacks/parse/claims.ts';
import { parseApplied, readFindings } from './callbacks/parse/parse.ts';
import { createClosingStack } from './closing-stack.ts';
import type { Config } from './config/config.ts';
import { describeConfig } from './config/describe-config.ts';
import { readVersion } from './config/package-files.ts';
import { awaitMigration } from './db/await-migration.ts';
import { createJournal } from './db/journal/journal.ts';
import { NotMigratedError } from './db/migrate/migrate.ts';
import { openStore, type StoreOptions } from './db/open.ts';
import { createCatchUp } from './db/read/catch-up.ts';
import { createOpenCounts } from './db/read/open-counts.ts';
import { createReads } from './db/read/reads.ts';
import { createReadiness, withinMs } from './db/readiness.ts';
import { createRecorder } from './db/record/recorder.ts';
import { unavailableWhereAway } from './db/store-away.ts';
import { createStoreClock } from './db/store-clock.ts';
import { createStateCache } from './db/tables/state-cache.ts';
import { createStatesInMemory } from './db/tables/state-memory.ts';
import { createExpectedStages } from './db/upkeep/expected-stages.ts';
import { createRetention } from './db/upkeep/retention.ts';
import type { StageName } from './domain/words.ts';
import { createBodyReader } from './http/read-body.ts';
import { createRouter } from './http/router.ts';
import { createFanout } from './live/fanout/fanout.ts';
import { createHub } from './live/hub.ts';
import { createRelay } from './live/relay/relay.ts';
import { watchHeads } from './live/relay/watch-heads.ts';
import { createSubscriptions } from './live/sources/subscriptions.ts';
import { createStallClock } from './live/stall-clock.ts';
import { createLogger, type Logger } from './logger.ts';
import { createObserver, emitUnexpected, type Observer } from './observe.ts';
import { logEvents } from './observers/log-events.ts';
import { createMetrics, type Metrics } from './observers/metrics/metrics.ts';
import { createSpans, type Spans } from './observers/spans/spans.ts';
import { buildSchema } from './schema/build.ts';
import { createConnections } from './transport/connections.ts';
import { createAdmission } from './transport/engine/admission.ts';
import { createAdmittedEngine } from './transport/engine/admitted-engine.ts';
import { createEngine } from './transport/engine/create-engine.ts';
import { createResolveDocument } from './transport/engine/named-document.ts';
import { createObservedEngine } from './transport/engine/observed-engine.ts';
import { useAdmission } from './transport/engine/plugins/admission.ts';
import { useObserved } from './transport/engine/plugins/observed.ts';
import { createPressure } from './transport/engine/pressure.ts';
import { createTrustedList } from './transport/engine/trusted-list.ts';
import type { YogaPlugin } from './transport/engine/yoga-plugin.ts';
import { createGraphiql } from './transport/graphiql/graphiql.ts';
import { createGraphqlHandler, type Identify } from './transport/http/graphql-http.ts';
import { healthRoutes } from './transport/http/health-routes.ts';
import { createHttpServer } from './transport/http/http-server.ts';
import { metricsRoutes } from './transport/http/metrics-routes.ts';
import { createOriginPolicy } from './transport/http/origin-policy.ts';
import { ROOT_ROUTE } from './transport/http/root-route.ts';
import { statusRoutes } from './transport/http/status-routes.ts';
import { useHttpAnswers } from './transport/http/use-http-answers.ts';
import { startWaitingGateway } from './transport/http/waiting-gateway.ts';
import { createSseTransport } from './transport/sse/sse.ts';
import { createWsAuthenticate } from './transport/ws/authenticate.ts';
import { createWsTransport } from './transport/ws/ws.ts';
import { fromHeader, VIEW_AS_HEADER, viewAs, viewAsOf } from './viewers/view-as.ts';
import { createViewerReader } from './viewers/viewer-reader.ts';

/** `/readyz` answers within this time, also where the store does not. */
const READY_WITHIN_MS = 1_000;
/** An instance with more positions than this left to publish has not caught up. */
const MAX_BEHIND = 1_000;

export interface GatewayParts {
  readonly log?: Logger;
  /** Its events reach those that listen to it already, and the gateway's own listeners. */
  readonly observer?: Observer;
  /** Opens another store than the configuration names: tests hand in one that fails. */
  readonly openStore?: typeof openStore;
  /** Further plugins of Yoga: their hooks run on every wire. */
  readonly plugins?: readonly YogaPlugin[];
  /** Called just before the gateway listens: what stands on its port leaves. */
  readonly beforeListening?: () => void;
}

/** A running gateway. */
export interface Gateway {
  /** Without a slash at its end. */
  readonly url: string;
  /**
   * The clean end, within 10 s, `lameDuckMs` and `drainMs`: not ready at once, all served as usual for `lameDuckMs`,
   * then callbacks in flight finished, subscribers sent elsewhere over `drainMs`, and the store closed. Calling it again
   * waits for the same end.
   */
  close(): Promise<void>;
}

/**
 * Opens the store, joins all parts and listens. Where anything fails, what was opened is closed again. With
 * `migrate: 'off'` and a store that is not migrated it listens, answers "later", and does the rest when it is.
 */
export function createGateway(config: Config, parts: GatewayParts = {}): Promise<Gateway> {
  const log = parts.log ?? createLogger({ level: config.logLevel });
  const observer = parts.observer ?? createObserver(log);
  logEvents(observer, log);
  const metrics = createMetrics(observer, { version: readVersion() });
  const spans = createSpans(observer, { version: readVersion(), log });
  return startGateway(config, { ...parts, log, observer, metrics, spans });
}

type StartParts = GatewayParts & {
  readonly log: Logger;
  readonly observer: Observer;
  readonly metrics: Metrics;
  readonly spans: Spans;
};

async function startGateway(config: Config, parts: StartParts): Promise<Gateway> {
  const { log } = parts;
  const { emit } = parts.observer;
  const { restartQuietMs, limits } = config;
  const isExplore = config.mode === 'explore';
  const closing = createClosingStack(log);
  closing.use(parts.spans);
  try {
    const store = closing.use(await (parts.openStore ?? openStore)(storeOptions(config, parts)));
    const { now } = closing.use(await createStoreClock({ store, log }));
    const stages = closing.use(await createExpectedStages({ store, wanted: config.expectedStages, log }));
    const hub = createHub({ log });
    closing.add(() => hub.dispose());
    const cache = createStateCache();
    const memory = createStatesInMemory();
    const journal = createJournal({ store, parse: parseApplied, onStages: stages.see });
    const relay = closing.use(
      await createRelay({
        hub,
        journal,
        listen: store.listen,
        shared: store.kind === 'postgres',
        onReplaced({ otherServer }) {
          cache.clear();
          memory.sessions.clear();
          memory.payments.clear();
          if (otherServer) store.renew();
        },
        log,
        emit,
      }),
    );
    const recorder = closing.use(
      createRecorder({
        store,
        settings: { restartQuietMs },
        outlet: relay,
        cache,
        memory,
        log,
        emit,
      }),
    );
    const silence = { afterMs: config.stalledAfterMs, now };
    const reads = unavailableWhereAway(createReads(store, silence, memory), emit);
    const catchUp = watchHeads(unavailableWhereAway(createCatchUp(store), emit), relay);
    const live = createSubscriptions({ hub, catchUp, silence });
    closing.use(createStallClock({ hub, sessions: catchUp.sessions, relay, silence, log }));
    const expects = (stage: StageName) => stages.current.includes(stage);
    const pressure = closing.use(createPressure({ recorder }));
    const admission = closing.use(
      createAdmission({
        pressure,
        // In explore mode all are one viewer.
        perViewer: isExplore ? null : { operations: limits.viewerOperations, waiting: limits.viewerWaiting },
      }),
    );
    const trusted = config.trustedDocuments === null ? null : createTrustedList(config.trustedDocuments);
    const resolveDocument = createResolveDocument(trusted);
    const bareEngine = createEngine({
      schema: buildSchema(),
      contextOf: (viewer, cursors) => ({
        viewer,
        cursors,
        reads,
        live,
        expects,
        silence,
        readReported,
        readFindings,
      }),
      plugins: [useAdmission(admission), ...(parts.plugins ?? []), useObserved(emit), useHttpAnswers()],
      introspection: config.introspection ? 'on' : isExplore ? 'off' : 'operators',
      limits,
      trustedDocuments: trusted,
      log,
      emit,
    });
    const engine = createObservedEngine(createAdmittedEngine(bareEngine, admission), emit);
    const fanout = closing.use(createFanout({ hub, errorOf: engine.errorOf, emit, now }));
    const viewers = createViewerReader(config, { log, now });
    const identify: Identify = ({ headers }) =>
      viewers.read(headers.authorization, fromHeader(headers[VIEW_AS_HEADER]));
    const origins = createOriginPolicy({ ...config, emit });
    // In explore mode all are one viewer.
    const perViewer = (limit: number) => (isExplore ? Number.POSITIVE_INFINITY : limit);
    const connections = createConnections({
      maxConnections: limits.connections,
      maxPerViewer: { ws: perViewer(limits.viewerSockets), sse: perViewer(limits.viewerStreams) },
      now,
    });
    closing.add(() => connections.drain(0));
    const ws = createWsTransport({
      engine,
      resolveDocument,
      fanout,
      connections,
      log,
      emit,
      authenticate: createWsAuthenticate(viewers),
      viewerOf: (viewer, extensions) => {
        const as = isExplore ? viewAsOf(extensions) : undefined;
        return as === undefined ? viewer : viewAs(as);
      },
      isWelcome: origins.admits,
      limits: {
        messageBytes: limits.socketFrameBytes,
        initWithinMs: limits.socketInitMs,
        maxSubscriptions: perViewer(limits.socketSubscriptions),
        maxMessagesPerMinute: perViewer(limits.socketMessages),
      },
    });
    const sse = createSseTransport({ fanout, connections, log });
    if (config.retentionDays !== null)
      closing.use(createRetention({ store, days: config.retentionDays, log, now }));
    const readiness = closing.use(createReadiness({ store, recordedAt: () => recorder.recordedAt, log }));
    /** Set first: a load balancer sends elsewhere what is still served here. */
    let leaving = false;
    let draining = false;
    const isReady = async () =>
      !leaving &&
      relay.behind <= MAX_BEHIND &&
      (await Promise.all([isSoon(relay.check()), readiness.canRecord()])).every((fine) => fine);
    parts.metrics.watch({
      waiting: () => recorder.waiting,
      behind: () => relay.behind,
      connections: connections.count,
      ready: isReady,
      counts: createOpenCounts(store, silence),
    });
    const readBody = createBodyReader();
    const routes = createRouter(
      [
        ...configuredCallbackRoutes({
          config,
          recorder: {
            record(delivery) {
              pressure.callbackArrived();
              return recorder.record(delivery);
            },
          },
          readBody,
          now,
          isDraining: () => draining,
          emit,
        }),
        ...healthRoutes({ isReady }),
        ...(config.graphiql ? [ROOT_ROUTE] : []),
        ...metricsRoutes({ mode: config.mode, token: config.metricsToken, render: parts.metrics.render }),
        ...statusRoutes({ reads, identify, limits, admission, emit }),
      ],
      {
        // Secrets in the path have up to 128 characters; nothing in a head is longer than this.
        maxParamLength: limits.headBytes,
        onError: (err) => emitUnexpected(emit, 'a request failed unexpectedly', err),
      },
    );
    const graphiql = config.graphiql
      ? createGraphiql({
          live: isExplore ? 'WS' : 'SSE',
          offersSamples: isExplore && takesAnyCallback(config.callback),
        })
      : null;
    const http = createHttpServer({
      graphql: createGraphqlHandler({
        engine,
        resolveDocument,
        sse,
        page: graphiql?.page ?? null,
        identify,
        readBody,
        bodyBytes: limits.bodyBytes,
        emit,
      }),
      graphiqlAssets: graphiql?.asset ?? null,
      rest: routes,
      upgrade: ws.upgrade,
      loopbackOnly: isExplore,
      emit,
      origins,
      limits,
    });
    closing.add(() => http.stop());
    const head = await reads.head();
    parts.beforeListening?.();
    const url = await http.listen(config.host, config.port);
    emit.started?.({
      version: readVersion(),
      node: process.version,
      settings: describeConfig(config),
      store: { kind: store.kind, ...head },
    });

    closing.add(async () => {
      // Callbacks in flight are answered, and subscribers sent elsewhere, before the port closes.
      await recorder.close();
      await connections.drain(config.drainMs);
    });
    const end = async () => {
      leaving = true;
      if (config.lameDuckMs > 0) {
        log.info({ lameDuckMs: config.lameDuckMs }, 'not ready any more: serving as usual before the drain');
        await sleep(config.lameDuckMs);
      }
      draining = true;
      const began = performance.now();
      const open = { sockets: connections.count('ws'), streams: connections.count('sse') };
      emit.drainBegan?.({ callbacks: recorder.waiting, ...open, drainMs: config.drainMs });
      await closing.close();
      emit.drainEnded?.({ ms: Math.round(performance.now() - began), ...open });
    };
    let ended: Promise<void> | null = null;
    return {
      url,
      close() {
        ended ??= end();
        return ended;
      },
    };
  } catch (error) {
    await closing.close();
    if (error instanceof NotMigratedError) return waitForMigration(error, config, parts);
    throw error;
  }
}

/** Whether callbacks are not authenticated. */
function takesAnyCallback({ signingKeys, headerSecrets, pathSecrets }: Config['callback']): boolean {
  return [signingKeys, headerSecrets, pathSecrets].every(({ length }) => length === 0);
}

function storeOptions(config: Config, { log, observer }: StartParts): StoreOptions {
  const { databaseUrl, dataDir, databasePooled: pooled, databaseConnections: connections, migrate } = config;
  return {
    databaseUrl,
    dataDir,
    pooled,
    connections,
    migrate,
    log,
    emit: observer.emit,
    parse: parseApplied,
  };
}

function waitForMigration(
  { message }: NotMigratedError,
  config: Config,
  parts: StartParts,
): Promise<Gateway> {
  const { host, port, databaseUrl } = config;
  const { log } = parts;
  const pglite =
    databaseUrl === null ? ' It waits outside the folder, which takes one process at a time.' : '';
  log.warn(`${message} Until then callbacks and operations are answered 503.${pglite}`);
  return startWaitingGateway({
    ...{ host, port, log },
    awaitStore: (signal) => awaitMigration(storeOptions(config, parts), signal),
    start: (store, taken, leave) =>
      startGateway(
        { ...config, port: taken },
        { ...parts, openStore: async () => store, beforeListening: leave },
      ),
  });
}

/** Whether something is true, and is known soon. */
const isSoon = (check: Promise<boolean>): Promise<boolean> =>
  withinMs(
    check.catch(() => false),
    READY_WITHIN_MS,
  );
