import { rolldown } from 'rolldown';
import { FENCES, ROOT, recipe } from '../documents.ts';

/** Where the modules would lie: in the package's folder, so that their packages are found. */
const FOLDER = `${ROOT}.recipes/`;

/**
 * Bundles scripts as a frontend's build does. They import recipes of docs/frontend.md by their names, as the recipes do
 * each other: `import { live } from './callboard'`. Gives the text of each file by its name.
 *
 * @param entries the scripts, in TypeScript, by their names
 * @param gatewayUrl stands in the recipes instead of the address that they are written with
 */
export async function bundleRecipes(
  entries: Readonly<Record<string, string>>,
  gatewayUrl: string,
): Promise<ReadonlyMap<string, string>> {
  const { host } = new URL(gatewayUrl);
  const sourceOf = (name: string): string | null => {
    const entry = entries[name];
    if (entry !== undefined) return entry;
    if (!FENCES.some(({ marks }) => marks.get('recipe') === name)) return null;
    return recipe(name).replaceAll('127.0.0.1:4000', host);
  };
  const build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(Object.keys(entries).map((name) => [name, `${FOLDER}${name}.ts`])),
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    logLevel: 'silent',
    plugins: [
      {
        name: 'recipes',
        resolveId(id, importer) {
          if (id.startsWith(FOLDER)) return id;
          return importer?.startsWith(FOLDER) && id.startsWith('./') ? `${FOLDER}${id.slice(2)}.ts` : null;
        },
        load(id) {
          const code = id.startsWith(FOLDER) ? sourceOf(id.slice(FOLDER.length, -3)) : null;
          return code === null ? null : { code, moduleType: 'ts' };
        },
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm' });
  await build.close();
  return new Map(output.flatMap((part) => (part.type === 'chunk' ? [[part.fileName, part.code]] : [])));
}
