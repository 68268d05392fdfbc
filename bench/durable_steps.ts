/** What a step of the embedded orchestrator costs beside its work: `deno run --allow-read --allow-write bench/durable_steps.ts [FOLDER]`. */

import { join } from "node:path";
import { openEmbeddedOrchestrator } from "../workflows/embedded.ts";

const STEPS = 1000;

const folder = Deno.args[0] ?? Deno.makeTempDirSync();
const times: number[] = [];
await using runs = openEmbeddedOrchestrator({
  async steps(context) {
    for (let i = 0; i < STEPS; i++) {
      const start = performance.now();
      await context.step(`block ${i}`, () => Promise.resolve({ state: "sha256:".padEnd(70, "0"), errors: [i, i, i] }));
      context.report({ iteration: i });
      times.push(performance.now() - start);
    }
    return null;
  },
}, { folder: join(folder, "runs") });
await runs.submit("steps", crypto.randomUUID(), null);
await runs.result((await runs.list({ limit: 1 }))[0]!.id);
times.sort((a, b) => a - b);
// deno-lint-ignore no-console -- a benchmark prints
console.log(
  `median ${times[STEPS / 2]!.toFixed(2)} ms, 99 of 100 below ${times[STEPS * 0.99]!.toFixed(2)} ms, ${STEPS} steps`,
);
