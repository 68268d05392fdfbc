/** createLog(): lines that machines and people read, and in which no secret can be read. */

import assert from "node:assert/strict";
import { sign } from "hono/jwt";
import { createLog, type LogOptions, withoutSecrets } from "./log.ts";

const KEY = 'k"e\\y/secret+1=';
const TOKEN = `xw_${"aB3_-".repeat(9).slice(0, 43)}`;

function logged(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    form: "json",
    secrets: [KEY],
    now: () => new Date("2026-01-02T03:04:05Z"),
    line: (text) => void lines.push(text),
    ...options,
  });
  return { log, lines };
}

Deno.test("createLog() writes JSON with the fields of the log and of the line", () => {
  const { log, lines } = logged();
  log.with({ run: "r1" }).with({ stage: "iterate" }).write("warn", "slow", { seconds: 2, big: 1n });
  log.write("debug", "not asked for");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [{
    time: "2026-01-02T03:04:05.000Z",
    level: "warn",
    message: "slow",
    run: "r1",
    stage: "iterate",
    seconds: 2,
    big: "1",
  }]);
});

Deno.test("createLog() writes words for a terminal", () => {
  const { log, lines } = logged({ form: "text" });
  log.write("info", "listening", { port: 8642 });
  log.write("error", "broke\n\x1b[2Jat x");
  assert.deepEqual(lines, ["03:04:05 listening port=8642", "03:04:05 error: broke\n   [2Jat x"]);
});

Deno.test("createLog() writes one line for each call, whatever is in a message", () => {
  const { log, lines } = logged();
  log.write("info", 'a\n{"level":"error"}\r\u2028', { path: "x\ny" });
  assert.equal(lines.length, 1);
  assert.ok(!/[\n\r]/.test(lines[0]!));
});

for (const form of ["json", "text"] as const) {
  Deno.test(`createLog() in ${form} never shows tokens, JWTs, keys, headers or signed addresses`, async () => {
    const { log, lines } = logged({ form });
    const jwt = await sign({ sub: "ada", exp: 4e9 }, "0123456789abcdef0123456789abcdef", "HS256");
    const signed = "http://s3/b/k?X-Amz-Credential=AKTEST%2F2026&X-Amz-Signature=0123456789abcdef0123&x=1";
    const header = "AWS4-HMAC-SHA256 Credential=AKTEST/2026/s3, SignedHeaders=host, Signature=0123456789abcdef01234567";
    log.write("info", `${TOKEN} ${jwt} ${KEY} Authorization: Bearer abc.def ${signed} ${header}`);
    log.write("error", new Error(`refused ${KEY}`).message, {
      authorization: "Basic eHg6eHg=",
      s3: { secretKey: "short" },
    });
    log.write("info", "at", { url: "http://user:hunter2@host/x", cause: encodeURIComponent(KEY), list: [TOKEN, jwt] });
    const text = lines.join("\n");
    const secrets = [TOKEN, jwt.slice(0, 30), KEY, JSON.stringify(KEY).slice(1, -1), encodeURIComponent(KEY)];
    for (const secret of [...secrets, "abc.def", "AKTEST", "0123456789abcdef", "eHg6eHg", "short", "hunter2"]) {
      assert.ok(!text.includes(secret), `${secret} in ${text}`);
    }
    assert.ok(text.includes("x=1") && text.includes("SignedHeaders=host"), "the rest stays");
  });
}

Deno.test("withoutSecrets() leaves texts alone in which there are none", () => {
  const text = 'Cannot read "a.ptyd": found 3 frames, expected 4; token, Bearer, eyJ, xw_';
  assert.equal(withoutSecrets(text, ["", "abc"]), text);
});
