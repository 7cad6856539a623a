import type { YogaPlugin } from '../yoga-plugin.ts';

/** Takes the parameters that the gateway has read of a request, with its own limits and faults. */
export function useReadParams(): YogaPlugin {
  return {
    onRequestParse({ serverContext: { params }, setRequestParser }) {
      setRequestParser(() => params);
    },
  };
}
