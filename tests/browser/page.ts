/**
 * What runs in the browser: measures every device of the list below against the reference device. Loaded by the page itself and, since
 * only workers may wait for each other, once more as a worker.
 */

import { dmParams } from "../../core/parameters/engine/dm.ts";
import { mlParams } from "../../core/parameters/engine/ml.ts";
import type { SupportedParams } from "../../core/engines/mod.ts";
import type { Device } from "../../kernels/device.ts";
import { createGpuDevice, requestGpu } from "../../kernels/gpu_device.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { type EngineFigures, type FftFigures, type FrameSize, measureEngine, measureFft } from "./figures.ts";

/** A device that a browser has. */
interface BrowserDevice extends Partial<Disposable> {
  readonly device: Device;
  readonly description: string;
}

/** Where a device is measured: by a page that is cross-origin isolated, by a worker of it, or by a page that is not. */
type Scope = "page" | "worker" | "plain page";

/** How a device is measured. */
interface Measurement {
  readonly name: string;
  readonly scope: Scope;
  /** Sizes for the transforms alone and for every engine. */
  readonly ffts: readonly FrameSize[];
  readonly engines: readonly FrameSize[];
  open(): Promise<BrowserDevice>;
}

/** SwiftShader takes seconds to compile kernels for long lines, so that engines have short ones. */
const GPU_SIZES = {
  ffts: [{ rows: 64, cols: 64 }, { rows: 9, cols: 15 }],
  engines: [{ rows: 20, cols: 18 }],
} as const;

/** The lengths of the engines are made of different radices. */
const WASM_SIZES = {
  ffts: [{ rows: 64, cols: 64 }, { rows: 9, cols: 15 }],
  engines: [{ rows: 64, cols: 64 }, { rows: 45, cols: 63 }, { rows: 20, cols: 18 }],
} as const;

/** Every device that is measured; a new one is a line here. */
const MEASUREMENTS: readonly Measurement[] = [
  { name: "webgpu", scope: "page", ...GPU_SIZES, open: openGpu },
  // One thread wherever it may not wait for others.
  { name: "wasm", scope: "page", ...WASM_SIZES, open: openWasm },
  { name: "wasm", scope: "worker", ...WASM_SIZES, open: openWasm },
  { name: "wasm", scope: "plain page", ...WASM_SIZES, open: openWasm },
];

const ENGINES: readonly SupportedParams[] = [
  dmParams.parse({ name: "DM", probe_update_start: 1 }),
  mlParams.parse({ name: "ML", probe_update_start: 0, scale_precond: true }),
];
const ITERATIONS = 4;

/** What a browser says of one device. */
export interface DeviceFigures {
  readonly name: string;
  readonly scope: Scope;
  readonly description: string;
  /** Whether memory can be shared between threads. */
  readonly isolated: boolean;
  readonly ffts: readonly FftFigures[];
  readonly engines: readonly EngineFigures[];
}

/** What the page offers to whoever drives the browser. */
export interface PageScope {
  /** All figures that belong to this page, in the order of the list. */
  readonly measureAll: () => Promise<readonly DeviceFigures[]>;
}

type Answer = { readonly figures: DeviceFigures } | { readonly failure: string };

if ("document" in globalThis) {
  const scope: PageScope = { measureAll };
  Object.assign(globalThis, scope);
} else {
  const worker = globalThis as unknown as Pick<Worker, "onmessage" | "postMessage">;
  worker.onmessage = async ({ data }: MessageEvent<number>) => {
    const answer: Answer = await measure(data).then(
      (figures) => ({ figures }),
      (e: unknown) => ({ failure: e instanceof Error ? e.stack ?? e.message : String(e) }),
    );
    worker.postMessage(answer);
  };
}

async function measureAll(): Promise<DeviceFigures[]> {
  const figures: DeviceFigures[] = [];
  for (const [index, { scope }] of MEASUREMENTS.entries()) {
    if ((scope === "plain page") === isIsolated()) continue;
    figures.push(await (scope === "worker" ? measureInWorker(index) : measure(index)));
  }
  return figures;
}

async function measure(index: number): Promise<DeviceFigures> {
  const { name, scope, ffts: fftSizes, engines: engineSizes, open } = MEASUREMENTS[index]!;
  const { device, description, ...resource } = await open();
  const ffts: FftFigures[] = [];
  for (const size of fftSizes) ffts.push(await measureFft(device, size));
  const engines: EngineFigures[] = [];
  for (const p of ENGINES) {
    for (const size of engineSizes) engines.push(await measureEngine(device, { p, iterations: ITERATIONS, ...size }));
  }
  resource[Symbol.dispose]?.();
  return { name, scope, description, isolated: isIsolated(), ffts, engines };
}

function isIsolated(): boolean {
  return (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated === true;
}

function measureInWorker(index: number): Promise<DeviceFigures> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.url, { type: "module" });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      worker.terminate();
      if ("figures" in data) resolve(data.figures);
      else reject(new Error(data.failure));
    };
    worker.postMessage(index);
  });
}

async function openGpu(): Promise<BrowserDevice> {
  const gpu = await requestGpu();
  return { device: createGpuDevice(gpu), description: gpu.description, [Symbol.dispose]: () => gpu[Symbol.dispose]() };
}

function openWasm(): Promise<BrowserDevice> {
  return Promise.resolve({ device: createWasmDevice({ threads: 2 }), description: "up to 2 threads" });
}
