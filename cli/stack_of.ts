/** Errors of ours in the log. */

/** Where an error comes from; undefined where that is not known. */
export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
