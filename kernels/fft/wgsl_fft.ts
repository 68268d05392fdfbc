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
  /** One factor for all pods, so that none looks up its own. */
  readonly oneFactor?: boolean;
  /** Bytes of workgroup memory to use. */
  readonly workgroupBytes: number;
  /** A kernel whose pixels come in or go out with the lines. */
  readonly fused?: FusedText;
}

/** The text of a frame kernel with `wave` and Params (see wgsl.ts), and its function for one pixel. */
export interface FusedText {
  readonly code: string;
  /** Number of its bindings. */
  readonly bindings: number;
  readonly end: "source" | "sink";
  readonly name: string;
  /** Whether it sums something into `work`. */
  readonly sums: boolean;
  /** Whether a sink also leaves the wave behind. */
  readonly keep: boolean;
}

/**
 * A generated kernel with the entry point `fft_lines`. Bindings: wave (complex, changed), tables (complex, read), factors (complex, one
 * image per propagator, read), address table (int, read), uniform (pods, first element of the wave, first element of the addresses, 0).
 * Fused with another kernel: that kernel's bindings, then tables and, if there is a factor, factors.
 */
export interface LineKernel {
  readonly text: string;
  /** Contents of `tables`. */
  readonly tables: Float32Array;
  /** Workgroups for a number of images. */
  groups(images: number): number;
  /** How lines are transformed; `sum` reads every element many times, which a source that sums must not see. */
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
    const body = (text: LineText) =>
      transformText(layout, { text, ends: { ...text, inMemory: false, outMemory: false } });
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

/** How the text of a transform reads and writes elements of its line. */
interface LineText {
  /** An expression for element `i` of the input. */
  load(i: string): string;
  /** A statement that writes element `i` of the output. */
  store(i: string, z: string): string;
  /** The same for workgroup memory. */
  recall(i: string): string;
  keep(i: string, z: string): string;
}

function assemble(
  options: LineOptions,
  { layout, lines, body, tables, method }: {
    readonly layout: Layout;
    readonly lines: number;
    readonly body: (text: LineText) => string;
    readonly tables: Float32Array;
    readonly method: LineKernel["method"];
  },
): LineKernel {
  const { threads, perGroup } = layout;
  const points = options.rows * options.cols;
  const groupsPerImage = Math.ceil(lines / perGroup);
  // Neighbouring invocations take neighbouring elements of memory: of a row along x, of neighbouring columns along y.
  const split = options.axis === "x"
    ? `let t = local % ${threads}u; let lane = local / ${threads}u;`
    : `let t = local / ${perGroup}u; let lane = local % ${perGroup}u;`;
  const memory = method === "sum" ? "" : `var<workgroup> memory: array<vec2f, ${layout.length * perGroup}>;`;
  const { fused, factor } = options;
  const bindings = fused === undefined ? ownBindings() : fusedBindings(fused, factor !== "none");
  const sums = fused?.sums === true;
  const text = `
${bindings}
${memory}
${bindings.includes("fn mul(") ? "" : multiplyText}
${fused?.end === "source" ? sourceText(fused) : ""}
@compute @workgroup_size(${threads * perGroup})
fn fft_lines(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  let pod = index / ${groupsPerImage}u;
  if (pod >= ${fused === undefined ? "p.x" : "p.items * p.modes"}) { return; }
  ${split}
  let line = (index % ${groupsPerImage}u) * ${perGroup}u + lane;
  let inside = line < ${lines}u;
  let begin = ${options.axis === "x" ? `line * ${options.cols}u` : "line"};
  let base = ${fused === undefined ? "p.y" : "p.wave.x"} + pod * ${points}u + begin;
  ${factor === "none" ? "" : factorStart(points, options)}
  ${sums ? "var shares = vec4f();" : ""}
${body(lineText(options, { layout, ragged: lines % perGroup !== 0 }))}
  ${sums ? "let total = sumGroup(shares, local);\n  if (local == 0u) { work[index] = total; }" : ""}
}
`;
  return { text, tables, groups: (images) => images * groupsPerImage, method };
}

function ownBindings(): string {
  return `
@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> tables: array<vec2f>;
@group(0) @binding(2) var<storage, read> factors: array<vec2f>;
@group(0) @binding(3) var<storage, read> address: array<i32>;
@group(0) @binding(4) var<uniform> p: vec4u;`;
}

/** Lines behind the last one must not change anything. */
function sourceText({ name, sums }: FusedText): string {
  return `
fn fusedSource(inside: bool, at: Place${sums ? ", shares: ptr<function, vec4f>" : ""}) -> vec2f {
  if (!inside) { return vec2f(); }
  return ${name}(at${sums ? ", shares" : ""});
}`;
}

function fusedBindings({ code, bindings }: FusedText, factor: boolean): string {
  const factors = `@group(0) @binding(${bindings + 1}) var<storage, read> factors: array<vec2f>;`;
  return `
${code.replace("var<storage, read> wave:", "var<storage, read_write> wave:")}
@group(0) @binding(${bindings}) var<storage, read> tables: array<vec2f>;
${factor ? factors : ""}`;
}

function factorStart(points: number, { fused: other, oneFactor }: LineOptions): string {
  if (oneFactor === true) return "let factor = begin;";
  const fused = other !== undefined;
  return `let factor = u32(address[${fused ? "p.address.x" : "p.z"} + pod * 7u + 5u]) * ${points}u + begin;`;
}

function lineText(
  { cols, axis, inverse, factor, conjugateFactor, fused }: LineOptions,
  { layout: { length, perGroup }, ragged }: { readonly layout: Layout; readonly ragged: boolean },
): LineText {
  const pixel = (i: string) => axis === "x" ? `${i}` : `(${i}) * ${cols}u`;
  const product = conjugateFactor === true ? "mulConj" : "mul";
  const multiplied = (i: string, z: string) => `${product}(factors[factor + ${pixel(i)}], ${z})`;
  const swapped = inverse ? ".yx" : "";
  const place = (i: string) => `Place(true, pod / p.modes, pod % p.modes, begin + ${pixel(i)})`;
  const slot = (i: string) => axis === "x" ? `lane * ${length}u + ${i}` : `(${i}) * ${perGroup}u + lane`;
  return {
    load(i) {
      const z = fused?.end === "source"
        ? `fusedSource(inside, ${place(i)}${fused.sums ? ", &shares" : ""})`
        : `wave[base + ${pixel(i)}]`;
      const value = (factor === "before" ? multiplied(i, z) : z) + swapped;
      // Lines behind the last one take part in the barriers only.
      return ragged ? `select(vec2f(), ${value}, inside)` : value;
    },
    store(i, z) {
      const value = `(${z})${swapped}`;
      const last = factor === "after" ? multiplied(i, value) : value;
      const keep = fused?.keep === true ? ` wave[base + ${pixel(i)}] = value;` : "";
      const text = fused?.end === "sink"
        ? `{ var value = ${last}; ${fused.sums ? "shares += " : ""}${fused.name}(${place(i)}, &value);${keep} }`
        : `wave[base + ${pixel(i)}] = ${last};`;
      return ragged ? `if (inside) { ${text} }` : text;
    },
    recall: (i) => `memory[${slot(i)}]`,
    keep: (i, z) => `memory[${slot(i)}] = ${z};`,
  };
}

/** Where a transform finds its input and leaves its output. */
interface Ends {
  readonly inMemory: boolean;
  readonly load: (i: string) => string;
  readonly outMemory: boolean;
  readonly store: (i: string, z: string) => string;
}

/** All stages of one transform of `length` elements. */
function transformText({ length, radices, threads }: Layout, { text, ends }: { text: LineText; ends: Ends }): string {
  if (radices.length === 0) return ends.store("0u", ends.load("0u"));
  const out: string[] = [];
  let stride = 1;
  for (const [stage, radix] of radices.entries()) {
    const [first, last] = [stage === 0, stage === radices.length - 1];
    const count = length / radix;
    const turns = Array.from({ length: Math.ceil(count / threads) }, (_, turn) => turn);
    const guard = (turn: number) => (turn + 1) * threads > count ? `if (t + ${turn * threads}u < ${count}u) ` : "";
    const names = (turn: number) => Array.from({ length: radix }, (_, k) => `x${turn}_${k}`);
    const load = first ? ends.load : text.recall;
    out.push("  {");
    for (const turn of turns) {
      const values = names(turn).map((name, k) => ({ name, value: load(`t + ${turn * threads + k * count}u`) }));
      if (guard(turn) === "") out.push(...values.map(({ name, value }) => `  let ${name} = ${value};`));
      else {
        out.push(...values.map(({ name }) => `  var ${name} = vec2f();`));
        out.push(`  ${guard(turn)}{ ${values.map(({ name, value }) => `${name} = ${value};`).join(" ")} }`);
      }
    }
    const writes = last ? ends.outMemory : true;
    if ((first ? ends.inMemory : true) && writes) out.push("  workgroupBarrier();");
    for (const turn of turns) {
      const { lines, outputs } = butterfly(names(turn), `y${turn}_`);
      const j = `t + ${turn * threads}u`;
      out.push(
        `  ${guard(turn)}{ let w = (${j}) / ${stride}u; let q = (${j}) % ${stride}u + ${radix * stride}u * w;`,
        ...lines.map((line) => `    ${line}`),
        ...outputs.map((z, k) => {
          const i = `q + ${k * stride}u`;
          if (last) return `    ${ends.store(i, z)}`;
          return `    ${text.keep(i, k === 0 ? z : `mul(tables[w * ${k * stride}u], ${z})`)}`;
        }),
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
function bluestein(length: number, layout: Layout): { body: (text: LineText) => string; tables: Float32Array } {
  const { length: padded, threads } = layout;
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
  const body = (text: LineText) => {
    const inMemory = { inMemory: true, outMemory: true };
    const multiply = {
      ...inMemory,
      load: text.recall,
      store: (i: string, z: string) => text.keep(i, `mul(tables[${padded + length}u + ${i}], ${z})`),
    };
    // Exchanged parts turn the forward transform into the inverse.
    const back = {
      ...inMemory,
      load: (i: string) => `${text.recall(i)}.yx`,
      store: (i: string, z: string) => text.keep(i, `(${z}).yx`),
    };
    return `
  for (var i = t; i < ${padded}u; i += ${threads}u) {
    if (i < ${length}u) { ${text.keep("i", `mul(tables[${padded}u + i], ${text.load("i")})`)} }
    else { ${text.keep("i", "vec2f()")} }
  }
  workgroupBarrier();
${transformText(layout, { text, ends: multiply })}
${transformText(layout, { text, ends: back })}
  for (var i = t; i < ${length}u; i += ${threads}u) {
    ${text.store("i", `mul(tables[${padded}u + i], ${text.recall("i")})`)}
  }`;
  };
  return { body, tables };
}

/** The plain sum, each invocation holding its elements of the line until all of it has been read. */
function sumText(length: number): (text: LineText) => string {
  const turns = Math.ceil(length / MOST_INVOCATIONS);
  return (text) => `
  var sums: array<vec2f, ${turns}>;
  for (var n = 0u; n < ${length}u; n++) {
    let x = ${text.load("n")};
    for (var k = 0u; k < ${turns}u; k++) {
      sums[k] += mul(tables[((t + k * ${MOST_INVOCATIONS}u) * n) % ${length}u], x);
    }
  }
  storageBarrier();
  for (var k = 0u; k < ${turns}u; k++) {
    let i = t + k * ${MOST_INVOCATIONS}u;
    if (i < ${length}u) { ${text.store("i", "sums[k]")} }
  }`;
}

/** exp(-2 pi i n / length). */
function roots(length: number): Float32Array {
  return Float32Array.from({ length: 2 * length }, (_, i) => {
    const angle = -2 * Math.PI * (i >> 1) / length;
    return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}
