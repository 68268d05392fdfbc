/**
 * Generated WGSL for Fourier transforms along one axis of many images, any length. It is generated because radices, twiddles and the
 * memory of a workgroup depend on the length.
 *
 * Lengths with prime factors up to 13 use Stockham stages in workgroup memory, others Bluestein's convolution with a power of two, and
 * what does not fit into workgroup memory the plain sum.
 */

import { createFft2 } from "./fft.ts";
import { butterfly, multiplyText } from "./wgsl_butterfly.ts";

/** A transform along one axis, in place. */
export interface LineOptions {
  readonly rows: number;
  readonly cols: number;
  /** `x`: every row on its own. `y`: every column. */
  readonly axis: "x" | "y";
  /** Without the division by the length. */
  readonly inverse: boolean;
  /** Multiply by the pod's factor, pixel by pixel, before or after the transform. */
  readonly factor: "none" | "before" | "after";
  readonly conjugateFactor?: boolean;
  /** Bytes of workgroup memory to use. */
  readonly workgroupBytes: number;
}

/**
 * A generated kernel with the entry point `fft_lines`. Bindings: wave (complex, changed), tables (complex, read), factors (complex, one
 * image per propagator, read), address table (int, read), uniform (pods, first element of the wave, first element of the addresses, 0).
 */
export interface LineKernel {
  readonly text: string;
  /** Contents of `tables`. */
  readonly tables: Float32Array;
  /** Workgroups for a number of images. */
  groups(images: number): number;
  readonly method: "stockham" | "bluestein" | "sum";
}

const MOST_INVOCATIONS = 256;
const LARGEST_RADIX = 13;

/** Plans a transform along one axis. */
export function planLineKernel(options: LineOptions): LineKernel {
  const { rows, cols, axis, workgroupBytes } = options;
  const [length, lines] = axis === "x" ? [cols, rows] : [rows, cols];
  const fits = (n: number) => 8 * n <= workgroupBytes;
  const radices = splitRadices(length);
  if (radices !== null && fits(length)) {
    const layout = layOut(length, { radices, lines, workgroupBytes });
    const body = transformText(layout, { load: "load", store: "store" });
    return assemble(options, { layout, lines, body, tables: roots(length), method: "stockham" });
  }
  let padded = 1;
  while (padded < 2 * length - 1) padded *= 2;
  if (fits(padded)) {
    const layout = layOut(padded, { radices: splitRadices(padded)!, lines, workgroupBytes });
    return assemble(options, { layout, lines, ...bluestein(length, layout), method: "bluestein" });
  }
  const layout = { length, radices: [], threads: MOST_INVOCATIONS, perGroup: 1 };
  return assemble(options, { layout, lines, body: sumText(length), tables: roots(length), method: "sum" });
}

/** Stages of a length, large radices first; null if it has a larger prime factor than 13. */
export function splitRadices(length: number): number[] | null {
  const radices: number[] = [];
  let rest = length;
  let twos = 0;
  for (; rest % 2 === 0; rest /= 2) twos++;
  while (twos > 0) {
    const take = twos === 4 || twos === 2 ? 2 : Math.min(3, twos);
    radices.push(2 ** take);
    twos -= take;
  }
  for (let radix = 3; radix <= LARGEST_RADIX; radix += 2) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix);
  }
  return rest === 1 ? radices.sort((a, b) => b - a) : null;
}

interface Layout {
  readonly length: number;
  readonly radices: readonly number[];
  /** Invocations per line and lines per workgroup. */
  readonly threads: number;
  readonly perGroup: number;
}

function layOut(
  length: number,
  { radices, lines, workgroupBytes }: {
    readonly radices: readonly number[];
    readonly lines: number;
    readonly workgroupBytes: number;
  },
): Layout {
  const threads = Math.min(MOST_INVOCATIONS, length / Math.max(1, ...radices));
  const most = Math.min(Math.floor(MOST_INVOCATIONS / threads), Math.floor(workgroupBytes / (8 * length)), lines);
  // Whole runs of eight columns are whole memory transactions.
  return { length, radices, threads, perGroup: most >= 8 ? most - most % 8 : most };
}

function assemble(
  { rows, cols, axis, inverse, factor, conjugateFactor }: LineOptions,
  { layout, lines, body, tables, method }: {
    readonly layout: Layout;
    readonly lines: number;
    readonly body: string;
    readonly tables: Float32Array;
    readonly method: LineKernel["method"];
  },
): LineKernel {
  const { threads, perGroup } = layout;
  const groupsPerImage = Math.ceil(lines / perGroup);
  const pixel = axis === "x" ? `line * ${cols}u + i` : `i * ${cols}u + line`;
  const swapped = inverse ? ".yx" : "";
  const multiplied = conjugateFactor === true
    ? "mulConj(factors[factor + pixel], z)"
    : "mul(factors[factor + pixel], z)";
  const usesFactor = factor !== "none";
  // Neighbouring invocations take neighbouring elements of memory: of a row along x, of neighbouring columns along y.
  const split = axis === "x"
    ? `t = local % ${threads}u; lane = local / ${threads}u;`
    : `t = local / ${perGroup}u; lane = local % ${perGroup}u;`;
  const shared = method === "sum" ? "" : `var<workgroup> memory: array<vec2f, ${layout.length * perGroup}>;`;
  const sharedIndex = axis === "x" ? `lane * ${layout.length}u + i` : `i * ${perGroup}u + lane`;
  const memoryText = method === "sum" ? "" : `
fn recall(i: u32) -> vec2f { return memory[${sharedIndex}]; }
fn keep(i: u32, z: vec2f) { memory[${sharedIndex}] = z; }`;
  const text = `
@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> tables: array<vec2f>;
@group(0) @binding(2) var<storage, read> factors: array<vec2f>;
@group(0) @binding(3) var<storage, read> address: array<i32>;
@group(0) @binding(4) var<uniform> p: vec4u;
${shared}
var<private> t: u32;
var<private> lane: u32;
var<private> line: u32;
var<private> base: u32;
var<private> factor: u32;
var<private> inside: bool;
${multiplyText}
fn load(i: u32) -> vec2f {
  if (!inside) { return vec2f(); }
  let pixel = ${pixel};
  let z = wave[base + pixel];
  return (${factor === "before" ? multiplied : "z"})${swapped};
}
fn store(i: u32, value: vec2f) {
  if (!inside) { return; }
  let pixel = ${pixel};
  let z = value${swapped};
  wave[base + pixel] = ${factor === "after" ? multiplied : "z"};
}
${memoryText}
@compute @workgroup_size(${threads * perGroup})
fn fft_lines(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  let pod = index / ${groupsPerImage}u;
  if (pod >= p.x) { return; }
  ${split}
  line = (index % ${groupsPerImage}u) * ${perGroup}u + lane;
  inside = line < ${lines}u;
  base = p.y + pod * ${rows * cols}u;
  ${usesFactor ? `factor = u32(address[p.z + pod * 7u + 5u]) * ${rows * cols}u;` : ""}
${body}
}
`;
  return { text, tables, groups: (images) => images * groupsPerImage, method };
}

/** How a transform reads its input and writes its output: functions of the text that take (i) and (i, z). */
interface Ends {
  readonly load: "load" | "recall";
  readonly store: "store" | "keep";
  /** Suffix that swaps the parts of what `load` gives and `store` takes. */
  readonly swap?: ".yx";
  /** Text around the element that is written; `Z` stands for it and `I` for its index. */
  readonly finish?: string;
}

/** All stages of one transform of `layout.length` elements. */
function transformText({ length, radices, threads }: Layout, ends: Ends): string {
  const swap = ends.swap ?? "";
  const put = (index: string, z: string) =>
    `${ends.store}(${index}, ${(ends.finish ?? "Z").replaceAll("Z", `(${z})${swap}`).replaceAll("I", index)});`;
  if (radices.length === 0) return `  { let z = ${ends.load}(0u)${swap}; ${put("0u", "z")} }`;
  const out: string[] = [];
  let stride = 1;
  for (const [stage, radix] of radices.entries()) {
    const [first, last] = [stage === 0, stage === radices.length - 1];
    const count = length / radix;
    const turns = Math.ceil(count / threads);
    const guard = (turn: number) => (turn + 1) * threads > count ? `if (t + ${turn * threads}u < ${count}u) ` : "";
    const name = (turn: number, k: number) => `x${stage}_${turn}_${k}`;
    out.push("  {");
    for (let turn = 0; turn < turns; turn++) {
      const reads: string[] = [];
      for (let k = 0; k < radix; k++) {
        out.push(`  var ${name(turn, k)}: vec2f;`);
        const index = `t + ${turn * threads + k * count}u`;
        reads.push(`${name(turn, k)} = ${first ? `${ends.load}(${index})${swap}` : `recall(${index})`};`);
      }
      out.push(`  ${guard(turn)}{ ${reads.join(" ")} }`);
    }
    const reads = first ? ends.load === "recall" : true;
    const writes = last ? ends.store === "keep" : true;
    if (reads && writes) out.push("  workgroupBarrier();");
    for (let turn = 0; turn < turns; turn++) {
      const inputs = Array.from({ length: radix }, (_, k) => name(turn, k));
      const { lines, outputs } = butterfly(inputs, `y${stage}_${turn}_`);
      const writesOf = outputs.map((z, k) => {
        const index = `q + ${stride}u * (${radix}u * w + ${k}u)`;
        if (last) return put(index, z);
        const turned = k === 0 ? z : `mul(tables[w * ${k * stride}u], ${z})`;
        return `keep(${index}, ${turned});`;
      });
      out.push(
        `  ${guard(turn)}{ let j = t + ${turn * threads}u; let w = j / ${stride}u; let q = j % ${stride}u;`,
        ...lines.map((l) => `    ${l}`),
        ...writesOf.map((l) => `    ${l}`),
        "  }",
      );
    }
    if (writes) out.push("  workgroupBarrier();");
    out.push("  }");
    stride *= radix;
  }
  return out.join("\n");
}

/**
 * The transform as a convolution with a chirp, `exp(-i pi n^2 / N)`, in lines of the padded length.
 * @see Bluestein, IEEE Transactions on Audio and Electroacoustics 18 (1970) 451, 10.1109/TAU.1970.1162132
 */
function bluestein(length: number, layout: Layout): { body: string; tables: Float32Array } {
  const padded = layout.length;
  const chirp = new Float64Array(2 * length);
  const kernel = new Float64Array(2 * padded);
  for (let n = 0; n < length; n++) {
    const angle = Math.PI * (n * n % (2 * length)) / length;
    chirp.set([Math.cos(angle), -Math.sin(angle)], 2 * n);
    for (const at of n === 0 ? [0] : [n, padded - n]) {
      kernel.set([Math.cos(angle) / padded, Math.sin(angle) / padded], 2 * at);
    }
  }
  createFft2(1, padded).forward(kernel);
  const tables = new Float32Array(2 * (padded + length + padded));
  tables.set(roots(padded));
  tables.set(chirp, 2 * padded);
  tables.set(kernel, 2 * (padded + length));
  const begin = Math.ceil(padded / layout.threads);
  const end = Math.ceil(length / layout.threads);
  const body = `
  for (var k = 0u; k < ${begin}u; k++) {
    let i = t + k * ${layout.threads}u;
    if (i < ${length}u) { keep(i, mul(tables[${padded}u + i], load(i))); }
    else if (i < ${padded}u) { keep(i, vec2f()); }
  }
  workgroupBarrier();
${transformText(layout, { load: "recall", store: "keep", finish: `mul(tables[${padded + length}u + I], Z)` })}
${transformText(layout, { load: "recall", store: "keep", swap: ".yx" })}
  for (var k = 0u; k < ${end}u; k++) {
    let i = t + k * ${layout.threads}u;
    if (i < ${length}u) { store(i, mul(tables[${padded}u + i], recall(i))); }
  }`;
  return { body, tables };
}

/** The plain sum, each invocation holding its elements of the line until all of it has been read. */
function sumText(length: number): string {
  const turns = Math.ceil(length / MOST_INVOCATIONS);
  return `
  var sums: array<vec2f, ${turns}>;
  for (var n = 0u; n < ${length}u; n++) {
    let x = load(n);
    for (var k = 0u; k < ${turns}u; k++) {
      sums[k] += mul(tables[((t + k * ${MOST_INVOCATIONS}u) * n) % ${length}u], x);
    }
  }
  storageBarrier();
  for (var k = 0u; k < ${turns}u; k++) {
    let i = t + k * ${MOST_INVOCATIONS}u;
    if (i < ${length}u) { store(i, sums[k]); }
  }`;
}

/** exp(-2 pi i n / length). */
function roots(length: number): Float32Array {
  return Float32Array.from({ length: 2 * length }, (_, i) => {
    const angle = -2 * Math.PI * (i >> 1) / length;
    return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}
