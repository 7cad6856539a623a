// Opens a store as a gateway does, and kills itself with SIGKILL at the KILL_AT-th callback that it reads again.
import { parseApplied } from '../../../dist/callbacks/parse/parse.js';
import { readConfig } from '../../../dist/config/config.js';
import { openStore } from '../../../dist/db/open.js';
import { createLogger } from '../../../dist/logger.js';

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
