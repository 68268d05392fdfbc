/** Propagation on a GPU: transforms along rows and columns with the factors of the propagators. */

import { DeviceError } from "../errors.ts";
import { type LineKernel, type LineOptions, planLineKernel } from "../fft/wgsl_fft.ts";
import type { Block } from "../reconstruction.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import type { Programs } from "./pipelines.ts";
import { textOf } from "./fusion.ts";
import { readLayout, type WgslText } from "../wgsl.ts";
import type { Bound, PreparedStage, Recorder, UniformSlot } from "./recorder.ts";
import { planScaledPropagation } from "./scaled_propagation.ts";

/** What every adapter offers, less what a sum over the workgroup takes; more would only keep workgroups from running side by side. */
const WORKGROUP_BYTES = 16384;

/** A kernel that a propagation takes over at one of its ends. */
export interface FusedEnd {
  readonly form: WgslText;
  /** The kernel's bindings, `work` included, and its Params. */
  readonly bound: readonly Bound[];
  readonly slot: UniformSlot;
  readonly keep: boolean;
}

/** The propagators of a block. */
export interface GpuPropagation {
  /** Dispatches that propagate `pods` waves, one after the other from element `begin[0]` on. */
  prepare(
    direction: Direction,
    options: {
      readonly wave: Bound;
      readonly address: Bound;
      readonly pods: number;
      /** First element of the waves and of the address rows. */
      readonly begin: readonly [number, number];
      readonly source: FusedEnd | null;
      readonly sink: FusedEnd | null;
    },
  ): PreparedStage[];
  /** Shares that a source or a sink leaves per wave. */
  sharesPerWave(direction: Direction, end: "source" | "sink"): number;
  /** The ends that look up a pod's propagator in the address table. */
  addressAt(direction: Direction): readonly ("source" | "sink")[];
  readonly readsOnce: boolean;
  /** Whether neighbours in a pass can be taken over at all. */
  readonly fuses: boolean;
}

type Direction = "forward" | "backward";

interface Line {
  readonly options: LineOptions;
  readonly kernel: LineKernel;
  readonly tables: GpuArray;
}

/**
 * Plans the propagators of a block. The phase `post` of the far field is left out, as in createPropagator.
 * @throws {DeviceError} if a block mixes kinds of propagators
 */
export function planPropagation(
  { arrays, programs, recorder }: {
    readonly arrays: GpuArrays;
    readonly programs: Programs;
    readonly recorder: Recorder;
  },
  block: Block,
): GpuPropagation {
  const { rows, cols, propagators } = block;
  const kind = propagators[0]!.kind;
  if (propagators.some((p) => p.kind !== kind)) {
    throw new DeviceError(
      `Cannot propagate block ${block.ID} on the GPU: found several kinds of propagators, expected one; split the scan`,
      { block: block.ID },
    );
  }
  if (kind === "scaled") return planScaledPropagation({ arrays, programs, recorder }, block);
  const factors = arrays.create("propagator factors", 8 * rows * cols * propagators.length);
  arrays.upload(factors, factorTable(block));
  const line = (options: Pick<LineOptions, "axis" | "inverse" | "factor" | "conjugateFactor">): Line => {
    const all = { rows, cols, workgroupBytes: WORKGROUP_BYTES, oneFactor: propagators.length === 1, ...options };
    const kernel = planLineKernel(all);
    const tables = arrays.create("FFT tables", kernel.tables.byteLength);
    arrays.upload(tables, kernel.tables);
    return { options: all, kernel, tables };
  };
  const plain = { factor: "none" } as const;
  const convolution = (conjugateFactor: boolean) => [
    line({ axis: "x", inverse: false, ...plain }),
    line({ axis: "y", inverse: false, factor: "after", conjugateFactor }),
    line({ axis: "y", inverse: true, ...plain }),
    line({ axis: "x", inverse: true, ...plain }),
  ];
  const lines = kind === "nearfield" ? { forward: convolution(false), backward: convolution(true) } : {
    forward: [
      line({ axis: "x", inverse: false, factor: "before" }),
      line({ axis: "y", inverse: false, ...plain }),
    ],
    backward: [
      line({ axis: "y", inverse: true, ...plain }),
      line({ axis: "x", inverse: true, factor: "after", conjugateFactor: true }),
    ],
  };
  const fusedTexts = new Map<string, string>();
  function fusedText(line: Line, { end, form, keep }: FusedEnd & { readonly end: "source" | "sink" }): string {
    const code = textOf(form);
    const key = `${line.options.axis}/${line.options.inverse}/${end}/${keep}/${code}`;
    let text = fusedTexts.get(key);
    if (text === undefined) {
      const { storage, uniform } = readLayout(code);
      const bindings = storage.length + (uniform === null ? 0 : 1);
      text = planLineKernel({
        ...line.options,
        fused: { code, bindings, end, name: form[end]!, sums: form.work !== undefined, keep },
      }).text;
      fusedTexts.set(key, text);
    }
    return text;
  }
  function prepareFused(
    line: Line,
    { pods, ...fused }: FusedEnd & { end: "source" | "sink"; pods: number },
  ): PreparedStage {
    const program = programs.text(fusedText(line, fused), [{ entry: "fft_lines", over: "once" }]);
    const factor = line.options.factor === "none" ? [] : [whole(factors)];
    const group = recorder.bind(program, [...fused.bound, whole(line.tables), ...factor], fused.slot);
    return { pipeline: program.stages[0]!.pipeline, group, slot: fused.slot, groups: line.kernel.groups(pods) };
  }
  return {
    fuses: true,
    sharesPerWave: (direction, end) => lines[direction].at(end === "source" ? 0 : -1)!.kernel.groups(1),
    addressAt: (direction) =>
      (["source", "sink"] as const).filter((end) => {
        const { factor, oneFactor } = lines[direction].at(end === "source" ? 0 : -1)!.options;
        return factor !== "none" && oneFactor !== true;
      }),
    readsOnce: [...lines.forward, ...lines.backward].every(({ kernel }) => kernel.method !== "sum"),
    prepare(direction, { wave, address, pods, begin, source, sink }) {
      return lines[direction].map((line, i, all) => {
        if (i === 0 && source !== null) return prepareFused(line, { ...source, end: "source", pods });
        if (i === all.length - 1 && sink !== null) return prepareFused(line, { ...sink, end: "sink", pods });
        const slot = recorder.uniform(Uint32Array.of(pods, begin[0], begin[1], 0));
        const program = programs.text(line.kernel.text, [{ entry: "fft_lines", over: "once" }]);
        const group = recorder.bind(program, [wave, whole(line.tables), whole(factors), address], slot);
        return { pipeline: program.stages[0]!.pipeline, group, slot, groups: line.kernel.groups(pods) };
      });
    },
  };
}

function whole(array: GpuArray): Bound {
  return { array, bytes: array.bytes };
}

/** Factors of all propagators, none of them scaled, with the normalisation: far field `pre / sqrt(N)`, near field `kernel / N`. */
function factorTable({ rows, cols, propagators }: Block): Float32Array {
  const points = rows * cols;
  const table = new Float32Array(2 * points * propagators.length);
  for (const [index, factors] of propagators.entries()) {
    if (factors.kind === "scaled") continue;
    const [values, scale] = factors.kind === "farfield"
      ? [factors.pre, 1 / Math.sqrt(points)]
      : [factors.kernel, 1 / points];
    for (let i = 0; i < 2 * points; i++) table[2 * points * index + i] = scale * values[i]!;
  }
  return table;
}
