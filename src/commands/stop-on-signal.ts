/**
 * A signal that aborts at the first SIGINT or SIGTERM, so that what runs can end with its summary. The second ends the
 * process at once.
 */
export function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort(new Error('stopped'));
    });
  }
  return controller.signal;
}
