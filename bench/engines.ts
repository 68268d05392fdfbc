/**
 * Speed of whole iterations, on each device: `deno task bench [--json] [--device=NAME] [--threads=1,2] [--engines=DM,ML,ePIE]
 * [SIZE[xMODES] ...]`, 112 frames, single precision, in ms per iteration and ns per data point and mode. Between the iterations
 * scipy.fft.fft2 transforms the same stack with the same number of threads, so that a busy machine slows both; `ratio` is the
 * iteration in such transforms (of one mode's stack, per mode). Needs /usr/bin/python3 with scipy for the ratios.
 */

import { dmParams } from "../core/parameters/engine/dm.ts";
import { epieParams } from "../core/parameters/engine/epie.ts";
import { mlParams } from "../core/parameters/engine/ml.ts";
import type { SupportedParams } from "../core/engines/mod.ts";
import { openEngine } from "../core/engines/run_engine.ts";
import { createRandom } from "../core/random.ts";
import type { Device } from "../kernels/device.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";
import { benchData } from "./engine_data.ts";
import { startScipy } from "./scipy_stack.ts";
import { median, print } from "./timing.ts";

const FRAMES = 112;
const ROUNDS = 9;

/** The engines as the targets have them: all three errors and one overlap pass for DM, every pod updates both for ePIE. */
const ENGINES: Readonly<Record<string, SupportedParams>> = {
  DM: dmParams.parse({ name: "DM", probe_update_start: 0, overlap_max_iterations: 1 }),
  ML: mlParams.parse({ name: "ML", probe_update_start: 0, reg_del2: false }),
  ePIE: epieParams.parse({ name: "ePIE", probe_update_start: 0 }),
};

interface Measured {
  readonly engine: string;
  readonly device: string;
  readonly threads: number;
  readonly size: number;
  readonly modes: number;
  readonly msPerIteration: number;
  readonly nsPerPoint: number;
  /** null where there is no scipy. */
  readonly ratio: number | null;
}

interface Case {
  readonly engine: string;
  readonly device: Device;
  readonly threads: number;
  readonly size: number;
  readonly modes: number;
}

async function measure({ engine, device, threads, size, modes }: Case): Promise<Measured> {
  const random = createRandom(1);
  const { data, state } = benchData({ frames: FRAMES, size, modes }, random);
  const session = await openEngine({ p: ENGINES[engine]!, device, data, state, random });
  await session.iterate(3);
  using scipy = await startScipy({ frames: FRAMES, size, threads });
  const times: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await session.iterate(1);
    const ms = performance.now() - start;
    times.push(ms);
    const fft = await scipy?.milliseconds();
    if (fft !== undefined) ratios.push(ms / modes / fft);
  }
  session.close();
  const msPerIteration = median(times);
  return {
    engine,
    device: device.name,
    threads,
    size,
    modes,
    msPerIteration,
    nsPerPoint: 1e6 * msPerIteration / (FRAMES * modes * size * size),
    ratio: ratios.length > 0 ? median(ratios) : null,
  };
}

function describe({ engine, device, threads, size, modes, msPerIteration, nsPerPoint, ratio }: Measured): string {
  const scipy = ratio === null ? "" : `, ${ratio.toFixed(2)} scipy FFTs`;
  const what = `${engine} ${size} x ${size} x ${FRAMES}, ${modes} modes, ${device}, ${threads} threads`;
  return `${what}: ${msPerIteration.toFixed(1)} ms, ${nsPerPoint.toFixed(2)} ns per point and mode${scipy}`;
}

function option(name: string, fallback: string): string[] {
  const given = Deno.args.find((arg) => arg.startsWith(`--${name}=`));
  return (given?.split("=")[1] ?? fallback).split(",");
}

if (import.meta.main) {
  const sizes = Deno.args.filter((arg) => !arg.startsWith("--"));
  const devices = option("device", "wasm");
  const threadCounts = option("threads", `1,${navigator.hardwareConcurrency}`).map(Number);
  for (const shape of sizes.length > 0 ? sizes : ["128x1", "256x1", "128x3", "256x3"]) {
    const [size = 128, modes = 1] = shape.split("x").map(Number);
    for (const name of devices) {
      for (const threads of name === "reference" ? [1] : threadCounts) {
        const device = name === "reference" ? createReferenceDevice() : createWasmDevice({ threads });
        for (const engine of option("engines", "DM,ML,ePIE")) {
          // A sweep over pods has one thread.
          if (engine === "ePIE" && threads > 1) continue;
          const measured = await measure({ engine, device, threads, size, modes });
          print(Deno.args.includes("--json") ? JSON.stringify(measured) : describe(measured));
        }
      }
    }
  }
}
