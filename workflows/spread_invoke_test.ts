/** Stages over several workers: which one is asked, and what happens while one is away. */

import assert from "node:assert/strict";
import { AwayError } from "../functions/invoke.ts";
import { DataError } from "../core/errors.ts";
import { DeviceError } from "../kernels/errors.ts";
import { RunInterrupted } from "./orchestrator.ts";
import { rank, spreadInvoke, type SpreadOptions } from "./spread_invoke.ts";

const FOREVER = new AbortController().signal;

const WORKERS = ["http://a:1", "http://b:1", "http://c:1"];

/** How a worker answers a call of a stage. */
type Behaviour = (request: Request) => Response | Promise<Response>;

const works: Behaviour = (request) => Response.json({ prepared: new URL(request.url).origin });

const dead: Behaviour = () => Promise.reject(new TypeError("error sending request"));

const draining: Behaviour = () => failure(503, { tag: "Busy", message: "it stops", fields: {} });

const hangs: Behaviour = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

function failure(status: number, error: { tag: string; message: string; fields: Record<string, unknown> }): Response {
  return Response.json({ error }, { status });
}

/** Workers that behave as told, and a note of every call. */
function setUp(options: Partial<SpreadOptions> = {}) {
  const behaviour = new Map<string, Behaviour>();
  const calls: string[] = [];
  const log: string[] = [];
  const invoke = spreadInvoke({
    workers: WORKERS,
    log: (message) => void log.push(message),
    fetcher: (request) => {
      const { origin, pathname } = new URL(request.url);
      calls.push(`${origin}${pathname === "/readyz" ? " ready?" : ""}`);
      return (behaviour.get(origin) ?? works)(request);
    },
    ...options,
  });
  const prepare = async (run: string, signal = FOREVER) =>
    (await invoke("prepare", { run, parameters: "p" }, signal)).prepared;
  return { behaviour, calls, log, prepare };
}

Deno.test("a run goes to one worker, many runs to all in equal parts", async () => {
  const { prepare } = setUp();
  const counts = new Map<string, number>();
  for (let i = 0; i < 300; i++) {
    const worker = await prepare(`run${i}`);
    assert.equal(await prepare(`run${i}`), worker);
    counts.set(worker, (counts.get(worker) ?? 0) + 1);
  }
  // Binomial, 300 of 1/3: mean 100, four standard deviations are 33.
  assert.ok([...counts.values()].every((count) => count > 67 && count < 133), Deno.inspect(counts));
});

Deno.test("rank() depends on neither the order of the list, nor for the others on one that goes", () => {
  for (let i = 0; i < 50; i++) {
    const [first, ...rest] = rank(WORKERS, `run${i}`);
    assert.deepEqual(rank(WORKERS.toReversed(), `run${i}`), [first, ...rest]);
    assert.deepEqual(rank(WORKERS.filter((url) => url !== first), `run${i}`), rest);
  }
});

for (const [name, gone] of Object.entries({ "that cannot be reached": dead, "that is draining": draining })) {
  Deno.test(`the runs of a worker ${name} go to the next one until it is back, others stay where they are`, async () => {
    const { behaviour, calls, log, prepare } = setUp();
    const runs = Array.from({ length: 12 }, (_, i) => `run${i}`);
    const homes = await Promise.all(runs.map((run) => prepare(run)));
    const lost = homes[0]!;
    behaviour.set(lost, gone);
    for (const [i, run] of runs.entries()) {
      assert.equal(await prepare(run), homes[i] === lost ? rank(WORKERS, run)[1] : homes[i]);
    }
    const before = calls.length;
    assert.notEqual(await prepare(runs[0]!), lost);
    assert.equal(calls.slice(before).length, 1, "it is not asked again at once");
    behaviour.delete(lost);
    await eventually(async () => assert.equal(await prepare(runs[0]!), lost));
    assert.match(
      log[0]!,
      new RegExp(`^the worker at ${lost} is away: Cannot call the stage "prepare" at ${lost}: found`),
    );
    assert.equal(log[1], `the worker at ${lost} is back`);
    assert.equal(log.length, 2);
  });
}

Deno.test("a worker that a proxy answers for with a page is away", async () => {
  const { behaviour, prepare } = setUp();
  const [first, second] = rank(WORKERS, "r");
  behaviour.set(first!, () => new Response("<html>Bad gateway</html>", { status: 502 }));
  assert.equal(await prepare("r"), second);
});

Deno.test("errors of the stage are the caller's, of their class, and no other worker is asked", async () => {
  const { behaviour, calls, prepare } = setUp();
  const [first] = rank(WORKERS, "r");
  const answers = [
    { status: 422, tag: "DataError", kind: DataError },
    { status: 503, tag: "DeviceError", kind: DeviceError },
    { status: 401, tag: "Unauthorized", kind: Error },
  ];
  for (const { status, tag, kind } of answers) {
    behaviour.set(first!, () => failure(status, { tag, message: "Cannot", fields: { file: "x" } }));
    await assert.rejects(prepare("r"), (error) => error instanceof kind && error.name === tag);
  }
  assert.deepEqual(calls, answers.map(() => first));
});

Deno.test("a worker that let a step's time run out is not asked in its next attempt; one whose call was cancelled is", async () => {
  const { behaviour, prepare } = setUp();
  const [first, second] = rank(WORKERS, "r");
  behaviour.set(first!, hangs);
  for (const reason of [new RunInterrupted("cancelled", "r"), new DeviceError("No result within 900 s")]) {
    const controller = new AbortController();
    const call = prepare("r", controller.signal);
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
  }
  assert.equal(await prepare("r"), second);
});

Deno.test("fallback workers are asked only while no other is there", async () => {
  const { behaviour, prepare } = setUp({ fallback: ["http://slow:1"] });
  for (const worker of WORKERS) behaviour.set(worker, dead);
  assert.equal(await prepare("r"), "http://slow:1");
  behaviour.delete(WORKERS[1]!);
  await eventually(async () => assert.equal(await prepare("r"), WORKERS[1]));
});

Deno.test("without a worker a call waits for one, until its signal aborts or its patience ends", async () => {
  const { behaviour, prepare } = setUp();
  for (const worker of WORKERS) behaviour.set(worker, dead);
  const [waiting, cancelled] = [prepare("r"), new AbortController()];
  const other = prepare("r", cancelled.signal);
  cancelled.abort(new RunInterrupted("cancelled", "r"));
  await assert.rejects(other, RunInterrupted);
  behaviour.delete(WORKERS[2]!);
  assert.equal(await waiting, WORKERS[2]);
  const impatient = setUp({ patienceMilliseconds: 0, fetcher: dead });
  await assert.rejects(impatient.prepare("r"), (error) => {
    assert.ok(error instanceof AwayError);
    assert.match(
      error.message,
      /^Cannot call the stage "prepare" at http:..\w:1: found no connection, or one that broke; see that a worker runs/,
    );
    return true;
  });
});

Deno.test("the token goes to the workers, and not with the question whether they are there", async () => {
  const seen: (string | null)[] = [];
  const { prepare } = setUp({
    workers: ["http://a:1"],
    token: "secret",
    fetcher: (request) => {
      seen.push(request.headers.get("authorization"));
      return seen.length === 1 ? dead(request) : works(request);
    },
  });
  await prepare("r");
  assert.deepEqual(seen, ["Bearer secret", null, "Bearer secret"]);
});

Deno.test("spreadInvoke() refuses an empty list", () => {
  assert.throws(() => spreadInvoke({ workers: [] }), /found no worker, expected at least one/);
});

/** Tries until it passes; what fails for half a minute fails. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (const end = performance.now() + 30_000;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
