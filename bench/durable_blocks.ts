/**
 * What it costs to cut a run into blocks of one iteration, at 112 frames of 128 x 128 with a warm cache and a journal:
 * `deno run -A bench/durable_blocks.ts [ROUNDS]`. Both kinds of run take turns, so that other work on the machine slows both.
 */

import { smallTree } from "../functions/stages/testing.ts";
import { openTestServer } from "../workflows/server_testing.ts";
import { median, print } from "./timing.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const ITERATIONS = 20;

await using server = openTestServer();
for (const name of ["ePIE", "ML"]) {
  const times = { one: [] as number[], many: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.one.push(await secondsOf(name, ITERATIONS));
    times.many.push(await secondsOf(name, 1));
  }
  const [one, many] = [median(times.one), median(times.many)];
  const perStep = 1000 * (many - one) / (ITERATIONS - 1);
  print(
    `${name}: ${one.toFixed(2)} s in one block, ${many.toFixed(2)} s in ${ITERATIONS}: ` +
      `${(100 * (many / one - 1)).toFixed(1)} % more (wanted below 10), ${
        perStep.toFixed(1)
      } ms a step (wanted at most 5)`,
  );
}

/** What the engine's blocks take in a run, with their steps: from the first to the end, less preparation and start. */
async function secondsOf(name: string, contiguous: number): Promise<number> {
  const data = { name: "MoonFlowerScan", num_frames: 112, shape: 128, density: 0.2, photons: 1e8 };
  const parameters = smallTree({
    scans: { MF: { name: "Full", data, illumination: { diversity: null, aperture: { form: "circ", size: 5e-6 } } } },
    engines: {
      // Opens the device and leaves the model open, in both kinds.
      a: { name, numiter: 1 },
      b: { name, numiter: ITERATIONS, numiter_contiguous: contiguous },
    },
  });
  const { json: { id } } = await server.call("POST", "/v1/runs", { body: { parameters, preview: null } });
  await server.until(id, ({ progress }) => progress !== null);
  const begin = performance.now();
  const run = await server.ended(id);
  if (run.status !== "done") throw new Error(run.error.message);
  const seconds = (performance.now() - begin) / 1000;
  await server.call("DELETE", `/v1/runs/${id}`);
  return seconds;
}
