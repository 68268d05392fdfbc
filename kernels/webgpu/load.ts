/** Loading data and state onto a GPU, of which nobody can say how much memory it has: by trying, with ever less. */

import type { Resident } from "../device.ts";
import { DeviceError } from "../errors.ts";
import { type MemoryNeed, type MemoryPlan, needOf, planMemory } from "../memory_plan.ts";
import type { Data, LoadedState } from "../reconstruction.ts";
import { createGpuArrays } from "./gpu_array.ts";
import { bytesInAll, cutBlocks, type GpuBytes, gpuLimits } from "./gpu_memory.ts";
import type { Gpu } from "./request_gpu.ts";
import { createWholeResident } from "./resident.ts";
import { createResidentParts } from "./resident_parts.ts";
import { createStreamedResident } from "./streamed.ts";

/** What is loaded. */
export interface Loading {
  readonly data: Data;
  readonly state: LoadedState;
  /** Complex numbers that the engine keeps for every measured value and mode. */
  readonly waves: number;
  readonly log: ((message: string) => void) | undefined;
}

/** Bytes of a buffer when memory is tried. */
const TRIAL_BYTES = 2 ** 28;

/** What is tried next, as a part of what was tried. */
const LESS = 0.75;

/**
 * Loads data and state. Without a limit all frames are tried; where memory ends, a part of what was tried becomes the limit.
 * @throws {ShapeError} if data and state do not fit together
 * @throws {DeviceError} if there is no room for a frame, or an array does not fit a binding
 */
export async function loadOnGpu(gpu: Gpu, loading: Loading, bytes: GpuBytes): Promise<Resident> {
  const need = { ...needOf(loading.data), waves: loading.waves };
  let given = bytes;
  let plan = planMemory(need, gpuLimits(given));
  for (;;) {
    const cuts = cutBlocks(loading.data, { plan, bytes: given });
    const all = bytesInAll(loading.data, { plan, cuts });
    const resident = await withinMemory(gpu, async () => {
      if (!await hasMemory(gpu, all)) return null;
      const arrays = createGpuArrays(gpu, given.bindingBytes);
      const dispose = () => arrays.dispose();
      try {
        const parts = createResidentParts({ gpu, bytes: given, cuts, arrays }, loading);
        return { resident: parts.streams ? createStreamedResident(parts) : createWholeResident(parts), dispose };
      } catch (error) {
        dispose();
        throw error;
      }
    });
    if (resident !== null) return resident;
    ({ plan, given } = planWithLess(gpu, { need, bytes: given, tried: all }));
    loading.log?.(shortText(gpu, plan, { need, tried: all }));
  }
}

function shortText(
  { description }: Gpu,
  { blocks }: MemoryPlan,
  { need, tried }: { readonly need: MemoryNeed; readonly tried: number },
): string {
  const count = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const frames = count(need.blocks.map((block) => block.frames));
  const resident = count(blocks.map((block) => block.resident));
  return `the GPU "${description}" has no room for ${
    Math.ceil(tried / 1e6)
  } MB: ${resident} of ${frames} frames in its memory, ` +
    "the others pass through it";
}

/** A plan with less than was tried, or with the least that it takes. @throws {DeviceError} if that was tried as well */
function planWithLess(
  gpu: Gpu,
  { need, bytes, tried }: { readonly need: MemoryNeed; readonly bytes: GpuBytes; readonly tried: number },
): { readonly plan: MemoryPlan; readonly given: GpuBytes } {
  let least = tried;
  for (let memoryBytes = Math.floor(LESS * tried); memoryBytes < tried;) {
    const given = { ...bytes, memoryBytes };
    try {
      return { plan: planMemory(need, gpuLimits(given)), given };
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      least = Number(error.fields["least"]);
      memoryBytes = Math.max(memoryBytes + 1, Math.ceil(least));
    }
  }
  const [found, expected] = [tried, Math.max(least, tried)].map((count) => `${Math.ceil(count / 1e6)} MB`);
  throw new DeviceError(
    `Cannot load the data on the GPU "${gpu.description}": found its memory full at ${found}, expected room for at least ` +
      `${expected}; close what else uses it, crop or rebin the frames, use fewer modes or another device`,
    { tried, least },
  );
}

interface Attempt {
  readonly resident: Resident;
  readonly dispose: () => void;
}

/** What `load` makes, or null if memory did not suffice. */
async function withinMemory(gpu: Gpu, load: () => Promise<Attempt | null>): Promise<Resident | null> {
  const { device } = gpu;
  // What is done with an array that there was no memory for is refused; that is not an error of its own.
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  let attempt: Attempt | null = null;
  let short: GPUError | null;
  let refused: GPUError | null;
  try {
    attempt = await load();
  } finally {
    short = await popScope(device);
    refused = await popScope(device);
  }
  if (attempt !== null && short === null && refused === null && gpu.failure === null) return attempt.resident;
  attempt?.dispose();
  gpu.check();
  if (attempt === null || short !== null) return null;
  throw new DeviceError(`Cannot load the data on the GPU: it refused a command: ${refused!.message}`, {}, refused);
}

/** Whether there is memory for so many bytes. It is taken and given back, because engines take most of it after loading. */
async function hasMemory({ device, limits }: Gpu, bytes: number): Promise<boolean> {
  device.pushErrorScope("out-of-memory");
  const buffers: GPUBuffer[] = [];
  const most = Math.min(TRIAL_BYTES, limits.bufferBytes - limits.bufferBytes % 4);
  try {
    for (let left = bytes; left > 0; left -= most) {
      const size = 4 * Math.ceil(Math.min(most, left) / 4);
      buffers.push(device.createBuffer({ label: "trial", size, usage: GPUBufferUsage.STORAGE }));
    }
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
  const short = await popScope(device);
  // Memory comes back when the queue has gone by.
  device.queue.submit([]);
  await device.queue.onSubmittedWorkDone();
  return short === null;
}

/** A device that is lost has no scopes; that it is lost is said elsewhere. */
async function popScope(device: GPUDevice): Promise<GPUError | null> {
  return await device.popErrorScope().catch(() => null);
}
