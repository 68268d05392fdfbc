/**
 * The WASM device: WebAssembly SIMD on one memory, frame ranges on all threads. What every iteration does with every frame has a
 * generated form; the rest runs its reference twin on converted copies. Frames that the memory has no room for pass through it. Results
 * depend neither on the number of threads nor on the memory.
 *
 * Single precision computes in single precision, with sums over pixels in double; the state's arrays are those of the reference.
 */

import type { Device, DeviceLimits } from "./device.ts";
import { planWasmFft } from "./fft/wasm_plan.ts";
import { MAX_BINDINGS } from "./kernel.ts";
import { needOf, planMemory } from "./memory_plan.ts";
import { type Scratch, scratchInMemory } from "./scratch.ts";
import { createDeviceMemory, type DeviceMemory, MAX_MEMORY_BYTES } from "./wasm/device_memory.ts";
import { overheadBytes } from "./wasm/device_overhead.ts";
import { type CodeCache, createPrograms } from "./wasm/device_programs.ts";
import { createResident, type Workshop } from "./wasm/device_resident.ts";
import { startThreads } from "./wasm/device_threads.ts";

/** How a device is made. */
export interface WasmDeviceOptions {
  /** Threads, the main one included; all of the machine's if left out. One where memory cannot be shared. */
  readonly threads?: number;
  /** Bytes that its memory may have, of which it takes 2^32 at most; so many if left out. Frames beyond them pass through it. */
  readonly memoryBytes?: number;
  /** Makes room for what leaves the memory; memory of the host if left out. */
  readonly scratch?: () => Scratch;
  /**
   * Whether the memory is kept when nothing is loaded any more, for what is loaded next; true if left out. A memory cannot shrink, so that
   * it stays as large as the largest engine made it. Given back, it lives until garbage is collected: who does not see to that before
   * more is loaded may have two.
   */
  readonly keepMemory?: boolean;
}

/**
 * The WASM device. Threads live while something is loaded.
 * @throws {RangeError} if `threads` is not a positive integer or `memoryBytes` no positive number
 */
export function createWasmDevice(options: WasmDeviceOptions = {}): Device {
  const { threads = navigator.hardwareConcurrency, scratch = scratchInMemory, keepMemory = true } = options;
  const memoryBytes = Math.min(options.memoryBytes ?? MAX_MEMORY_BYTES, MAX_MEMORY_BYTES);
  checkOptions(threads, memoryBytes);
  const shared = typeof SharedArrayBuffer === "function" && canWait() && threads > 1;
  const limits = limitsOf(shared ? threads : 1, memoryBytes);
  const cache: CodeCache = new Map();
  let memory: DeviceMemory | null = null;
  let opening: Promise<Workshop> | null = null;
  let open: Workshop | null = null;
  let users = 0;
  /** Bytes that residents were promised. */
  let promised = 0;

  async function openWorkshop(): Promise<Workshop> {
    memory ??= createDeviceMemory({ shared, bytes: memoryBytes });
    const started = await startThreads(memory.memory, shared ? threads : 1);
    open = { memory, threads: started, programs: createPrograms(memory, started, cache) };
    return open;
  }

  function leave(bytes: number): void {
    promised -= bytes;
    if (--users > 0) return;
    open?.programs.clear();
    open?.threads[Symbol.dispose]();
    open = null;
    opening = null;
    if (!keepMemory) memory = null;
  }

  return {
    name: "wasm",
    limits,
    mayBeLost: false,
    async load(data, state, { waves = 2 } = {}) {
      const plan = planMemory({ ...needOf(data), waves }, { ...limits, memoryBytes: memoryBytes - promised });
      promised += plan.deviceBytes;
      users++;
      opening ??= openWorkshop();
      try {
        const close = () => leave(plan.deviceBytes);
        return createResident(data, state, { workshop: await opening, plan, openScratch: scratch, close });
      } catch (e) {
        leave(plan.deviceBytes);
        throw e;
      }
    },
  };
}

function checkOptions(threads: number, memoryBytes: number): void {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`Cannot make a device: found ${threads} threads, expected a positive integer`);
  }
  if (!(memoryBytes > 0)) {
    throw new RangeError(`Cannot make a device: found ${memoryBytes} bytes of memory, expected a positive number`);
  }
}

function limitsOf(threads: number, memoryBytes: number): DeviceLimits {
  return {
    maxBufferBytes: memoryBytes,
    maxBindings: MAX_BINDINGS,
    memoryBytes,
    planeBytes: (plane) => planWasmFft(plane).layout.planeBytes,
    overheadBytes: (need) => overheadBytes(need, { threads, memoryBytes }),
  };
}

/** Whether this thread may wait for another: not so on the main thread of a browser. */
function canWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}
