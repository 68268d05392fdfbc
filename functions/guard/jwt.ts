/** JSON Web Tokens of an identity provider: checked by a shared secret (HS256) or by the provider's public keys (RS256, EdDSA). */

import { verify, verifyWithJwks } from "hono/jwt";
import { z } from "zod";
import { DataError } from "../../core/errors.ts";
import { readError } from "../../core/formats/hdf5_signature.ts";
import { type Caller, ROLES } from "./roles.ts";

/** How JWTs are checked. The secret of HS256 is no part of it: it comes from the environment. */
export const JWT_SETTINGS = z.discriminatedUnion("algorithm", [
  z.strictObject({ algorithm: z.literal("HS256"), ...shared() }),
  z.strictObject({
    algorithm: z.enum(["RS256", "EdDSA"]),
    ...shared(),
    jwks: z.string().meta({ description: "File with the public keys, a JSON Web Key Set" }),
  }),
]);

/** How JWTs are checked. */
export type JwtSettings = z.output<typeof JWT_SETTINGS>;

/** Whose JWT it is; null if it is not valid. Why is not said: it is of use only to who makes them up. */
export type CheckJwt = (token: string) => Promise<Caller | null>;

/** Shorter secrets can be found by trying, offline. */
const LEAST_SECRET_BYTES = 32;

const CLAIMS = z.looseObject({ sub: z.string().min(1).max(200), exp: z.number() });

const KEYS = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })).min(1) });

function shared() {
  return {
    issuer: z.string().min(1).meta({ description: "What `iss` must be" }),
    audience: z.string().min(1).meta({ description: "What `aud` must be or hold" }),
    role_claim: z.string().min(1).default("role").meta({
      description: "The claim that holds the role: read, submit or admin, or a list with one of them",
    }),
  };
}

/**
 * Checks JWTs by settings: the algorithm is the one of the settings whatever a token says, `exp`, `sub`, `iss` and `aud` must be there,
 * `nbf` and `iat` hold if they are.
 *
 * @throws {DataError} if the secret is missing or short, or the keys cannot be read
 */
export function jwtChecker(settings: JwtSettings, { secret }: { readonly secret: string | undefined }): CheckJwt {
  const { algorithm: alg, issuer: iss, audience: aud, role_claim } = settings;
  const verifyToken = alg === "HS256" ? bySecret(secret) : byKeys(settings.jwks, alg);
  return async (token) => {
    let payload: unknown;
    try {
      payload = await verifyToken(token, { iss, aud });
    } catch {
      // The messages of the library quote the token: nothing of them is passed on.
      return null;
    }
    const claims = CLAIMS.safeParse(payload);
    if (!claims.success) return null;
    const role = roleIn(claims.data[role_claim]);
    return role === null ? null : { name: claims.data.sub, role };
  };
}

interface Expected {
  readonly iss: string;
  readonly aud: string;
}

function bySecret(secret: string | undefined): (token: string, expected: Expected) => Promise<unknown> {
  const bytes = new TextEncoder().encode(secret ?? "").length;
  if (bytes >= LEAST_SECRET_BYTES) {
    return (token, expected) => verify(token, secret!, { alg: "HS256", ...expected });
  }
  const found = secret === undefined ? "no EXITWAVE_JWT_SECRET" : `an EXITWAVE_JWT_SECRET of ${bytes} bytes`;
  throw new DataError(
    `Cannot check JWTs: found ${found} in the environment, expected at least ${LEAST_SECRET_BYTES} bytes`,
  );
}

function byKeys(
  file: string,
  alg: "RS256" | "EdDSA",
): (token: string, expected: Expected) => Promise<unknown> {
  const { keys } = readKeys(file);
  return (token, expected) =>
    verifyWithJwks(token, {
      keys: keys as unknown as Parameters<typeof verifyWithJwks>[1]["keys"] & object,
      allowedAlgorithms: [alg],
      verification: { ...expected },
    });
}

function readKeys(file: string): z.output<typeof KEYS> {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    throw readError(file, error);
  }
  try {
    return KEYS.parse(JSON.parse(text));
  } catch (error) {
    const message = `Cannot check JWTs: found "${file}", expected a JSON Web Key Set whose keys have "kty" and "kid"`;
    throw new DataError(message, { file }, error);
  }
}

/** The strongest role that is named. */
function roleIn(claim: unknown): Caller["role"] | null {
  const named = Array.isArray(claim) ? claim : [claim];
  return [...ROLES].reverse().find((role) => named.includes(role)) ?? null;
}
