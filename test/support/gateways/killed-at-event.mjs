// A gateway as `dist/main.js` runs it, that kills itself with SIGKILL at the n-th event of one name: KILL_EVENT and
// KILL_AT. It logs its url as main.js does.
import { readConfig } from '../../../dist/config/config.js';
import { createGateway } from '../../../dist/gateway.js';
import { createLogger } from '../../../dist/logger.js';
import { createObserver } from '../../../dist/observe.js';

const { KILL_EVENT, KILL_AT } = process.env;
const config = readConfig(process.env);
const log = createLogger({ level: config.logLevel });
const observer = createObserver(log);
let times = 0;

observer.on(KILL_EVENT, () => {
  if (++times === Number(KILL_AT)) process.kill(process.pid, 'SIGKILL');
});
const gateway = await createGateway(config, { log, observer });
log.info({ url: gateway.url }, 'listening');
