/**
 * Loaded into a gateway before its own modules (`--expose-gc --import`): answers each message of the process that
 * started it with what lives in its memory, after garbage was collected.
 */
process.on('message', () => {
  // The second collects what the first one's finalizers let go.
  globalThis.gc?.();
  setImmediate(() => {
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    process.send?.({ heapBytes: heapUsed, rssBytes: rss });
  });
});
