/** Propagation on a GPU: transforms along rows and columns with the factors of the propagators. */

import { DeviceError } from "../errors.ts";
import { type LineKernel, type LineOptions, planLineKernel } from "../fft/wgsl_fft.ts";
import type { Block } from "../reconstruction.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import type { Programs } from "./pipelines.ts";
import type { Bound, Condition, Recorder } from "./recorder.ts";
import type { Gpu } from "./request_gpu.ts";

/** The propagators of a block. */
export interface GpuPropagation {
  /** Records the propagation of `pods` waves, one after the other from element `wave.first` on. */
  record(
    direction: "forward" | "backward",
    options: {
      readonly wave: Bound;
      readonly address: Bound;
      readonly pods: number;
      /** First element of the waves and of the address rows. */
      readonly first: readonly [number, number];
      readonly condition: Condition | null;
    },
  ): void;
}

interface Line {
  readonly kernel: LineKernel;
  readonly tables: GpuArray;
}

/**
 * Plans the propagators of a block. The phase `post` of the far field is left out, as in createPropagator.
 * @throws {DeviceError} if a block has both far and near field
 */
export function planPropagation(
  { gpu, arrays, programs, recorder }: {
    readonly gpu: Gpu;
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
      `Cannot propagate block ${block.ID} on the GPU: found far and near field together, expected one kind; split the scan`,
      { block: block.ID },
    );
  }
  const factors = arrays.create("propagator factors", 8 * rows * cols * propagators.length);
  arrays.upload(factors, factorTable(block));
  const line = (options: Pick<LineOptions, "axis" | "inverse" | "factor" | "conjugateFactor">): Line => {
    const kernel = planLineKernel({ rows, cols, workgroupBytes: gpu.limits.workgroupBytes, ...options });
    const tables = arrays.create("FFT tables", kernel.tables.byteLength);
    arrays.upload(tables, kernel.tables);
    return { kernel, tables };
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
  return {
    record(direction, { wave, address, pods, first, condition }) {
      const slot = recorder.uniform(Uint32Array.of(pods, first[0], first[1], 0));
      for (const { kernel, tables } of lines[direction]) {
        const program = programs.text(kernel.text, [{ entry: "fft_lines", over: "once" }]);
        const group = recorder.bind(program, [wave, whole(tables), whole(factors), address], slot);
        const groups = kernel.groups(pods);
        recorder.dispatch(program.stages[0]!.pipeline, { group, slot, groups, condition });
      }
    },
  };
}

function whole(array: GpuArray): Bound {
  return { array, bytes: array.bytes };
}

/** Factors of all propagators with the normalisation: far field `pre / sqrt(N)`, near field `kernel / N`. */
function factorTable({ rows, cols, propagators }: Block): Float32Array {
  const points = rows * cols;
  const table = new Float32Array(2 * points * propagators.length);
  for (const [index, factors] of propagators.entries()) {
    const [values, scale] = factors.kind === "farfield"
      ? [factors.pre, 1 / Math.sqrt(points)]
      : [factors.kernel, 1 / points];
    for (let i = 0; i < 2 * points; i++) table[2 * points * index + i] = scale * values[i]!;
  }
  return table;
}
