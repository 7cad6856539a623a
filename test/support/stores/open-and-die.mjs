// Opens a store as a gateway does, and kills itself with SIGKILL at the KILL_AT-th callback that it reads again.
// Run as a part of the bundle (see ../gateways/bundle.ts).
import { parseApplied } from '../../../src/callbacks/parse/parse.ts';
import { readConfig } from '../../../src/config/config.ts';
import { openStore } from '../../../src/db/open.ts';
import { createLogger } from '../../../src/logger.ts';

const { databaseUrl, dataDir } = readConfig(process.env);
let times = 0;
const store = await openStore({
  ...{ databaseUrl, dataDir, pooled: false, log: createLogger({ level: 'info' }) },
  parse(body) {
    if (++times === Number(process.env.KILL_AT)) process.kill(process.pid, 'SIGKILL');
    return parseApplied(body);
  },
});
await store.close();
