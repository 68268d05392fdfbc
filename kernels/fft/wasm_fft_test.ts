/** The generated transform: the definition at awkward sizes, inverse, adjoint, batches, padding, same bytes, workers. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { ShapeError } from "../errors.ts";
import type { Precision, RealArray } from "../nd_array.ts";
import { viewMemory } from "../wasm/lanes.ts";
import { createFft2 } from "./fft.ts";
import { generateWasmFft, instantiateWasmFft } from "./wasm_fft.ts";
import { planWasmFft } from "./wasm_plan.ts";
import { cheapestRadices } from "./wasm_radices.ts";

const PRECISIONS = ["single", "double"] as const;

const LENGTHS = [
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  9,
  12,
  31,
  60,
  64,
  97,
  100,
  101,
  105,
  127,
  128,
  135,
  144,
  169,
  200,
  210,
  243,
  256,
];
const LONG = [320, 343, 360, 384, 462, 500, 512, 625, 720, 768, 810, 1000, 1009, 1024];

const SHAPES: readonly (readonly [number, number])[] = [
  ...LENGTHS.flatMap((n) => [[n, 6], [5, n]] as const),
  ...LONG.flatMap((n) => [[n, 3], [2, n]] as const),
  [64, 64],
  [96, 40],
  [75, 52],
  [101, 97],
];

Deno.test("planWasmFft() refuses sizes that are not positive integers", () => {
  for (const [rows, cols] of [[0, 4], [4, -1], [2.5, 4]] as const) {
    assertThrows(() => planWasmFft({ rows, cols, precision: "single" }), ShapeError);
  }
});

Deno.test("cheapestRadices() multiplies to the length, for every length without a prime factor above 13", () => {
  for (let n = 1; n <= 1024; n++) {
    let rest = n;
    for (const p of [2, 3, 5, 7, 11, 13]) while (rest % p === 0) rest /= p;
    assertEquals(cheapestRadices(n, { pitch: 4 * n })?.reduce((a, b) => a * b, 1), rest === 1 ? n : undefined);
  }
});

for (const precision of PRECISIONS) {
  Deno.test(`forward() is the discrete Fourier transform at ${SHAPES.length} shapes, ${precision}`, () => {
    for (const [rows, cols] of SHAPES) {
      const bench = setUp(rows, cols, { precision });
      const x = field(rows * cols, 1, precision);
      bench.put(x);
      bench.fft.forward(bench.re, bench.im);
      const error = distance(bench.get(), naive(x, rows, cols));
      assert(error < tolerance(rows * cols, precision), `${rows} * ${cols}: ${error}`);
    }
  });

  Deno.test(`forward() is right at every length from 1 to 160, both ways, ${precision}`, () => {
    for (let n = 1; n <= 160; n++) {
      for (const [rows, cols] of [[n, 5], [3, n]] as const) {
        const bench = setUp(rows, cols, { precision });
        const x = field(rows * cols, n, precision);
        bench.put(x);
        bench.fft.forward(bench.re, bench.im);
        createFft2(rows, cols).forward(x);
        const error = distance(bench.get(), x);
        assert(error < tolerance(rows * cols, precision), `${rows} * ${cols}: ${error}`);
      }
    }
  });

  for (const [rows, cols] of [[64, 128], [45, 63], [37, 22]] as const) {
    Deno.test(`inverse(forward()) is rows * cols times the frame at ${rows} * ${cols}, ${precision}`, () => {
      const bench = setUp(rows, cols, { precision });
      const x = field(rows * cols, 2, precision);
      bench.put(x);
      bench.fft.forward(bench.re, bench.im);
      bench.fft.inverse(bench.re, bench.im);
      const error = distance(bench.get().map((v) => v / (rows * cols)), x);
      assert(error < 2 * tolerance(rows * cols, precision), `${error}`);
    });

    Deno.test(`inverse() is the adjoint of forward() at ${rows} * ${cols}, ${precision}`, () => {
      const bench = setUp(rows, cols, { precision });
      const [x, y] = [field(rows * cols, 3, precision), field(rows * cols, 4, precision)];
      bench.put(x);
      bench.fft.forward(bench.re, bench.im);
      const fx = bench.get();
      bench.put(y);
      bench.fft.inverse(bench.re, bench.im);
      const [left, right] = [inner(fx, y), inner(x, bench.get())];
      const scale = Math.sqrt(inner(fx, fx)[0]! * inner(y, y)[0]!);
      const error = Math.hypot(left[0]! - right[0]!, left[1]! - right[1]!) / scale;
      assert(error < tolerance(rows * cols, precision), `${error}`);
    });

    Deno.test(`a batch gives the bytes of its frames one by one at ${rows} * ${cols}, ${precision}`, () => {
      const frames = 3;
      const bench = setUp(rows, cols, { precision, frames });
      const all = Array.from({ length: frames }, (_, k) => field(rows * cols, 5 + k, precision));
      all.forEach((x, k) => bench.put(x, k));
      bench.fft.forward(bench.re, bench.im, { frames, stride: bench.stride });
      const together = all.map((_, k) => bench.get(k));
      all.forEach((x, k) => {
        bench.put(x, 0);
        bench.fft.forward(bench.re, bench.im);
        assertEquals(bench.get(0), together[k]);
      });
    });
  }

  Deno.test(`padding does not change a bit of the result, ${precision}`, () => {
    for (const [rows, cols] of [[9, 5], [101, 13], [30, 66]] as const) {
      const results = [0, 1e20].map((junk) => {
        const bench = setUp(rows, cols, { precision });
        bench.fill(junk);
        bench.put(field(rows * cols, 6, precision));
        bench.fft.forward(bench.re, bench.im);
        return bench.get();
      });
      assertEquals(results[0], results[1]);
    }
  });
}

Deno.test("two workers on one shared memory, each with its scratch, give the bytes of one thread", async () => {
  const [rows, cols, frames] = [60, 64, 8];
  const bench = setUp(rows, cols, { precision: "single", frames, shared: true, instances: 3 });
  const fields = Array.from({ length: frames }, (_, k) => field(rows * cols, k, "single"));
  const expected = fields.map((x) => {
    bench.put(x);
    bench.fft.forward(bench.re, bench.im);
    return bench.get();
  });
  fields.forEach((x, k) => bench.put(x, k));
  await Promise.all([0, 1].map((half) => {
    const first = bench.re + half * (frames / 2) * bench.stride;
    const im = first + bench.im - bench.re;
    return runInWorker(bench.module, bench.memory, [
      first,
      im,
      bench.tablesAt,
      bench.scratchAt[1 + half]!,
      4,
      bench.stride,
    ]);
  }));
  assertEquals(fields.map((_, k) => bench.get(k)), expected);
});

function runInWorker(module: WebAssembly.Module, memory: WebAssembly.Memory, args: number[]): Promise<void> {
  const source = `onmessage = ({ data: { module, memory, args } }) => {
    new WebAssembly.Instance(module, { env: { memory } }).exports.fft(...args);
    postMessage("done");
  };`;
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(source)}`, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => {
      worker.terminate();
      resolve();
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ module, memory, args });
  });
}

/**
 * Rounding of every stage is independent, so the relative rms error grows as the root of the number of stages: eps / 2 each, and a
 * few more for factors and for the convolution of other lengths. In double precision the naive sum is worse than that: 1e-14.
 */
function tolerance(count: number, precision: Precision): number {
  return precision === "single" ? 2 ** -23 * (2 + Math.sqrt(Math.log2(count))) : 1e-14;
}

/** Pages of a shared memory: more than a test fills. */
const SHARED_PAGES = 256;

/** A memory with tables, scratch for each instance and frames. */
function setUp(rows: number, cols: number, { precision, frames = 1, shared = false, instances = 1 }: {
  precision: Precision;
  frames?: number;
  shared?: boolean;
  instances?: number;
}) {
  const code = generateWasmFft(planWasmFft({ rows, cols, precision }), { sharedPages: shared ? SHARED_PAGES : 0 });
  const { layout } = code.plan;
  const align = (value: number) => Math.ceil(value / 64) * 64;
  const scratchAt = Array.from(
    { length: instances },
    (_, i) => align(code.tables.length) + i * align(code.scratchBytes),
  );
  const re = scratchAt.at(-1)! + align(code.scratchBytes);
  const stride = 2 * layout.planeBytes;
  const pages = Math.ceil((re + frames * stride) / 65536);
  const memory = new WebAssembly.Memory(
    shared ? { initial: SHARED_PAGES, maximum: SHARED_PAGES, shared } : { initial: pages },
  );
  new Uint8Array(memory.buffer).set(code.tables);
  const module = new WebAssembly.Module(code.bytes);
  const fft = instantiateWasmFft(module, { memory, tablesAt: 0, scratchAt: scratchAt[0]! });
  const plane = (k: number, part: number) =>
    viewMemory(memory, {
      precision,
      address: re + k * stride + part * layout.planeBytes,
      length: layout.pitch * layout.paddedRows,
    });
  const place = (i: number) => Math.floor(i / cols) * layout.pitch + i % cols;
  return {
    fft,
    module,
    memory,
    tablesAt: 0,
    scratchAt,
    re,
    im: re + layout.planeBytes,
    stride,
    fill: (value: number) => [0, 1].forEach((part) => plane(0, part).fill(value)),
    put: (x: RealArray, k = 0) => x.forEach((v, i) => plane(k, i % 2)[place(i >> 1)] = v),
    get: (k = 0) => Float64Array.from({ length: 2 * rows * cols }, (_, i) => plane(k, i % 2)[place(i >> 1)]!),
  };
}

/** Numbers without any symmetry, the same every time, exact in the precision. */
function field(count: number, seed: number, precision: Precision): Float64Array {
  const round = precision === "single" ? Math.fround : (v: number) => v;
  return Float64Array.from(
    { length: 2 * count },
    (_, i) => round(Math.sin(1.7 * i + seed) + Math.cos(0.31 * i * i + 2 * seed)),
  );
}

/** The definition, one axis after the other. */
function naive(wave: Float64Array, rows: number, cols: number): Float64Array {
  const half = sums(wave, { lines: rows, length: cols, next: cols, step: 1 });
  return sums(half, { lines: cols, length: rows, next: 1, step: cols });
}

function sums(from: Float64Array, { lines, length, next, step }: {
  lines: number;
  length: number;
  next: number;
  step: number;
}): Float64Array {
  const roots = Array.from(
    { length },
    (_, j) => [Math.cos(2 * Math.PI * j / length), -Math.sin(2 * Math.PI * j / length)],
  );
  const to = new Float64Array(from.length);
  for (let line = 0; line < lines; line++) {
    for (let k = 0; k < length; k++) {
      let [re, im] = [0, 0];
      for (let j = 0; j < length; j++) {
        const [c, s] = roots[(j * k) % length]! as [number, number];
        const at = 2 * (line * next + j * step);
        re += from[at]! * c - from[at + 1]! * s;
        im += from[at]! * s + from[at + 1]! * c;
      }
      to.set([re, im], 2 * (line * next + k * step));
    }
  }
  return to;
}

function distance(x: Float64Array, y: Float64Array): number {
  let [error, norm] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    error += (x[i]! - y[i]!) ** 2;
    norm += y[i]! ** 2;
  }
  return Math.sqrt(error / norm);
}

/** sum conj(x) y. */
function inner(x: Float64Array, y: Float64Array): [number, number] {
  let [re, im] = [0, 0];
  for (let i = 0; i < x.length; i += 2) {
    re += x[i]! * y[i]! + x[i + 1]! * y[i + 1]!;
    im += x[i]! * y[i + 1]! - x[i + 1]! * y[i]!;
  }
  return [re, im];
}
