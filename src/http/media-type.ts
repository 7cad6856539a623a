/** Any JSON media type: `application/json` and `application/…+json`. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;

/** The type of a Content-Type or of one entry of Accept, in lower case without parameters; empty where there is none. */
export function mediaType(header: string | undefined): string {
  return header?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether this Content-Type declares JSON. The charset is ignored: JSON is UTF-8. */
export function isJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || JSON_TYPE.test(mediaType(contentType));
}
