import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Readers of options' values: each returns what the text says, or throws what it should have said. */

export function readShare(text: string): number {
  return readNumber(text, 'A share is a number from 0 to 1.', (value) => value <= 1);
}

/** A number from 0, with decimals where it has them. */
export function readAmount(text: string): number {
  return readNumber(text, 'It is a number from 0.', () => true);
}

/** A whole number from 0. */
export function readCount(text: string): number {
  return readNumber(text, 'It is a whole number from 0.', Number.isSafeInteger);
}

export function readPort(text: string): number {
  const isPort = (value: number) => Number.isInteger(value) && value < 65_536;
  return readNumber(text, 'A port is a whole number from 0 to 65535; 0 takes a free one.', isPort);
}

/** Routes of a gateway: an address that ends with one was copied from elsewhere. */
const OWN_ROUTE = /\/(?:callbacks|graphql|demo|api|metrics)(?:\/|$)/;

/** An address of a gateway, as its start prints it; behind a proxy it may have a path. */
export function readHttpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It is an address such as http://127.0.0.1:4000.');
  }
  const { origin, pathname, search, hash } = new URL(text);
  const route = OWN_ROUTE.exec(pathname);
  if (route !== null || search !== '' || hash !== '') {
    const own = `${origin}${pathname.slice(0, route?.index)}`.replace(/\/+$/, '');
    throw new InvalidArgumentError(`It is the address of the gateway alone: ${own}`);
  }
  return text.replace(/\/+$/, '');
}

function readNumber(text: string, rule: string, isAllowed: (value: number) => boolean): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !isAllowed(value)) throw new InvalidArgumentError(rule);
  return value;
}
