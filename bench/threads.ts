/**
 * What threads gain and what they cost: a DM iteration on one thread and on all, by the clock and by CPU time per pass, in turns in one
 * process: `deno run -A bench/threads.ts [SIZE] [ROUNDS]`. What two threads take beyond one is what keeps them from being twice as fast, apart from waiting; unlike the clock
 * it hardly depends on what else runs. Linux only.
 */

import { type EngineSession, openEngine } from "../core/engines/run_engine.ts";
import { dmParams } from "../core/parameters/engine/dm.ts";
import { createRandom } from "../core/random.ts";
import type { Device } from "../kernels/device.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";
import { benchData } from "./engine_data.ts";
import { median, print } from "./timing.ts";

const [size = 256, rounds = 12] = Deno.args.map(Number);
const FRAMES = 112;
/** Iterations of a turn, as many as a run does at a time: after a turn of the other session a cache holds nothing of one's own. */
const BLOCK = 10;
const P = dmParams.parse({ name: "DM", probe_update_start: 0, overlap_max_iterations: 1 });

/** Milliseconds that all threads of this process have worked. */
function worked(): number {
  let nanoseconds = 0;
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    nanoseconds += Number(Deno.readTextFileSync(`/proc/self/task/${name}/schedstat`).split(" ")[0]);
  }
  return nanoseconds / 1e6;
}

/** A device that adds up what every pass takes; kernels on whole arrays count together. */
function measured(inner: Device, times: Map<string, number>): Device {
  return {
    ...inner,
    async load(data, state, options) {
      const resident = await inner.load(data, state, options);
      return {
        ...resident,
        run(work) {
          const before = worked();
          resident.run(work);
          const name = "calls" in work ? work.name : "whole arrays";
          times.set(name, (times.get(name) ?? 0) + worked() - before);
        },
      };
    },
  };
}

async function open(threads: number) {
  const times = new Map<string, number>();
  const random = createRandom(1);
  const { data, state } = benchData({ frames: FRAMES, size, modes: 1 }, random);
  const session = await openEngine({
    p: P,
    device: measured(createWasmDevice({ threads }), times),
    data,
    state,
    random,
  });
  await session.iterate(5);
  times.clear();
  return { session, times };
}

async function seconds(session: EngineSession): Promise<number> {
  const begin = performance.now();
  await session.iterate(BLOCK);
  return (performance.now() - begin) / 1000 / BLOCK;
}

const threads = navigator.hardwareConcurrency;
const [one, all] = [await open(1), await open(threads)];
const clock = { one: [] as number[], all: [] as number[] };
for (let round = 0; round < rounds; round++) {
  clock.one.push(await seconds(one.session));
  clock.all.push(await seconds(all.session));
}
const gain = median(clock.one.map((time, round) => time / clock.all[round]!));
print(
  `an iteration: ${(1000 * median(clock.one)).toFixed(1)} ms on one thread, ${
    (1000 * median(clock.all)).toFixed(1)
  } ms on ${threads}: ${gain.toFixed(2)} times as fast by the median of pairs`,
);
for (const [name, time] of one.times) {
  const [a, b] = [time, all.times.get(name)!].map((sum) => sum / (rounds * BLOCK)) as [number, number];
  print(`${name}: ${a.toFixed(1)} ms on one thread, ${b.toFixed(1)} ms on ${threads} (${(b / a).toFixed(2)})`);
}
one.session.close();
all.session.close();
