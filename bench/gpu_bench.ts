/**
 * Times engines and the FFT on the GPU and prints JSON: adapter, limits, milliseconds per iteration (median of blocks).
 *
 *     deno run -A bench/gpu_bench.ts --frames 1000 --size 256 --modes 1 --engines DM,ML,ePIE,FFT --blocks 5
 */

import { heldFrames } from "../kernels/measured.ts";
import { dmParams } from "../core/parameters/engine/dm.ts";
import { epieParams } from "../core/parameters/engine/epie.ts";
import { mlParams } from "../core/parameters/engine/ml.ts";
import type { SupportedParams } from "../core/engines/mod.ts";
import { openEngine } from "../core/engines/run_engine.ts";
import { createRandom } from "../core/random.ts";
import type { Device, Resident } from "../kernels/device.ts";
import { createGpuDevice, type Gpu, requestGpu } from "../kernels/gpu_device.ts";
import { frameCall, framePass, type Pass, type WholeCall } from "../kernels/pass.ts";
import { propagateBackward, propagateForward } from "../kernels/propagation/propagate.ts";
import type { Data, State } from "../kernels/reconstruction.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";

interface Settings {
  readonly frames: number;
  readonly size: number;
  readonly modes: number;
  readonly engines: readonly string[];
  /** Blocks that are timed, and iterations in each. */
  readonly blocks: number;
  readonly iterations: number;
  readonly scratchBytes: number;
  readonly device: "webgpu" | "reference";
  /** Also times every pass and kernel of an iteration on its own. */
  readonly breakdown: boolean;
}

const PARAMS: Readonly<Record<string, SupportedParams>> = {
  DM: dmParams.parse({ name: "DM", probe_update_start: 0, overlap_max_iterations: 1 }),
  "DM 10 rounds": dmParams.parse({
    name: "DM",
    probe_update_start: 0,
    overlap_max_iterations: 10,
    overlap_converge_factor: 0,
  }),
  ML: mlParams.parse({ name: "ML", probe_update_start: 0 }),
  ePIE: epieParams.parse({ name: "ePIE", probe_update_start: 0 }),
};

if (import.meta.main) {
  const settings = readSettings(Deno.args);
  const gpu = settings.device === "webgpu" ? await requestGpu() : null;
  const device = gpu === null ? createReferenceDevice() : createGpuDevice(gpu, { scratchBytes: settings.scratchBytes });
  const results: Record<string, unknown> = {};
  for (const name of settings.engines) {
    try {
      results[name] = name === "FFT" ? await timeFft(device, settings) : await timeEngine(name, device, settings);
    } catch (error) {
      results[name] = { error: String(error) };
    }
    // deno-lint-ignore no-console -- progress of a benchmark
    console.error(name, JSON.stringify(results[name]));
  }
  // deno-lint-ignore no-console -- the result
  console.log(JSON.stringify({ adapter: describe(gpu), settings, results }, null, 2));
  gpu?.[Symbol.dispose]();
}

function readSettings(args: readonly string[]): Settings {
  const value = (name: string, fallback: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? fallback : args[at + 1] ?? fallback;
  };
  return {
    frames: Number(value("frames", "112")),
    size: Number(value("size", "128")),
    modes: Number(value("modes", "1")),
    engines: value("engines", "FFT,DM,ML,ePIE").split(","),
    blocks: Number(value("blocks", "5")),
    iterations: Number(value("iterations", "5")),
    scratchBytes: Number(value("scratch", String(2 ** 28))),
    breakdown: args.includes("--breakdown"),
    device: value("device", "webgpu") === "reference" ? "reference" : "webgpu",
  };
}

function describe(gpu: Gpu | null): unknown {
  return gpu === null ? null : { description: gpu.description, software: gpu.software, limits: gpu.limits };
}

async function timeEngine(name: string, device: Device, settings: Settings): Promise<unknown> {
  const { data, state } = makeData(settings);
  const random = createRandom(1);
  const watched = settings.breakdown ? watch(device) : null;
  const session = await openEngine({ p: PARAMS[name]!, device: watched?.device ?? device, data, state, random });
  const begin = performance.now();
  await session.iterate(1);
  const first = performance.now() - begin;
  const times: number[] = [];
  for (let block = 0; block < settings.blocks; block++) {
    const start = performance.now();
    await session.iterate(settings.iterations);
    times.push((performance.now() - start) / settings.iterations);
  }
  const parts = watched === null ? {} : { msPerPart: await watched.timeParts() };
  session.close();
  const ms = median(times);
  const pods = settings.frames * settings.modes;
  return {
    msPerIteration: ms,
    nsPerPoint: 1e6 * ms / (pods * settings.size ** 2),
    ...(name === "ePIE" ? { usPerPosition: 1000 * ms / pods } : {}),
    ...parts,
    firstIterationMs: first,
    all: times,
  };
}

/** A device that remembers what is run on it, so that every part can be timed alone. */
function watch(device: Device): { readonly device: Device; readonly timeParts: () => Promise<Record<string, string>> } {
  const parts = new Map<string, { readonly work: WholeCall | Pass; count: number }>();
  let resident: Resident | null = null;
  async function load(...args: Parameters<Device["load"]>): Promise<Resident> {
    const inner = resident = await device.load(...args);
    const run = (work: WholeCall | Pass) => {
      const name = "calls" in work ? `${work.name}/${work.block}` : work.kernel.name;
      const known = parts.get(name);
      parts.set(name, { work, count: (known?.count ?? 0) + 1 });
      inner.run(work);
    };
    return { ...inner, run, [Symbol.dispose]: () => inner[Symbol.dispose]() };
  }
  async function timeParts(): Promise<Record<string, string>> {
    const result: Record<string, string> = {};
    for (const [name, { work, count }] of parts) {
      // What was recorded once at the start may use buffers that are gone; the report of a block is.
      if (count === 1 || name === "report_iteration") continue;
      const times: number[] = [];
      for (const repeats of [1, 1, 1, 6, 6, 6]) {
        const start = performance.now();
        for (let i = 0; i < repeats; i++) resident!.run(work);
        await resident!.flush([]);
        times.push(performance.now() - start);
      }
      // The difference leaves out what a submission costs.
      const ms = (median(times.slice(3)) - median(times.slice(0, 3))) / 5;
      result[name] = `${ms.toFixed(3)} ms, recorded ${count} times`;
    }
    return result;
  }
  return { device: { ...device, load }, timeParts };
}

/** Forward and backward propagation of all waves, without anything else. */
async function timeFft(device: Device, settings: Settings): Promise<unknown> {
  const { data, state } = makeData(settings);
  const resident = await device.load(data, state);
  const { address } = resident.blocks[0]!;
  const count = settings.size ** 2;
  const wave = resident.alloc("wave", { element: "wide_complex", count, extent: "scratch", perMode: true, block: 0 });
  const calls = [
    frameCall(propagateForward, { wave, address }, {}),
    frameCall(propagateBackward, { wave, address }, {}),
  ];
  const times: number[] = [];
  for (let block = 0; block <= settings.blocks; block++) {
    const start = performance.now();
    for (let i = 0; i < settings.iterations; i++) resident.run(framePass("fft", { block: 0, calls }));
    await resident.flush([]);
    times.push((performance.now() - start) / settings.iterations / 2);
  }
  resident[Symbol.dispose]();
  const ms = median(times.slice(1));
  const points = settings.frames * settings.modes * count;
  return { msPerFft: ms, nsPerPoint: 1e6 * ms / points, gigabytesPerSecond: 32 * points / ms / 1e6, all: times };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Frames on a square raster with 80 % overlap and a smooth diffraction pattern; what they show does not matter for the time. */
function makeData({ frames, size, modes }: Settings): { data: Data; state: State } {
  const side = Math.ceil(Math.sqrt(frames));
  const step = Math.max(1, Math.round(size / 12));
  const extent = size + step * side;
  const points = size * size;
  const address = new Int32Array(7 * frames * modes);
  for (let pod = 0; pod < frames * modes; pod++) {
    const frame = Math.floor(pod / modes);
    const [y, x] = [step * Math.floor(frame / side), step * (frame % side)];
    address.set([(pod % modes) * points, 0, extent, y, x, 0, 0], 7 * pod);
  }
  const pattern = Float32Array.from({ length: points }, (_, i) => {
    const [y, x] = [Math.floor(i / size) - size / 2, i % size - size / 2];
    return Math.round(1e4 * Math.exp(-(y * y + x * x) / size));
  });
  const diffraction = new Float32Array(frames * points);
  for (let frame = 0; frame < frames; frame++) diffraction.set(pattern, frame * points);
  const probe = Float32Array.from({ length: 2 * modes * points }, (_, i) => {
    const pixel = (i >> 1) % points;
    const [y, x] = [Math.floor(pixel / size) - size / 2, pixel % size - size / 2];
    return (i % 2 === 0 ? 30 : 5) * Math.exp(-8 * (y * y + x * x) / points);
  });
  const pre = new Float32Array(2 * points).fill(0).map((_, i) => i % 2 === 0 ? 1 : 0);
  const psize = [1e-8, 1e-8] as const;
  const origin = [0, 0] as const;
  const storage = { psize, origin, start: 0 };
  const object = new Float32Array(2 * extent * extent).map((_, i) => i % 2 === 0 ? 1 : 0.01 * Math.sin(i));
  const block = {
    ID: "S0000",
    label: "bench",
    frames,
    modes,
    rows: size,
    cols: size,
    measured: heldFrames({
      points,
      diffraction,
      mask: new Uint8Array(points).fill(1),
    }),
    propagators: [{ kind: "farfield", pre, post: pre }] as const,
    address,
  };
  return {
    data: {
      precision: "single",
      blocks: [block],
      probes: [{ ID: "SaG00", layers: modes, rows: size, cols: size, ...storage }],
      objects: [{ ID: "SaG00", layers: 1, rows: extent, cols: extent, ...storage }],
    },
    state: {
      iterations: 0,
      iteration: 0,
      random: {},
      scalars: {},
      arrays: {
        probe: { dtype: "complex64", shape: [modes * points], data: probe },
        object: { dtype: "complex64", shape: [extent * extent], data: object },
        positions: { dtype: "float64", shape: [frames, 2], data: new Float64Array(2 * frames) },
      },
    },
  };
}
