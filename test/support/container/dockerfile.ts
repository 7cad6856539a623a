import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { Copy, DockerfileParser, Env, From, type Instruction, JSONInstruction, Label } from 'dockerfile-ast';

/** What one step does, with what holds where it stands. */
export interface Step {
  readonly does:
    | { readonly kind: 'run'; readonly command: string }
    | {
        readonly kind: 'copy';
        /** The stage that it copies from; null for the context. */
        readonly from: string | null;
        readonly sources: readonly string[];
        readonly target: string;
      };
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One FROM and what follows it. The last one is the image. */
export interface Stage {
  readonly name: string | null;
  /** Of the base image, with its tag; variables are put in. */
  readonly image: string;
  readonly steps: readonly Step[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly stopSignal: string;
  /** In exec form. */
  readonly health: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

/** Reads a Dockerfile. Throws at an instruction, a flag or a form that these tests do not know how to run. */
export function readDockerfile(path: string): readonly Stage[] {
  const stages: Stage[] = [];
  for (const instruction of DockerfileParser.parse(readFileSync(path, 'utf8')).getInstructions()) {
    if (instruction instanceof From) {
      stages.push(emptyStage(instruction));
      continue;
    }
    const stage = stages.pop();
    if (stage === undefined) {
      if (instruction.getKeyword() !== 'ARG') throw unknown(instruction);
    } else stages.push(withInstruction(stage, instruction));
  }
  return stages;
}

const emptyStage = (from: From): Stage => ({
  name: from.getBuildStage(),
  image: from.getExpandedArguments()[0]?.getValue() ?? '',
  ...{ steps: [], env: {}, labels: {}, workdir: '/', user: 'root', stopSignal: 'SIGTERM' },
  ...{ health: [], entrypoint: [], cmd: [] },
});

function withInstruction(stage: Stage, instruction: Instruction): Stage {
  const { env, workdir } = stage;
  const text = instruction.getArgumentsContent() ?? '';
  const step = (does: Step['does']): Stage => ({ ...stage, steps: [...stage.steps, { does, workdir, env }] });
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      return { ...stage, workdir: posix.resolve(workdir, text) };
    case 'ENV':
    case 'LABEL': {
      const values = propertiesOf(instruction);
      return instruction instanceof Env
        ? { ...stage, env: { ...env, ...values } }
        : { ...stage, labels: { ...stage.labels, ...values } };
    }
    case 'COPY':
      return step({ kind: 'copy', ...copyOf(instruction) });
    case 'RUN':
      if (isExecForm(instruction) || flagsOf(instruction).length > 0) throw unknown(instruction);
      return step({ kind: 'run', command: text });
    case 'USER':
      return { ...stage, user: text };
    case 'STOPSIGNAL':
      return { ...stage, stopSignal: text };
    case 'ENTRYPOINT':
      return { ...stage, entrypoint: execForm(instruction, text) };
    case 'CMD':
      return { ...stage, cmd: execForm(instruction, text) };
    case 'HEALTHCHECK':
      return { ...stage, health: execForm(instruction, text.slice(text.indexOf('['))) };
    case 'EXPOSE':
      return stage;
    default:
      throw unknown(instruction);
  }
}

function propertiesOf(instruction: Instruction): Record<string, string> {
  if (!(instruction instanceof Env || instruction instanceof Label)) throw unknown(instruction);
  return Object.fromEntries(
    instruction.getProperties().map((property) => [property.getName(), property.getValue() ?? '']),
  );
}

function copyOf(instruction: Instruction) {
  if (!(instruction instanceof Copy)) throw unknown(instruction);
  const flags = flagsOf(instruction);
  if (isExecForm(instruction) || flags.some((flag) => flag.getName() !== 'from')) throw unknown(instruction);
  const words = instruction.getExpandedArguments().map((argument) => argument.getValue());
  return { from: flags[0]?.getValue() ?? null, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
}

const flagsOf = (instruction: Instruction) =>
  instruction instanceof JSONInstruction ? instruction.getFlags() : [];
const isExecForm = (instruction: Instruction): boolean =>
  instruction instanceof JSONInstruction && instruction.getJSONStrings().length > 0;

/** The words of a command in exec form, which no shell reads. */
function execForm(instruction: Instruction, text: string): readonly string[] {
  const words: unknown = JSON.parse(text);
  if (!Array.isArray(words)) throw unknown(instruction);
  return words.map(String);
}

const unknown = (instruction: Instruction): Error =>
  new Error(`cannot be run by these tests: ${instruction.getKeyword()} ${instruction.getArgumentsContent()}`);
