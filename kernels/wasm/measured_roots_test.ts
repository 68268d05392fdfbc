/** Counts in place of roots: the planes that passes read are the same, to the last bit. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { planWasmFft } from "../fft/wasm_plan.ts";
import { heldFrames, type MeasuredFrames } from "../measured.ts";
import { type Precision, realArray } from "../nd_array.ts";
import { seededNumbers } from "../testing.ts";
import { createAssembler } from "./assembler.ts";
import { createDeviceMemory, type DeviceMemory } from "./device_memory.ts";
import { type DeviceMeasured, openDeviceMeasured } from "./device_measured.ts";
import { placesOf } from "./device_places.ts";
import { i32 } from "./expressions.ts";
import { lanesOf, viewMemory } from "./lanes.ts";
import { defineMeasuredRoots } from "./measured_roots.ts";

const SIZES = [{ rows: 1, cols: 64 }, { rows: 7, cols: 13 }, { rows: 64, cols: 64 }, { rows: 33, cols: 128 }] as const;
const FRAMES = 5;
/** No counts: too great, no whole numbers, below zero. */
const EXCEPTIONS = [65535, 1.5e7, 0.25, -3, 65534.5];

/** Frames with all counts that there are, some masked pixels and `exceptions` pixels that are no counts, also masked ones. */
function frames({ rows, cols }: (typeof SIZES)[number], precision: Precision, exceptions: number): MeasuredFrames {
  const points = rows * cols;
  const noise = seededNumbers(FRAMES * points, points);
  const diffraction = realArray(FRAMES * points, precision);
  diffraction.forEach((_, i) => diffraction[i] = Math.floor(Math.abs(noise[i]!) * 70_000) % 65535);
  diffraction.set([0, 1, 65534], 3);
  for (let frame = 0; frame < FRAMES; frame++) {
    for (let k = 0; k < exceptions; k++) {
      diffraction[frame * points + (17 * k + frame) % points] = EXCEPTIONS[(k + frame) % EXCEPTIONS.length]!;
    }
  }
  const mask = Uint8Array.from({ length: FRAMES * points }, (_, i) => (i * 7919) % 11 === 5 ? 0 : 1);
  return heldFrames({ points, diffraction, mask });
}

/** Planes of roots of all frames as a pass sees them, where `window` frames at a time have places. */
function rootsOf(memory: DeviceMemory, measured: MeasuredFrames, options: {
  readonly size: (typeof SIZES)[number];
  readonly precision: Precision;
  readonly window: number;
}): { readonly roots: number[][]; readonly device: DeviceMeasured } {
  const { layout } = planWasmFft({ ...options.size, precision: options.precision });
  const places = placesOf(FRAMES, { resident: 1, window: options.window });
  const device = openDeviceMeasured(memory, { measured, places, layout, name: "roots" });
  const assembler = createAssembler({ sharedPages: 0 });
  const made = defineMeasuredRoots(assembler, { layout, counts: device.counts });
  const params = { scratch: "i32", plane: "i32" } as const;
  assembler.define({ name: "roots", params, results: ["i32"], exported: true }, (body, p) => {
    body.result([i32.add(made.at(body, p.scratch, p.plane), i32.const(0))]);
  });
  const module = new WebAssembly.Module(assembler.bytes());
  const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory } });
  const scratch = memory.take(Math.max(64, made.scratchBytes), "scratch");
  const length = layout.rows * layout.pitch;
  const roots = Array.from({ length: FRAMES }, (_, frame) => {
    if (frame >= places.resident) device.enter([frame]);
    const address = (exports["roots"] as CallableFunction)(scratch, device.placeOf(frame));
    return Array.from(viewMemory(memory.memory, { precision: options.precision, address, length }));
  });
  return { roots, device };
}

/** What a pass is to see. */
function expectedRoots(
  measured: MeasuredFrames,
  { rows, cols }: (typeof SIZES)[number],
  precision: Precision,
): number[][] {
  const { layout: { pitch } } = planWasmFft({ rows, cols, precision });
  const intensities = realArray(FRAMES * rows * cols, precision);
  measured.readDiffraction(0, intensities);
  const mask = new Uint8Array(intensities.length);
  measured.readMask(0, mask);
  const round = precision === "single" ? Math.fround : (value: number) => value;
  return Array.from({ length: FRAMES }, (_, frame) => {
    const plane = new Array<number>(rows * pitch).fill(Infinity);
    for (let i = 0; i < rows * cols; i++) {
      const at = frame * rows * cols + i;
      const root = Math.sign(intensities[at]!) * Math.sqrt(Math.abs(intensities[at]!));
      if (mask[at] === 1) plane[Math.floor(i / cols) * pitch + i % cols] = round(root);
    }
    return plane;
  });
}

for (const precision of ["single", "double"] as const) {
  for (const size of SIZES) {
    for (const window of [4, 1]) {
      Deno.test(`${size.rows} x ${size.cols} in ${precision}, ${window} guests: counts give the roots, exceptions too`, () => {
        const limit = Math.floor(size.rows * size.cols / 64);
        for (const [exceptions, counts] of [[0, true], [Math.min(limit, 9), true], [3 * limit + 3, false]] as const) {
          const memory = createDeviceMemory({ shared: false, bytes: 2 ** 24 });
          const measured = frames(size, precision, exceptions);
          const { roots, device } = rootsOf(memory, measured, { size, precision, window });
          assertEquals(device.counts, counts, `${exceptions} exceptions`);
          assertEquals(roots, expectedRoots(measured, size, precision));
        }
      });
    }
  }
}

Deno.test("counts take half of the room of roots in single precision, and little more for exceptions", () => {
  const size = { rows: 64, cols: 64 } as const;
  const { layout } = planWasmFft({ ...size, precision: "single" });
  const taken = (exceptions: number) => {
    let bytes = 0;
    const memory = createDeviceMemory({ shared: false, bytes: 2 ** 24 });
    const take = (wanted: number, what: string) => (bytes += wanted, memory.take(wanted, what));
    const places = placesOf(FRAMES, { resident: FRAMES, window: 0 });
    openDeviceMeasured({ ...memory, take }, {
      measured: frames(size, "single", exceptions),
      places,
      layout,
      name: "x",
    });
    return bytes / FRAMES;
  };
  assert(taken(0) <= layout.planeBytes / 2 + 64, `${taken(0)} bytes`);
  assert(taken(9) <= layout.planeBytes / 2 + 10 * 16 + 64, `${taken(9)} bytes`);
  assertEquals(taken(1000), layout.planeBytes);
  assertEquals(lanesOf("single").bytes * layout.rows * layout.pitch <= layout.planeBytes, true);
});
