/** JWTs: only what the configured provider signed, for us, and not past its end. */

import assert from "node:assert/strict";
import { sign } from "hono/jwt";
import { isPtychoError } from "../../core/errors.ts";
import { JWT_SETTINGS, jwtChecker } from "./jwt.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const SETTINGS = JWT_SETTINGS.parse({ algorithm: "HS256", issuer: "https://id.example", audience: "exitwave" });
const NOW = Math.floor(Date.now() / 1000);
// An hour, so that the time a test takes does not matter.
const GOOD = { sub: "ada", role: "submit", iss: "https://id.example", aud: "exitwave", exp: NOW + 3600 };

const check = jwtChecker(SETTINGS, { secret: SECRET });

Deno.test("jwtChecker() takes what the secret signed, with the role of the claim, one or of a list the strongest", async () => {
  assert.deepEqual(await check(await sign(GOOD, SECRET, "HS256")), { name: "ada", role: "submit" });
  const listed = { ...GOOD, aud: ["other", "exitwave"], role: ["read", "other", "admin"] };
  assert.deepEqual(await check(await sign(listed, SECRET, "HS256")), { name: "ada", role: "admin" });
});

const BAD: Record<string, Record<string, unknown>> = {
  "is past its end": { exp: NOW - 1 },
  "has no end": { exp: undefined },
  "is not valid yet": { nbf: NOW + 3600 },
  "is of another issuer": { iss: "https://evil.example" },
  "has no issuer": { iss: undefined },
  "is for somebody else": { aud: "other" },
  "is for nobody": { aud: undefined },
  "names no role": { role: undefined },
  "names a role that there is not": { role: "root" },
  "has no subject": { sub: undefined },
};

for (const [what, change] of Object.entries(BAD)) {
  Deno.test(`jwtChecker() refuses a JWT that ${what}`, async () => {
    assert.equal(await check(await sign({ ...GOOD, ...change }, SECRET, "HS256")), null);
  });
}

Deno.test("jwtChecker() refuses other secrets, other algorithms, none, and what is no JWT", async () => {
  assert.equal(await check(await sign(GOOD, `${SECRET}x`, "HS256")), null);
  assert.equal(await check(await sign(GOOD, SECRET, "HS512")), null);
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=/g, "");
  assert.equal(await check(`${part({ alg: "none", typ: "JWT" })}.${part(GOOD)}.`), null);
  const [head, , signature] = (await sign(GOOD, SECRET, "HS256")).split(".");
  assert.equal(await check(`${head}.${part({ ...GOOD, role: "admin" })}.${signature}`), null);
  for (const text of ["", "a.b.c", "..", "a"]) assert.equal(await check(text), null);
});

const RSA = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: "SHA-256" };

for (const [algorithm, how] of [["RS256", RSA], ["EdDSA", { name: "Ed25519" }]] as const) {
  Deno.test(`jwtChecker() checks ${algorithm} by the keys of a file, and takes no key of them for a secret`, async () => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(how, true, ["sign", "verify"]) as CryptoKeyPair;
    const file = await Deno.makeTempFile();
    try {
      const key = { ...await crypto.subtle.exportKey("jwk", publicKey), kid: "one", alg: algorithm };
      await Deno.writeTextFile(file, JSON.stringify({ keys: [key] }));
      const checkKeys = jwtChecker({ ...SETTINGS, algorithm, jwks: file }, { secret: undefined });
      const own = { ...await crypto.subtle.exportKey("jwk", privateKey), kid: "one", alg: algorithm };
      assert.deepEqual(await checkKeys(await sign(GOOD, own as never, algorithm)), { name: "ada", role: "submit" });
      assert.equal(await checkKeys(await sign(GOOD, { ...own, kid: "two" } as never, algorithm)), null);
      const confused = { kty: "oct", k: btoa(JSON.stringify(key)).replace(/=/g, ""), kid: "one", alg: "HS256" };
      assert.equal(await checkKeys(await sign(GOOD, confused as never, "HS256")), null);
      assert.equal(await checkKeys(await sign({ ...GOOD, exp: NOW - 1 }, own as never, algorithm)), null);
    } finally {
      await Deno.remove(file);
    }
  });
}

Deno.test("jwtChecker() is not made without a secret that is long enough, or of a file that holds no keys", async () => {
  const isSaid = (pattern: RegExp) => (e: unknown) => isPtychoError(e, "DataError") && pattern.test(e.message);
  assert.throws(() => jwtChecker(SETTINGS, { secret: undefined }), isSaid(/found no EXITWAVE_JWT_SECRET/));
  assert.throws(() => jwtChecker(SETTINGS, { secret: "short" }), isSaid(/of 5 bytes.*expected at least 32/));
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, '{"keys": []}');
    const settings = { ...SETTINGS, algorithm: "RS256" as const, jwks: file };
    assert.throws(() => jwtChecker(settings, { secret: undefined }), isSaid(/expected a JSON Web Key Set/));
  } finally {
    await Deno.remove(file);
  }
});
