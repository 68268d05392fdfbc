/** Names of runs: those that a caller's key stands for, and new ones that sort by time. */

import { createHash } from "node:crypto";

/** Without letters and digits that look alike. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** A name that nobody else has, such as `20261125-224501-k3v9x2mqt7`: the second in UTC and 50 random bits. */
export function newRunId(now: Date): string {
  const [day, time] = now.toISOString().replaceAll(/[-:]/g, "").split(/[T.]/);
  const random = crypto.getRandomValues(new Uint8Array(10));
  return `${day}-${time}-${Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}

/** The name that an `Idempotency-Key` stands for, always the same; keys of different kinds of things are different. */
export function idOfKey(kind: string, key: string): string {
  return `key-${createHash("sha256").update(`${kind}\n${key}`).digest("hex").slice(0, 32)}`;
}
