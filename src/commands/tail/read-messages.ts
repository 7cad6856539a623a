/** The gateway sends something at least every 12 s; a connection on which nothing comes for this long is dead. */
const SILENT_MS = 40_000;

/**
 * The `data` of each `next` message of an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * Reads no further than the reader takes. Ends with the stream.
 * @throws Error where the connection is lost, or nothing comes for 40 s
 */
export async function* readMessages({ body }: Response): AsyncGenerator<string> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  try {
    while (true) {
      const { value, done } = await withinMs(reader.read(), SILENT_MS);
      if (done) return;
      const blocks = (rest + value.replaceAll('\r', '')).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const lines = block.split('\n');
        if (!lines.includes('event: next')) continue;
        yield lines.flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : [])).join('\n');
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${ms / 1_000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
