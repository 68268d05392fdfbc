/** Propagation on a GPU by a matrix per axis, for far fields that no Fourier transform of the frame leads to. */

import { DeviceError } from "../errors.ts";
import { adjointMatrix, type ScaledFactors } from "../propagation/scaled_field.ts";
import type { Block } from "../reconstruction.ts";
import complexModule from "../shared/complex.wgsl" with { type: "text" };
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import type { Programs } from "./pipelines.ts";
import type { GpuPropagation } from "./propagation.ts";
import type { Recorder } from "./recorder.ts";
import scaledLinesText from "./scaled_lines.wgsl" with { type: "text" };

const TEXT = [complexModule, gridModule, scaledLinesText].join("\n");
/** Elements of a line that a workgroup holds: LONGEST in scaled_lines.wgsl, which is what every adapter has memory for. */
const LONGEST_LINE = 2048;

/** Plans the propagators of a block that are all scaled. @throws {DeviceError} if a line of a frame is too long */
export function planScaledPropagation(
  { arrays, programs, recorder }: {
    readonly arrays: GpuArrays;
    readonly programs: Programs;
    readonly recorder: Recorder;
  },
  { ID, rows, cols, propagators }: Pick<Block, "ID" | "rows" | "cols" | "propagators">,
): GpuPropagation {
  if (Math.max(rows, cols) > LONGEST_LINE) {
    throw new DeviceError(
      `Cannot propagate block ${ID} on the GPU: found frames of ${rows} x ${cols} pixels with several energies, expected ` +
        `at most ${LONGEST_LINE} along either side; rebin or crop the frames, or use another device`,
      { block: ID },
    );
  }
  const factors = propagators as readonly ScaledFactors[];
  const upload = (matrices: readonly ArrayLike<number>[]): GpuArray => {
    const length = matrices[0]!.length;
    const table = new Float32Array(length * matrices.length);
    matrices.forEach((matrix, i) => table.set(matrix, i * length));
    const array = arrays.create("propagator matrices", table.byteLength);
    arrays.upload(array, table);
    return array;
  };
  // The kernel wants (in, out): the transpose on the way forth, the conjugate matrix itself on the way back.
  const steps = {
    forward: [
      { axis: 0, lines: rows, matrices: upload(factors.map(({ x }) => conjugate(adjointMatrix(x, cols)))) },
      { axis: 1, lines: cols, matrices: upload(factors.map(({ y }) => conjugate(adjointMatrix(y, rows)))) },
    ],
    backward: [
      { axis: 1, lines: cols, matrices: upload(factors.map(({ y }) => conjugate(y))) },
      { axis: 0, lines: rows, matrices: upload(factors.map(({ x }) => conjugate(x))) },
    ],
  };
  return {
    fuses: false,
    sharesPerWave: () => 1,
    addressAt: () => [],
    readsOnce: false,
    prepare(direction, { wave, address, pods, begin }) {
      const program = programs.text(TEXT, [{ entry: "scaled_lines", over: "once" }]);
      return steps[direction].map(({ axis, lines, matrices }) => {
        const slot = recorder.uniform(Uint32Array.of(pods, begin[0], begin[1], axis, rows, cols));
        const group = recorder.bind(program, [wave, { array: matrices, bytes: matrices.bytes }, address], slot);
        return { pipeline: program.stages[0]!.pipeline, group, slot, groups: lines * pods };
      });
    },
  };
}

function conjugate(matrix: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: matrix.length }, (_, i) => i % 2 === 0 ? matrix[i]! : -matrix[i]!);
}
