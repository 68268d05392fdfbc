/**
 * Whole runs of PtyPy's simulated scans (60 frames of 64 x 64, DM 50 then ML 20, single precision) against the error histories
 * that PtyPy 0.4 and 0.9 reported for them.
 *
 * ML is compared from PtyPy's own DM result on, over all its iterations. DM from its start is compared within 1 % for as long
 * as the rounding of PtyPy's FFT does not decide the course. The initial probe is a plain smooth disc, whose transform in row 0
 * and column 0 of the detector is smaller than single precision rounds; DM gives these pixels the measured amplitude with
 * whatever phase rounding left, and the difference grows a hundredfold in ten iterations. From then on PtyPy 0.4 and PtyPy 0.9
 * differ from each other by up to 5 % (Fourier), 12 % (photons) and 10 % (exit) on the very same frames, and so do runs of
 * ours whose initial probes differ by rounding. PtyPy must not lie farther from our run than twice what such runs do. As a
 * curve, measured in parts of its greatest value, PtyPy 0.4's history of the noise-free set is followed within 1 % to the end,
 * the others within 2 %.
 * The measured scan of `siemens_star_test.ts` has no such pixels: there DM stays within 1 % over all 60 iterations.
 */

import assert from "node:assert/strict";
import {
  DM_ITERATIONS,
  type ErrorRow,
  largestDeviation,
  largestDistance,
  powerBoundOf,
  probePhotons,
  ptypyFile,
  ptypyHistory,
  runHistory,
  type StoredTree,
  storedTree,
} from "./ptypy_history.ts";

const CASES = [
  { set: "nonoise", version: "0.4", ptyr: "synth64_nonoise_v04_DM_0050_04.ptyr", errors: "nonoise_v04_04" },
  { set: "nonoise", version: "0.9", ptyr: "synth64_nonoise_DM_0050_09.ptyr", errors: "nonoise_09" },
  { set: "poisson", version: "0.4", ptyr: "synth64_poisson_v04_DM_0050_04.ptyr", errors: "poisson_v04_04" },
  { set: "poisson", version: "0.9", ptyr: "synth64_poisson_DM_0050_09.ptyr", errors: "poisson_09" },
] as const;

const SKIPPED = " (skipped: ../shared is absent)";
const COLUMNS = { fourier: 0, photons: 1, exit: 2 } as const;

/** PtyPy ran in single precision, and 20 iterations of conjugate gradients amplify its rounding; measured 1e-7 to 3e-6. */
const ML_TOLERANCE = 1e-5;
/** Iterations of DM over which rounding stays below 1 %; measured 0.2 % or less at iteration 9. */
const DETERMINED = 10;
const ONE_PERCENT = 0.01;
/**
 * Largest distance from PtyPy's curve in parts of its greatest value, on the wasm device: measured 0.8 % from 0.4 without noise, 1.6 %
 * from 0.9, and 1.5 % with noise; our own runs with rounding-sized noise are up to 1.4 % apart. The reference device has 0.63 and 1.1 %.
 */
const CURVE = { nonoise: { "0.4": ONE_PERCENT, "0.9": 0.02 }, poisson: { "0.4": 0.02, "0.9": 0.02 } } as const;
/** How many times farther PtyPy may be from our run than our runs with noise are. */
const SPREADS = 2;
/** Phase noise of the initial probe, rms in rad before it is smoothed over 2 pixels: a few roundings of single precision. */
const ROUNDING_NOISE = [1e-6, 2];
/** Our runs: one as it is, and one for each seed of the noise. */
const SEEDS = [null, 1, 2, 3];

for (const { set, version, ptyr, errors } of CASES) {
  const files = filesOf({ set, ptyr, errors });
  Deno.test({
    name:
      `ML continues DM of PtyPy ${version} on ${set} as PtyPy did, 20 iterations within ${ML_TOLERANCE}${files.note}`,
    ignore: files.found === null,
    async fn() {
      const { ptyd, ptyr, errors } = files.found!;
      const ours = await runHistory(mlTree(storedTree({ ptyr, ptyd }), ptyr));
      const theirs = ptypyHistory(errors).slice(DM_ITERATIONS);
      assert.equal(ours.length, theirs.length);
      const { deviation, iteration } = largestDeviation(ours, theirs, COLUMNS.photons);
      assert.ok(deviation < ML_TOLERANCE, `photon error is off by ${deviation} at iteration ${iteration}`);
      for (const [fourier, , exit] of ours) assert.deepEqual([fourier, exit], [0, 0]);
    },
  });
}

for (const set of ["nonoise", "poisson"] as const) {
  const cases = CASES.filter((c) => c.set === set);
  const start = cases.map((c) => filesOf(c).found).find((found) => found !== null);
  const histories = cases.flatMap(({ version, errors }) => {
    const path = ptypyFile(errorsFile(errors));
    return path === null ? [] : [{ version, path }];
  });
  Deno.test({
    name: `DM on ${set} follows PtyPy within 1 % for ${DETERMINED} iterations and then within what rounding does${
      start ? "" : SKIPPED
    }`,
    ignore: !start,
    async fn() {
      const tree = storedTree(start!);
      const powerBound = powerBoundOf(start!.ptyd);
      const ours: ErrorRow[][] = [];
      for (const seed of SEEDS) ours.push(await runHistory(dmTree(tree, seed)));
      for (const { version, path } of histories) {
        // PtyPy 0.9 does not divide the Fourier error by the power bound.
        const unit = version === "0.9" ? powerBound : 1;
        const theirs = ptypyHistory(path).slice(0, DM_ITERATIONS).map(([f, p, e]): ErrorRow => [f / unit, p, e]);
        for (const [name, column] of Object.entries(COLUMNS)) {
          assertFollows(ours, theirs, {
            column,
            name: `${name} error of PtyPy ${version}`,
            limit: CURVE[set][version],
          });
        }
      }
    },
  });
}

function assertFollows(
  ours: readonly ErrorRow[][],
  theirs: readonly ErrorRow[],
  { column, name, limit }: { readonly column: 0 | 1 | 2; readonly name: string; readonly limit: number },
): void {
  const [plain, ...noisy] = ours as [ErrorRow[], ...ErrorRow[][]];
  const determined = largestDeviation(plain.slice(0, DETERMINED), theirs, column);
  assert.ok(determined.deviation < ONE_PERCENT, `${name}: off by ${determined.deviation} at ${determined.iteration}`);
  const whole = largestDeviation(plain, theirs, column);
  const spread = Math.max(...noisy.map((history) => largestDeviation(history, plain, column).deviation));
  assert.ok(
    whole.deviation < SPREADS * spread,
    `${name}: off by ${whole.deviation} at ${whole.iteration}, while our own runs differ by ${spread}`,
  );
  const curve = largestDistance(plain, theirs, column);
  assert.ok(curve.distance < limit, `${name}: the curve is off by ${curve.distance} at ${curve.iteration}`);
  // Were the spread large, the comparison would say nothing.
  assert.ok(spread < 0.4, `${name}: our own runs differ by ${spread}`);
}

/** DM alone; with a seed, the initial probe has noise. */
function dmTree(tree: StoredTree, seed: number | null): StoredTree {
  const { MF } = tree.scans;
  const noise = { illumination: { ...MF.illumination as object, aperture: { diffuser: ROUNDING_NOISE } } };
  return {
    ...tree,
    ...(seed === null ? {} : { seed, scans: { MF: { ...MF, ...noise } } }),
    engines: { engine00: tree.engines.engine00! },
  };
}

/** ML alone, from the probe and object in `rfile`, whose probe keeps its photons. */
function mlTree(tree: StoredTree, rfile: string): StoredTree {
  const start = { model: "recon", recon: { rfile } };
  const illumination = { ...start, aperture: { form: null }, diversity: null, photons: probePhotons(rfile) };
  return {
    ...tree,
    scans: { MF: { ...tree.scans.MF, illumination, sample: start } },
    engines: { engine01: tree.engines.engine01! },
  };
}

interface Files {
  readonly ptyd: string;
  readonly ptyr: string;
  readonly errors: string;
}

/** PtyPy 0.4 and 0.9 simulated the same frames, which the file of 0.4 has without a mask; all pixels are valid. */
function filesOf(o: { set: string; ptyr: string; errors: string }): { found: Files | null; note: string } {
  const [ptyd, ptyr, errors] = [`synth64_${o.set}_v04.ptyd`, o.ptyr, errorsFile(o.errors)].map(ptypyFile);
  const found = ptyd && ptyr && errors ? { ptyd, ptyr, errors } : null;
  return { found, note: found === null ? SKIPPED : "" };
}

function errorsFile(name: string): string {
  return `synth64_${name}_errors.json`;
}
