import { type JWTPayload, SignJWT } from 'jose';
import type { Config } from '../../../src/config/config.ts';
import { type Answer, postCallback } from '../clients/client.ts';
import { goodClaims } from '../clients/issuer.ts';
import type { TestStore } from '../stores/stores.ts';
import { type StartedGateway, startGateway } from './gateway.ts';

export const CALLBACK_SECRET = 'the-aggregators-shared-secret';
const TOKEN_SECRET = 'the secret that signs the tokens of viewers';

/** A gateway as it would stand on the internet: callbacks and viewers authenticated, strangers answered nothing. */
export interface ProductionGateway extends StartedGateway {
  /** Delivers a callback as the aggregator does. */
  deliver(body: object): Promise<Answer>;
}

/** What production sets in addition to the store. */
function productionConfig(on: TestStore, overrides: Partial<Config> = {}): Config {
  const explore = on.config();
  return {
    ...explore,
    mode: 'production',
    graphiql: false,
    introspection: false,
    callback: { ...explore.callback, header: 'x-callback-secret', headerSecrets: [CALLBACK_SECRET] },
    jwt: {
      ...explore.jwt,
      secrets: [TOKEN_SECRET],
      issuer: 'https://issuer.example',
      audience: 'callboard',
      algorithms: ['HS256'],
      paymentUserClaim: 'payer',
    },
    ...overrides,
  };
}

/** The same as variables, for a gateway that is spawned. */
export const productionEnv = {
  MODE: 'production',
  CALLBACK_HEADER: 'x-callback-secret',
  CALLBACK_HEADER_SECRETS: CALLBACK_SECRET,
  JWT_SECRETS: TOKEN_SECRET,
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'callboard',
  JWT_ALGORITHMS: 'HS256',
};

export async function startProduction(
  on: TestStore,
  overrides: Partial<Config> = {},
  ...parts: Parameters<typeof startGateway> extends [unknown?, ...infer Rest] ? Rest : []
): Promise<ProductionGateway> {
  const gateway = await startGateway(productionConfig(on, overrides), ...parts);
  return {
    ...gateway,
    async deliver(body) {
      const answer = await postCallback(gateway.url, body, { 'x-callback-secret': CALLBACK_SECRET });
      if (answer.status !== 200) throw new Error(`not recorded: ${answer.status} ${answer.text}`);
      return answer;
    },
  };
}

/** A token that is good for five minutes, unless the claims say otherwise. */
export function token(claims: JWTPayload = {}, secret = TOKEN_SECRET): Promise<string> {
  return new SignJWT(goodClaims(claims)).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
}

/** The header that a viewer sends. */
export async function bearer(claims: JWTPayload = {}): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await token(claims)}` };
}

export const OPERATOR = { sub: 'operator', scope: 'callboard:operator' };
export const ACCOUNTANT = { sub: 'accountant', scope: 'callboard:operator callboard:accounts' };
