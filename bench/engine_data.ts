/** Made-up data of any size for the benchmarks: speed does not depend on the numbers, as long as they stay finite. */

import { heldFrames } from "../kernels/measured.ts";
import type { Random } from "../core/random.ts";
import { ADDRESS, type Data, type State } from "../kernels/reconstruction.ts";

const PSIZE = 1e-6;

/** One block of far-field frames on a square grid of overlapping views. */
export function benchData(
  { frames, size, modes }: { readonly frames: number; readonly size: number; readonly modes: number },
  random: Random,
): { readonly data: Data; readonly state: State } {
  const points = size * size;
  const across = Math.ceil(Math.sqrt(frames));
  const step = Math.max(1, Math.round(0.22 * size));
  const side = size + (across - 1) * step;
  const noise = (i: number) => ((i * 7919) % 1021) / 1021;
  const pre = new Float32Array(2 * points);
  const probe = new Float32Array(2 * modes * points);
  for (let i = 0; i < points; i++) {
    const [y, x] = [Math.floor(i / size) / size - 0.5, (i % size) / size - 0.5];
    const phase = 40 * (y * y + x * x);
    pre.set([Math.cos(phase), Math.sin(phase)], 2 * i);
    for (let m = 0; m < modes; m++) {
      const amplitude = Math.exp(-20 * (y * y + x * x)) * (10 / (m + 1));
      probe.set([amplitude * Math.cos(5 * y + m), amplitude * Math.sin(5 * x)], 2 * (m * points + i));
    }
  }
  const object = Float32Array.from(
    { length: 2 * side * side },
    (_, i) => i % 2 === 0 ? 0.9 + 0.1 * noise(i) : noise(i),
  );
  const address = new Int32Array(frames * modes * ADDRESS.columns);
  const positions = new Float64Array(2 * frames);
  for (let frame = 0; frame < frames; frame++) {
    const [oy, ox] = [Math.floor(frame / across) * step, (frame % across) * step];
    positions.set([(oy + size / 2) * PSIZE, (ox + size / 2) * PSIZE], 2 * frame);
    for (let m = 0; m < modes; m++) {
      address.set([m * points, 0, side, oy, ox, 0, 0], (frame * modes + m) * ADDRESS.columns);
    }
  }
  const diffraction = Float32Array.from({ length: frames * points }, (_, i) => 4 * noise(i) ** 8);
  const layout = { ID: "SbenchG00", start: 0, psize: [PSIZE, PSIZE], origin: [0, 0] } as const;
  const block = {
    ID: "S0000",
    label: "bench",
    frames,
    modes,
    rows: size,
    cols: size,
    measured: heldFrames({
      points,
      diffraction,
      mask: new Uint8Array(points).fill(1),
    }),
    propagators: [{ kind: "farfield", pre, post: pre }],
    address,
  } as const;
  return {
    data: {
      precision: "single",
      blocks: [block],
      probes: [{ ...layout, layers: modes, rows: size, cols: size }],
      objects: [{ ...layout, layers: 1, rows: side, cols: side }],
    },
    state: {
      iterations: 0,
      iteration: 0,
      random: random.state(),
      scalars: {},
      arrays: {
        probe: { dtype: "complex64", shape: [modes * points], data: probe },
        object: { dtype: "complex64", shape: [side * side], data: object },
        positions: { dtype: "float64", shape: [frames, 2], data: positions },
      },
    },
  };
}
