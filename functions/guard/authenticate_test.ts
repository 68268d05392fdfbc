/** authenticate(): what each role may do, and what is said to those who may not. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Hono } from "hono";
import { authenticate } from "./authenticate.ts";
import type { CheckJwt } from "./jwt.ts";
import { type GuardVariables, ROLES } from "./roles.ts";
import { createToken, watchTokens } from "./tokens.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

interface Bench {
  readonly file: string;
  readonly said: unknown[];
  ask(method: string, path: string, authorization?: string): Promise<Response>;
}

const withApp = (test: (bench: Bench) => Promise<void>, checkJwt: CheckJwt | null = null) => async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "tokens.json");
  const said: unknown[] = [];
  const app = new Hono<{ Variables: GuardVariables }>();
  app.use(authenticate({
    tokens: watchTokens(file, { now: () => NOW }),
    checkJwt,
    isOpen: (path) => path === "/healthz",
    failed: (error) => void said.push(error),
  }));
  app.all("/healthz", (c) => c.text("alive"));
  app.all("*", (c) => c.text(c.get("caller").name));
  const ask = async (method: string, path: string, authorization?: string) =>
    await app.request(path, { method, headers: authorization === undefined ? {} : { authorization } });
  try {
    await test({ file, said, ask });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

const REQUESTS = [
  { method: "GET", path: "/v1/runs", needs: "read" },
  { method: "HEAD", path: "/v1/runs/a", needs: "read" },
  { method: "POST", path: "/v1/runs", needs: "submit" },
  { method: "POST", path: "/v1/stages/iterate", needs: "submit" },
  { method: "PUT", path: "/v1/uploads/a", needs: "submit" },
  { method: "DELETE", path: "/v1/runs/a", needs: "admin" },
  { method: "GET", path: "/v1/schedules", needs: "read" },
  { method: "POST", path: "/v1/schedules", needs: "admin" },
  { method: "PUT", path: "/v1/schedules/a", needs: "admin" },
  { method: "PROPFIND", path: "/v1/runs", needs: "admin" },
] as const;

for (const role of ROLES) {
  Deno.test(
    `authenticate() lets a token of role ${role} do what it needs and no more`,
    withApp(async ({ file, ask }) => {
      const token = createToken(file, { name: "who", role, expires: null, now: NOW });
      for (const { method, path, needs } of REQUESTS) {
        const response = await ask(method, path, `Bearer ${token}`);
        const may = ROLES.indexOf(role) >= ROLES.indexOf(needs);
        assert.equal(response.status, may ? 200 : 403, `${method} ${path}`);
        const { error } = may || method === "HEAD" ? { error: null } : await response.json();
        if (error !== null) assert.deepEqual(error.fields, { role, needed: needs });
      }
    }),
  );
}

Deno.test(
  "authenticate() answers 401 without a token, with a wrong one, one past its end and one that was not sent as a bearer",
  withApp(async ({ file, ask }) => {
    const soon = new Date(NOW.getTime() + 1);
    const good = createToken(file, { name: "good", role: "admin", expires: null, now: NOW });
    const ended = createToken(file, { name: "ended", role: "admin", expires: soon, now: new Date(0) });
    const text = (await Deno.readTextFile(file)).replaceAll(soon.toISOString(), NOW.toISOString());
    await Deno.writeTextFile(file, text);
    const wrong = [
      undefined,
      "",
      good,
      `Basic ${good}`,
      `Bearer`,
      `Bearer ${good}x`,
      `Bearer ${ended}`,
      "Bearer a.b.c",
    ];
    for (const header of wrong) {
      const response = await ask("GET", "/v1/runs", header);
      assert.equal(response.status, 401, header);
      assert.match(response.headers.get("www-authenticate")!, /^Bearer realm="exitwave"/);
      const body = await response.text();
      assert.match(body, /"tag":"Unauthorized"/);
      assert.ok(
        header === undefined || header.length < 40 || !body.includes(header.slice(-40)),
        "the token is not told",
      );
    }
    assert.equal((await ask("GET", "/v1/runs", `bearer ${good}`)).status, 200);
    assert.equal((await ask("GET", "/healthz")).status, 200);
  }),
);

Deno.test(
  "authenticate() lets everybody in while there are no tokens, and not any more from the first one on",
  withApp(async ({ file, ask }) => {
    assert.equal(await (await ask("DELETE", "/v1/runs/a")).text(), "local");
    createToken(file, { name: "first", role: "read", expires: null, now: NOW });
    assert.equal((await ask("DELETE", "/v1/runs/a")).status, 401);
  }),
);

Deno.test(
  "authenticate() lets nobody in while the file of tokens cannot be read, and says why to the log only",
  withApp(async ({ file, said, ask }) => {
    await Deno.writeTextFile(file, "{");
    const response = await ask("GET", "/v1/runs", "Bearer xw_x");
    assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "30"]);
    assert.ok(!(await response.text()).includes(file));
    assert.match(String(said), /Cannot read the tokens/);
  }),
);

Deno.test(
  "authenticate() asks for a JWT where they are set up, also without a file of tokens",
  withApp(
    async ({ ask }) => {
      assert.equal(await (await ask("GET", "/v1/runs", "Bearer good")).text(), "ada");
      assert.equal((await ask("POST", "/v1/runs", "Bearer good")).status, 403);
      assert.equal((await ask("GET", "/v1/runs", "Bearer bad")).status, 401);
      assert.equal((await ask("GET", "/v1/runs")).status, 401);
    },
    (token) => Promise.resolve(token === "good" ? { name: "ada", role: "read" } : null),
  ),
);
