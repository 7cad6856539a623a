/** JSON of any dialect: `application/json` and `application/…+json`. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;

/** The type alone of a Content-Type or of one entry of Accept: lower case, without parameters; empty where none. */
export function mediaType(header: string | undefined): string {
  return header?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether a body is said to be JSON. Its charset does not matter: JSON is UTF-8. */
export function isJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || JSON_TYPE.test(mediaType(contentType));
}
