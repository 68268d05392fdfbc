/**
 * Speed of the generated transform: `deno run -A bench/fft.ts [--json] [--double] [SIZE ...]`, ns per point, one thread, forward,
 * in place, over a stack of frames of about 256 * 256 points.
 */

import { generateWasmFft, instantiateWasmFft } from "../kernels/fft/wasm_fft.ts";
import { planWasmFft } from "../kernels/fft/wasm_plan.ts";
import type { Precision } from "../kernels/nd_array.ts";
import { viewMemory } from "../kernels/wasm/lanes.ts";
import { SHARED_PAGES, sharedMemory } from "./shared_memory.ts";
import { medianTime, print } from "./timing.ts";

/** Sizes of the issue: powers of two and some lengths with factors 3, 5 and 7. */
export const SIZES = [
  64,
  96,
  100,
  128,
  144,
  180,
  200,
  225,
  243,
  256,
  320,
  343,
  384,
  500,
  512,
  625,
  720,
  768,
  1000,
  1024,
];

/** Frames of a stack of about 256 * 256 points; at least one. */
export function framesOf(size: number): number {
  return Math.max(1, Math.round((256 / size) ** 2));
}

/** A stack of square frames and its transform, ready to be timed, warmed up. */
export function prepareFft(size: number, precision: Precision): { nsPerPoint(seconds: number): number } {
  const frames = framesOf(size);
  const code = generateWasmFft(planWasmFft({ rows: size, cols: size, precision }), { sharedPages: SHARED_PAGES });
  const { planeBytes } = code.plan.layout;
  const scratchAt = code.tables.length;
  const re = Math.ceil((scratchAt + code.scratchBytes) / 4096) * 4096;
  const stride = 2 * planeBytes;
  const memory = sharedMemory();
  new Uint8Array(memory.buffer).set(code.tables);
  const fft = instantiateWasmFft(new WebAssembly.Module(code.bytes), { memory, tablesAt: 0, scratchAt });
  const length = frames * stride / (precision === "single" ? 4 : 8);
  const data = viewMemory(memory, { precision, address: re, length });
  // Nothing is scaled: without fresh numbers repeated transforms would overflow.
  const refresh = () => data.forEach((_, i) => data[i] = ((i * 7919) % 1024) / 512 - 1);
  const run = () => fft.forward(re, re + planeBytes, { frames, stride });
  medianTime(run, { seconds: 0.3, refresh });
  return { nsPerPoint: (seconds) => medianTime(run, { seconds, refresh }) / (frames * size * size) };
}

if (import.meta.main) {
  const precision = Deno.args.includes("--double") ? "double" : "single";
  const given = Deno.args.filter((arg) => !arg.startsWith("--")).map(Number);
  for (const size of given.length > 0 ? given : SIZES) {
    const nsPerPoint = prepareFft(size, precision).nsPerPoint(0.3);
    print(
      Deno.args.includes("--json")
        ? JSON.stringify({ kernel: "fft2", device: "wasm", threads: 1, precision, size, nsPerPoint })
        : `${precision} ${size}: ${nsPerPoint.toFixed(2)} ns per point`,
    );
  }
}
