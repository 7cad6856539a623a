// A gateway as `dist/main.js` runs it, that kills itself with SIGKILL at the n-th time of one step of recording:
// KILL_STEP and KILL_AT. It logs its url as main.js does.
import { readConfig } from '../../../dist/config/config.js';
import { createGateway } from '../../../dist/gateway.js';
import { createLogger } from '../../../dist/logger.js';

const { KILL_STEP, KILL_AT } = process.env;
const config = readConfig(process.env);
const log = createLogger({ level: config.logLevel });
let times = 0;

const gateway = await createGateway(config, {
  log,
  onStep(step) {
    if (step === KILL_STEP && ++times === Number(KILL_AT)) process.kill(process.pid, 'SIGKILL');
  },
});
log.info({ url: gateway.url }, 'listening');
