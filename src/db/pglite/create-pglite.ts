import { setFlagsFromString } from 'node:v8';
import { PGlite, type PGliteOptions, protocol } from '@electric-sql/pglite';

/**
 * Opens a PGlite whose parser V8 leaves as its baseline compiler made it. The parser is one function of 100 kB that
 * counts as hot after a few statements, and to optimize it V8 13.6 and 14.1 (Node 24 and 25) take 600 MiB at once;
 * unoptimized, it and the lexer take 0.8 % more of a callback's time (docs/decisions/0063). Rejects as `PGlite.create`
 * does.
 */
export async function createPglite(options: PGliteOptions): Promise<PGlite> {
  const client = new ParserStaysBaseline(options);
  await client.waitReady;
  return client;
}

/** The protocol's first message has no type, and is not parsed. */
const STARTUP = 0;
const EMPTY_STATEMENT = Buffer.concat([protocol.serialize.parse({ text: '' }), protocol.serialize.sync()]);

/**
 * V8 compiles each WebAssembly function at its first call, and only then decides whether it is ever optimized. So the
 * first statement is an empty one, at a moment when the only function that may be optimized is number 0, an import.
 */
class ParserStaysBaseline extends PGlite {
  #parserIsCompiled = false;

  override execProtocolRawSync(message: Uint8Array): Uint8Array {
    if (!this.#parserIsCompiled && message[0] !== STARTUP) {
      this.#parserIsCompiled = true;
      setFlagsFromString('--wasm-tier-up-filter=0');
      try {
        super.execProtocolRawSync(EMPTY_STATEMENT);
      } finally {
        setFlagsFromString('--wasm-tier-up-filter=-1');
      }
    }
    return super.execProtocolRawSync(message);
  }
}
