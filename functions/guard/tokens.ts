/**
 * Bearer tokens of a server, kept as hashes in a file that is written whole or not at all.
 *
 * A token is 256 random bits, so that a plain SHA-256 of it is enough: there is no dictionary to go through, and a slow hash would only
 * cost time in every request. Who reads the file can neither use nor guess what is in it. Hashes are compared in constant time, all of
 * them, so that the time of an answer says nothing about how close a guess was.
 */

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { dirname } from "node:path";
import { z } from "zod";
import { DataError } from "../../core/errors.ts";
import { writeError, writeWhole } from "../../core/formats/atomic_file.ts";
import { readError } from "../../core/formats/hdf5_signature.ts";
import { type Caller, ROLES } from "./roles.ts";

/** What every token begins with, so that people and secret scanners know one when they see it. */
export const TOKEN_PREFIX = "xw_";

const TOKEN = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  role: z.enum(ROLES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  expires: z.iso.datetime().nullable(),
});

const TOKENS = z.strictObject({ tokens: z.array(TOKEN) });

/** What is kept of a token. */
export type TokenEntry = z.output<typeof TOKEN>;

/** The tokens of a running server; the file is read again when it has changed, so that a revoked token stops working at once. */
export interface Tokens {
  /** True from when there is a file of tokens, and from then on as long as this lives. @throws {DataError} if it cannot be read */
  isRequired(): boolean;
  /** Whose token it is; `expired` past its end; null if it is nobody's. @throws {DataError} if the file cannot be read */
  find(token: string): Caller | "expired" | null;
}

/**
 * Makes a token and returns it: it is nowhere else.
 *
 * @throws {DataError} if the name is taken or no name, the end is past, or the file cannot be written
 */
export function createToken(
  file: string,
  { name, role, expires, now }: Pick<TokenEntry, "name" | "role"> & {
    readonly expires: Date | null;
    readonly now: Date;
  },
): string {
  if (!TOKEN.shape.name.safeParse(name).success) {
    const expected = "letters, digits, dots, dashes and underscores, at most 64";
    throw new DataError(`Cannot create a token: found the name "${name}", expected ${expected}`, { name });
  }
  if (expires !== null && expires <= now) {
    throw new DataError(`Cannot create a token: found an end at ${expires.toISOString()}, expected one to come`, {
      name,
    });
  }
  const secret = crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });
  const token = `${TOKEN_PREFIX}${secret}`;
  const entry: TokenEntry = {
    name,
    role,
    sha256: hashOf(token).toString("hex"),
    created: now.toISOString(),
    expires: expires?.toISOString() ?? null,
  };
  change(file, (tokens) => {
    if (!tokens.some((other) => other.name === name)) return [...tokens, entry];
    throw new DataError(`Cannot create the token "${name}": found one of this name; revoke it or choose another name`, {
      name,
    });
  });
  return token;
}

/** What there is of tokens, in the order in which they were made; none if there is no file. @throws {DataError} if it cannot be read */
export function listTokens(file: string): TokenEntry[] {
  return readTokens(file) ?? [];
}

/** Makes a token worthless. @throws {DataError} if there is none of this name, or the file cannot be written */
export function revokeToken(file: string, name: string): void {
  change(file, (tokens) => {
    const left = tokens.filter((token) => token.name !== name);
    if (left.length < tokens.length) return left;
    const names = tokens.map((token) => `"${token.name}"`).join(", ") || "none";
    throw new DataError(`Cannot revoke the token "${name}": found no token of this name; there are ${names}`, { name });
  });
}

/** The tokens in a file, which may not be there yet. */
export function watchTokens(file: string, { now }: { readonly now: () => Date }): Tokens {
  let known: { readonly version: string; readonly tokens: readonly TokenEntry[] | null } = {
    version: "",
    tokens: null,
  };
  let isRequired = false;

  function look(): readonly TokenEntry[] {
    const version = versionOf(file);
    if (version !== known.version) known = { version, tokens: readTokens(file) };
    // A file that was taken away leaves nobody a way in, instead of everybody.
    isRequired ||= known.tokens !== null;
    return known.tokens ?? [];
  }

  return {
    isRequired() {
      look();
      return isRequired;
    },
    find(token) {
      const hash = hashOf(token);
      const found = look().filter(({ sha256 }) => timingSafeEqual(hash, Buffer.from(sha256, "hex")))[0];
      if (found === undefined) return null;
      if (found.expires !== null && new Date(found.expires) <= now()) return "expired";
      return { name: found.name, role: found.role };
    },
  };
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Two commands at once change the file one after the other. */
function change(file: string, edit: (tokens: readonly TokenEntry[]) => TokenEntry[]): void {
  let lock: Deno.FsFile;
  try {
    Deno.mkdirSync(dirname(file), { recursive: true });
    lock = Deno.openSync(`${file}.lock`, { write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw writeError(file, error);
  }
  using _ = lock;
  lock.lockSync(true);
  const text = JSON.stringify({ tokens: edit(readTokens(file) ?? []) }, null, 2);
  writeWhole(file, (path) => Deno.writeTextFileSync(path, `${text}\n`, { mode: 0o600, createNew: true }));
}

/** Null if there is no file. */
function readTokens(file: string): TokenEntry[] | null {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw readError(file, error);
  }
  const parsed = TOKENS.safeParse(asJson(text));
  if (parsed.success) return parsed.data.tokens;
  const [issue] = parsed.error.issues;
  const found = `${issue?.path.join(".") || "its content"}: ${issue?.message}`;
  throw new DataError(
    `Cannot read the tokens in "${file}": found ${found}, expected what \`exitwave token create\` writes`,
    { file },
  );
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Said as any other content that is no list of tokens.
    return undefined;
  }
}

/** Something that differs after the file was replaced. */
function versionOf(file: string): string {
  try {
    const { ino, size, mtime } = Deno.statSync(file);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw readError(file, error);
  }
}
