/** Tokens: made once, kept as hashes, worthless from the moment in which they are revoked or at their end. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../../core/errors.ts";
import { createToken, listTokens, revokeToken, watchTokens } from "./tokens.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const LATER = new Date("2026-01-02T00:00:00Z");

const inFolder = (test: (file: string) => void) => () => {
  const folder = Deno.makeTempDirSync();
  try {
    test(join(folder, "state", "tokens.json"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
};

const isRefused = (pattern: RegExp) => (e: unknown) => isPtychoError(e, "DataError") && pattern.test(e.message);

Deno.test(
  "createToken() makes tokens of 256 random bits that only the file's hash remembers",
  inFolder((file) => {
    const token = createToken(file, { name: "ci", role: "submit", expires: null, now: NOW });
    assert.match(token, /^xw_[A-Za-z0-9_-]{43}$/);
    const text = Deno.readTextFileSync(file);
    assert.ok(!text.includes(token.slice(3, 13)));
    assert.equal(Deno.statSync(file).mode! & 0o777, 0o600);
    assert.notEqual(createToken(file, { name: "ci2", role: "read", expires: null, now: NOW }), token);
    assert.deepEqual(listTokens(file).map(({ name, role, created }) => ({ name, role, created })), [
      { name: "ci", role: "submit", created: NOW.toISOString() },
      { name: "ci2", role: "read", created: NOW.toISOString() },
    ]);
  }),
);

Deno.test(
  "watchTokens() knows a token from its making to its revocation, without being opened again",
  inFolder((file) => {
    const tokens = watchTokens(file, { now: () => NOW });
    assert.equal(tokens.isRequired(), false);
    const token = createToken(file, { name: "ci", role: "admin", expires: null, now: NOW });
    assert.equal(tokens.isRequired(), true);
    assert.deepEqual(tokens.find(token), { name: "ci", role: "admin" });
    for (const other of [token.slice(0, -1), `${token}A`, token.toUpperCase(), "", "xw_"]) {
      assert.equal(tokens.find(other), null);
    }
    revokeToken(file, "ci");
    assert.equal(tokens.find(token), null);
    assert.equal(tokens.isRequired(), true);
  }),
);

Deno.test(
  "watchTokens() lets nobody in when the file is taken away or is no list of tokens",
  inFolder((file) => {
    const token = createToken(file, { name: "ci", role: "admin", expires: null, now: NOW });
    const tokens = watchTokens(file, { now: () => NOW });
    assert.notEqual(tokens.find(token), null);
    Deno.removeSync(file);
    assert.deepEqual([tokens.isRequired(), tokens.find(token)], [true, null]);
    Deno.writeTextFileSync(file, '{"tokens": [{"name": "ci"}]}');
    assert.throws(() => tokens.find(token), isRefused(/tokens\.0\.role.*expected what `exitwave token create` writes/));
    Deno.writeTextFileSync(file, "{");
    assert.throws(() => tokens.isRequired(), isRefused(/Cannot read the tokens/));
  }),
);

Deno.test(
  "watchTokens() knows a token until its end, not at it",
  inFolder((file) => {
    const token = createToken(file, { name: "visitor", role: "read", expires: LATER, now: NOW });
    let now = new Date(LATER.getTime() - 1);
    const tokens = watchTokens(file, { now: () => now });
    assert.deepEqual(tokens.find(token), { name: "visitor", role: "read" });
    now = LATER;
    assert.equal(tokens.find(token), "expired");
  }),
);

Deno.test(
  "createToken() and revokeToken() refuse names that are taken, missing or no names, and ends that are past",
  inFolder((file) => {
    createToken(file, { name: "ci", role: "read", expires: null, now: NOW });
    const make = (name: string, expires: Date | null = null) => () =>
      createToken(file, { name, role: "read", expires, now: NOW });
    assert.throws(make("ci"), isRefused(/found one of this name/));
    assert.throws(make("a b"), isRefused(/expected letters/));
    assert.throws(make("past", NOW), isRefused(/expected one to come/));
    assert.throws(() => revokeToken(file, "cj"), isRefused(/there are "ci"/));
    assert.equal(listTokens(file).length, 1);
  }),
);
