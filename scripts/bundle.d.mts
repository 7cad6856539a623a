/** For tests, which bundle programs of their own as the build does. */
export function bundle(
  programs: Readonly<Record<string, string>>,
): Promise<readonly { readonly fileName: string; readonly content: string | Uint8Array }[]>;
