/** A server with exactly the rights that docs/security.md names: it does a run, keeps others out, and ends in order. */

import assert from "node:assert/strict";
import { join } from "node:path";

const PROGRAM = join(import.meta.dirname!, "../..");
const COMMAND = documentedCommand();

/** Long enough that it is at work when it is told to end. */
const TREE = {
  io: { autosave: false },
  scans: {
    MF: { name: "Full", data: { name: "MoonFlowerScan", shape: 32, num_frames: 20, save: "append", dfile: "a.ptyd" } },
  },
  engines: { e: { name: "DM", numiter: 4000, numiter_contiguous: 200 } },
};

const SECRET = "a-secret-that-nobody-must-see-0123456789";

Deno.test("a server with the documented rights ends after the block in hand, and goes on when it is started again", async () => {
  const folder = Deno.realPathSync(await Deno.makeTempDir());
  try {
    for (const name of ["data", "state"]) await Deno.mkdir(join(folder, name));
    const token = (await exitwave(["token", "create", "me", "--role", "submit", ...stateOf(folder)])).trim();
    const iterations = await stopInTheMiddle(folder, token);
    assert.ok(iterations > 0 && iterations < 4000, `${iterations}`);
    await using server = await start(folder);
    const { runs: [run] } = await until(server, token, ({ runs: [run] }) => run.progress?.iterations > iterations);
    // From the checkpoint of the end, not from the start: a block more than was there.
    assert.ok(run.progress.iterations > iterations);
    const log = await (await ask(server, "GET", `/v1/runs/${run.id}/log`, token)).text();
    assert.ok(!/since the last checkpoint again/.test(log), log);
    await ask(server, "POST", `/v1/runs/${run.id}/cancel`, token);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Submits a run, ends the server while it is at work, and says how far the run was. */
async function stopInTheMiddle(folder: string, token: string): Promise<number> {
  await using server = await start(folder);
  assert.equal((await ask(server, "GET", "/healthz")).status, 200);
  assert.deepEqual(await (await ask(server, "GET", "/readyz")).json(), { ready: true, reasons: [] });
  assert.equal((await ask(server, "GET", "/v1/runs")).status, 401);
  assert.equal((await ask(server, "DELETE", "/v1/runs/x", token)).status, 403);
  const outside = { ...TREE, io: { ...TREE.io, rfile: join(folder, "outside.ptyr") } };
  const refused = await ask(server, "POST", "/v1/runs", token, outside);
  assert.equal(refused.status, 422);
  assert.match(await refused.text(), /leads out of the data root/);
  assert.equal((await ask(server, "POST", "/v1/runs", token, TREE)).status, 202);
  await until(server, token, ({ runs: [run] }) => run.progress !== null);
  const metrics = await (await ask(server, "GET", "/metrics", token)).text();
  assert.match(metrics, /exitwave_requests_total\{method="POST",route="\/v1\/runs",status="202"\} 1/);
  assert.match(metrics, /exitwave_stages_total\{stage="prepare",outcome="done"\} 1/);
  assert.match(metrics, /exitwave_runs\{status="running"\} 1/);
  const { runs: [before] } = await (await ask(server, "GET", "/v1/runs", token)).json();
  assert.ok(before.usage.cpuSeconds > 0 && before.usage.gpuSeconds === 0);
  server.process.kill("SIGTERM");
  const { code } = await server.process.status;
  assert.equal(code, 0);
  const log = await server.log;
  for (const secret of [token, SECRET]) assert.ok(!log.includes(secret));
  for (const line of log.trim().split("\n")) assert.ok("message" in JSON.parse(line), line);
  assert.match(log, /about to end/);
  return before.progress.iterations;
}

interface Server extends AsyncDisposable {
  readonly url: string;
  readonly process: Deno.ChildProcess;
  readonly log: Promise<string>;
}

async function start(folder: string): Promise<Server> {
  const port = String(freePort());
  const values: Record<string, string> = {
    DATA: join(folder, "data"),
    STATE: join(folder, "state"),
    PROGRAM,
    NPM: npmCache(),
    PORT: port,
  };
  const args = COMMAND.map((part) => part.replace(/\b(DATA|STATE|PROGRAM|NPM|PORT)\b/g, (name) => values[name]!));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", join(PROGRAM, "deno.json"), ...args.slice(1), "--set", "device.name=wasm"],
    env: { EXITWAVE_JWT_SECRET: SECRET },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log = new Response(process.stderr).text();
  const url = await firstLine(process.stdout) ?? assert.fail(`the server did not listen:\n${await log}`);
  return {
    url,
    process,
    log,
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGKILL");
      } catch (error) {
        // It has ended.
        if (!(error instanceof TypeError)) throw error;
      }
      await process.status;
      await log;
    },
  };
}

async function ask(
  { url }: Pick<Server, "url">,
  method: string,
  path: string,
  token?: string,
  body?: unknown,
): Promise<Response> {
  return await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify({ parameters: body }) }),
  });
}

/** Any JSON that the test looks into. */
// deno-lint-ignore no-explicit-any -- the shape is what is tested
type AnyJson = any;

async function until(server: Server, token: string, isSo: (json: AnyJson) => boolean): Promise<AnyJson> {
  for (;;) {
    const json = await (await ask(server, "GET", "/v1/runs", token)).json();
    if (isSo(json)) return json;
    assert.notEqual(json.runs[0]?.status, "failed", JSON.stringify(json));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function exitwave(args: readonly string[]): Promise<string> {
  const rights = ["--allow-read", "--allow-write", "--allow-env"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--config", join(PROGRAM, "deno.json"), ...rights, join(PROGRAM, "main.ts"), ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function stateOf(folder: string): string[] {
  return ["--set", `state=${join(folder, "state")}`];
}

/** The parts of the command behind `deno`. */
function documentedCommand(): string[] {
  const text = Deno.readTextFileSync(join(PROGRAM, "docs/security.md"));
  const block = /<!-- the command that .* runs -->\s+```sh\ndeno ([^`]*)```/.exec(text)?.[1];
  assert.ok(block, "docs/security.md has the command");
  return block.replaceAll("\\\n", " ").trim().split(/\s+/);
}

function npmCache(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | null> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n")) return text.split("\n")[0]!;
  }
  return null;
}
