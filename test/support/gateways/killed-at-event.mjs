// A gateway as src/main.ts runs it, that kills itself with SIGKILL at the n-th event of one name: KILL_EVENT and
// KILL_AT. It logs its url as main.ts does. Run as a part of the bundle (see bundle.ts).
import { readConfig } from '../../../src/config/config.ts';
import { createGateway } from '../../../src/gateway.ts';
import { createLogger } from '../../../src/logger.ts';
import { createObserver } from '../../../src/observe.ts';

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
