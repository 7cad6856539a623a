import { createServer, type Server } from 'node:http';
import { closeLater } from '../closing.ts';
import { bundleRecipes } from './bundle-recipes.ts';

/** Serves a page for each entry at `/NAME`, in which the entry's script runs: see bundle-recipes.ts. Gives the address. */
export async function serveRecipes(
  entries: Readonly<Record<string, string>>,
  gatewayUrl: string,
): Promise<string> {
  const scripts = await bundleRecipes(entries, gatewayUrl);
  const server = createServer(({ url = '/' }, res) => {
    const script = scripts.get(url.slice(1));
    res.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    res.end(script ?? `<!doctype html><script type="module" src="${url}.js"></script>`);
  });
  closeLater(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return listen(server);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the pages have no address');
  return `http://127.0.0.1:${address.port}`;
}
