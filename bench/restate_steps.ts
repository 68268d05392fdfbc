/**
 * What a step of a run costs beside its work over a Restate server, with stages at a worker on another port:
 * `deno run -A bench/restate_steps.ts`. Needs tests/end_to_end/install_restate_server.ts.
 */

import { freePorts, startRestateServer } from "../tests/end_to_end/restate_server.ts";
import { print } from "./timing.ts";
import { spreadInvoke } from "../workflows/spread_invoke.ts";
import { createRestateHandler } from "../workflows/restate.ts";
import { registerRestateWorker } from "../workflows/restate_client.ts";
import { createRestateOrchestrator } from "../workflows/restate_orchestrator.ts";

const STEPS = 500;

const folder = Deno.makeTempDirSync();
await using server = await startRestateServer(folder);
const [port] = freePorts(1);
// What a block of iterations answers.
const answer = {
  state: { key: "runs/run/state-0123456789abcdef", base: "runs/run/state-0", blocks: [1, 2, 3] },
  errors: [1, 2, 3],
};
const worker = Deno.serve({ hostname: "127.0.0.1", port: port!, onListen() {} }, () => Response.json(answer));
const invoke = spreadInvoke({ workers: [`http://127.0.0.1:${port}`] });
const times: { readonly local: number[]; readonly remote: number[] } = { local: [], remote: [] };
const handler = createRestateHandler({
  async steps(context) {
    // In turns, so that both see the same machine.
    for (let i = 0; i < STEPS; i++) {
      for (const kind of ["local", "remote"] as const) {
        const start = performance.now();
        const input = { run: context.id, parameters: "p" };
        await context.step<unknown>(
          `${kind} ${i}`,
          (signal) => kind === "local" ? Promise.resolve(answer) : invoke("prepare", input, signal),
        );
        context.report({ iteration: i });
        times[kind].push(performance.now() - start);
      }
    }
    return null;
  },
}, { stepTimeoutMilliseconds: 60_000, identityKeys: [] });
const service = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
await registerRestateWorker(server, `http://127.0.0.1:${service.addr.port}/restate`);
await using runs = createRestateOrchestrator({ ...server, workflows: ["steps"] });
await runs.submit("steps", "run", null);
await runs.result("run");
for (const [kind, all] of Object.entries(times)) {
  all.sort((a, b) => a - b);
  const [median, most] = [all[STEPS / 2]!, all[Math.floor(STEPS * 0.99)]!].map((time) => time.toFixed(1));
  print(`${kind}: median ${median} ms, 99 of 100 below ${most} ms, ${STEPS} steps`);
}
await server.kill();
await Promise.all([worker.shutdown(), service.shutdown()]);
Deno.removeSync(folder, { recursive: true });
