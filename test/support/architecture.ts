const PARTS = [
  'closing-stack',
  'domain',
  'errors',
  'config',
  'source-positions',
  'logger',
  'observe',
  'observers',
  'refuse-old-node',
  'db',
  'live',
  'http',
  'viewers',
  'callbacks',
  'schema',
  'transport',
  'simulator',
  'demo',
];

/** What each part of src may import of our own, apart from itself: imports point one way. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  'closing-stack': ['logger'],
  errors: [],
  'source-positions': [],
  logger: ['source-positions'],
  observe: ['errors', 'logger'],
  observers: ['logger', 'observe'],
  config: ['domain', 'errors'],
  db: ['domain', 'errors', 'config', 'logger', 'observe'],
  live: ['domain', 'errors', 'logger', 'observe'],
  http: ['errors', 'logger'],
  viewers: ['domain', 'errors', 'config', 'logger'],
  callbacks: ['domain', 'errors', 'config', 'logger', 'observe', 'db', 'live', 'http'],
  schema: ['domain', 'errors', 'config', 'logger', 'db', 'live'],
  transport: ['domain', 'errors', 'config', 'logger', 'observe', 'db', 'live', 'http', 'viewers', 'schema'],
  'refuse-old-node': [],
  simulator: ['domain', 'http'],
  demo: ['domain', 'http', 'simulator'],
  gateway: [...PARTS],
  commands: [...PARTS, 'gateway', 'main'],
  callboard: ['commands', 'refuse-old-node'],
  main: [...PARTS, 'gateway'],
};

/**
 * What the sub-folders of a part may import of one another. The files at the part's top join them: every sub-folder
 * may import them, and they may import every sub-folder.
 */
const MAY_IMPORT_WITHIN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  db: {
    tables: [],
    journal: ['tables'],
    record: ['tables'],
    read: ['tables'],
    upkeep: ['tables', 'journal'],
    migrate: ['tables', 'journal', 'upkeep'],
    postgres: [],
    pglite: ['migrate'],
  },
  live: { relay: [], sources: [], fanout: ['sources'] },
  schema: { list: [] },
  callbacks: { authenticate: [], parse: [] },
  simulator: {
    scenario: [],
    plan: ['scenario'],
    send: ['plan'],
    check: ['scenario', 'plan'],
    serve: ['plan'],
  },
  transport: {
    engine: [],
    http: ['engine', 'graphiql'],
    ws: ['engine', 'http'],
    sse: ['engine', 'http'],
    graphiql: [],
  },
};

const READS_ENVIRONMENT = ['config', 'main', 'commands'];

/** Everything in these sources (path within src → text) that breaks the house's rules, one line each. */
export function architectureFaults(sources: ReadonlyMap<string, string>): string[] {
  const graph = new Map([...sources].map(([path, text]) => [path, importsOf(path, text)]));
  return [
    ...[...graph].flatMap(([path, imports]) => imports.flatMap((target) => edgeFault(path, target))),
    ...cycles(graph).map((cycle) => `${cycle.join(' -> ')}: these files import each other in a circle`),
    ...[...sources].flatMap(([path, text]) => textFaults(path, text)),
  ];
}

function edgeFault(path: string, target: string): string[] {
  const [from, to] = [partOf(path), partOf(target)];
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return [`${path}: ${from} has no place in test/support/architecture.ts`];
  if (from === to) return edgeFaultWithin(from, path, target);
  return allowed.includes(to) ? [] : [`${path} imports ${target}: ${from} may not import ${to}`];
}

function edgeFaultWithin(part: string, path: string, target: string): string[] {
  const folders = MAY_IMPORT_WITHIN[part];
  const [from, to] = [folderOf(path), folderOf(target)];
  if (folders === undefined || from === null || to === null || from === to) return [];
  const allowed = folders[from];
  if (allowed === undefined) return [`${path}: ${part}/${from} has no place in test/support/architecture.ts`];
  return allowed.includes(to)
    ? []
    : [`${path} imports ${target}: ${part}/${from} may not import ${part}/${to}`];
}

/** A folder of src, or a file at its top. */
function partOf(path: string): string {
  const top = path.split('/')[0] ?? path;
  return top === path ? top.replace(/\.ts$/, '') : top;
}

/** The sub-folder of a part; null for a file at the part's top. */
function folderOf(path: string): string | null {
  const [, folder, file] = path.split('/');
  return file === undefined ? null : (folder ?? null);
}

/** Paths within src that a file imports, types and lazy imports too. */
function importsOf(path: string, text: string): string[] {
  const code = withoutComments(text);
  const found = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]/g);
  return [...found].flatMap(([, target]) => (target === undefined ? [] : [resolve(path, target)]));
}

function resolve(path: string, target: string): string {
  const steps = path.split('/').slice(0, -1);
  for (const step of target.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
}

function textFaults(path: string, text: string): string[] {
  const lines = text.split('\n');
  const explained = (index: number) =>
    [lines[index - 1], lines[index]].some((line) => line?.includes('// cast:'));
  const faults = bareCode(text).flatMap((line, index) => {
    const place = `${path}:${index + 1}`;
    return [
      ...(/\bas\s+(?!const\b)[\w{(['"]/.test(line) && !explained(index)
        ? [
            `${place}: a cast is not a check; parse it, or say why on the line above, beginning with "// cast:"`,
          ]
        : []),
      ...(/\bexport\s+default\b|\bas\s+default\b/.test(line) ? [`${place}: export it by its name`] : []),
      ...(/\bprocess\s*\.\s*env\b/.test(line) && !READS_ENVIRONMENT.includes(partOf(path))
        ? [`${place}: only src/config reads the environment`]
        : []),
    ];
  });
  const name = path.split('/').at(-1) ?? path;
  if (/^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(name)) return faults;
  return [...faults, `${path}: files are named in kebab-case`];
}

const COMMENT_OR_TEXT =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;

/** Keeps line numbers: only the characters between line breaks go. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function withoutComments(text: string): string {
  return text.replace(COMMENT_OR_TEXT, (found) => (found.startsWith('/') ? blank(found) : found));
}

/** Lines of code without comments and texts, and without clauses in which `as` renames instead of casting. */
function bareCode(text: string): string[] {
  const code = text.replace(COMMENT_OR_TEXT, blank);
  return code
    .replace(/\b(?:import|export)\b(?:\s+type)?\s*(?:\{[^}]*\}|\*\s*as\s+\w+)/g, renames)
    .split('\n');
}

/** `export { x as default }` stays visible. */
function renames(clause: string): string {
  return /\bas\s+default\b/.test(clause) ? clause : blank(clause);
}
