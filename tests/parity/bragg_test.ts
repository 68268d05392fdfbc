/** Bragg geometry, probe, propagator, frames and coordinates against PtyPy 0.4.0, which read the same experiment. */

import assert from "node:assert/strict";
import { createBraggGeometry, type Triple } from "../../core/bragg/geometry.ts";
import { buildBraggModel } from "../../core/bragg/build_model.ts";
import { stripedFilm } from "../../core/bragg/crystal.ts";
import { braggProbe } from "../../core/bragg/incoming_probe.ts";
import { skewToOrthogonal } from "../../core/bragg/skew.ts";
import { bragg3dSim } from "../../core/loaders/bragg_3d_sim.ts";
import { singleIlluminationParams } from "../../core/parameters/illumination.ts";
import { bragg3dModelParams } from "../../core/parameters/scan/bragg_3d_model.ts";
import type { Bragg3dSimScanParams } from "../../core/parameters/scandata/bragg_3d_sim_scan.ts";
import { prepareScan } from "../../core/preparation/prepare.ts";
import { createBraggPropagator } from "../../core/propagators/bragg.ts";
import { createRandom } from "../../core/random.ts";
import { allDiffraction } from "../../kernels/measured.ts";
import recorded from "./fixtures/bragg.json" with { type: "json" };
import { assertRelative, hasShared, readAttribute, readNumbers } from "./init_oracle.ts";

const ORACLES = ["reference/oracles/oracle_bragg_v0.4.0.h5", "reference/oracles/oracle_bragg_v0.9.0.h5"];
const OPTIONS = {
  energy: 8.5,
  distance: 2,
  psize: 2.75e-4,
  shape: [12, 32, 32],
  theta_bragg: 20,
  rocking_step: 0.005,
} as const;
const GEOMETRY = createBraggGeometry(OPTIONS);
/** What both oracles were made with. */
const BEAM = { aperture: { size: 1e-6 } };

for (const oracle of ORACLES) {
  const ignore = !hasShared(oracle);
  const name = `${oracle.slice(-9, -3)}${ignore ? " (skipped: no ../shared)" : ""}`;
  const attribute = (key: string) => readAttribute(oracle, "inputs", key);

  Deno.test({
    name: `Bragg geometry is that of PtyPy ${name} to 1e-12`,
    ignore,
    fn() {
      assertRelative([GEOMETRY.lam], attribute("lam"), 1e-12);
      assertRelative(GEOMETRY.resolution, attribute("resolution"), 1e-12);
      const [q3, q1, q2] = GEOMETRY.dq;
      assertRelative([q1, q2, q3], attribute("dq"), 1e-12);
    },
  });

  Deno.test({
    name: `the probe in the crystal is that of PtyPy ${name} to 1e-12`,
    ignore,
    fn() {
      const p = singleIlluminationParams.parse(BEAM);
      assert.ok(typeof p === "object");
      const context = { geometry: GEOMETRY, model: null, random: createRandom(1), where: "illumination" };
      assertRelative(braggProbe(p, context), readNumbers(oracle, "inputs/probe0").data, 1e-12);
    },
  });

  Deno.test({
    name: `the simulated crystal is that of PtyPy ${name}, voxel by voxel`,
    ignore,
    fn() {
      const { data, shape } = readNumbers(oracle, "inputs/simulated_object");
      const film = stripedFilm({
        shape: shape.slice(1) as unknown as Triple,
        psize: GEOMETRY.resolution,
        origin: attribute("simulated_object_origin") as unknown as Triple,
        theta_bragg: 20,
      });
      assert.deepEqual(film, data.filter((_, i) => i % 2 === 0));
    },
  });

  Deno.test({
    name: `the propagator makes the frames of PtyPy ${name} to 1e-12`,
    ignore,
    fn() {
      const [probe, object] = ["probe0", "simulated_object"].map((key) => readNumbers(oracle, `inputs/${key}`));
      const { data: frames } = readNumbers(oracle, "inputs/intensities");
      const { data: low } = readNumbers(oracle, "inputs/dlow");
      const size = 12 * 32 * 32;
      const propagator = createBraggPropagator(OPTIONS.shape);
      for (const position of [1, 8]) {
        const first = [...low.subarray(3 * position, 3 * position + 3)] as unknown as Triple;
        const wave = propagator.forward(exitWave(probe!.data, object!, first));
        const intensity = Float64Array.from({ length: size }, (_, i) => wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2);
        assertRelative(intensity, frames.subarray(position * size, (position + 1) * size), 1e-12);
      }
    },
  });

  Deno.test({
    name: `the object of PtyPy ${name} has its profile along z after skewToOrthogonal(), to 1e-12`,
    ignore,
    fn() {
      // The support leaves the profile as it was taken but for its ends, where z is rounded.
      const { data, shape } = readNumbers(oracle, "shrinkwrap/object_iter5");
      const [low, high] = ["low", "high"].map((key) => readAttribute(oracle, "shrinkwrap/sw_iter5", key)[0]!);
      const z = readNumbers(oracle, "shrinkwrap/sw_iter5/s").data;
      const expected = readNumbers(oracle, "shrinkwrap/sw_iter5/profile").data;
      const volume = skewToOrthogonal(data, {
        shape: shape.slice(1) as unknown as Triple,
        psize: GEOMETRY.resolution,
        theta_bragg: 20,
      });
      const profile = profileOf(volume.data, shape.slice(1) as unknown as Triple);
      const inside = [...z.keys()].filter((i) => z[i]! > low! + 1e-9 && z[i]! < high! - 1e-9);
      assert.ok(inside.length > 3);
      assertRelative(inside.map((i) => profile[i]!), inside.map((i) => expected[i]!), 1e-12);
    },
  });
}

const ORACLE = ORACLES[0]!;
const absent = !hasShared(ORACLE);
const SCAN = {
  name: "Bragg3dModel",
  illumination: BEAM,
  sample: { fill: 0.001 },
  data: {
    name: "Bragg3dSimScan",
    illumination: BEAM,
    shape: 32,
    psize: 2.75e-4,
    theta_bragg: 20,
    rocking_step: 0.005,
    n_rocking_positions: 12,
  },
};

/** The scan of the oracles, simulated, prepared and begun. */
function begin() {
  const p = bragg3dModelParams.parse(SCAN);
  const data = p.data as Bragg3dSimScanParams;
  const [random, log, path] = [createRandom(1), () => {}, (relative: string) => relative];
  const options = { label: "scan01", written: new Set<string>(), precision: "double", now: new Date(0) } as const;
  const prepared = prepareScan(bragg3dSim, data, { ...options, services: { random, log, path } });
  const never = (): never => assert.fail("nothing is read");
  const services = { random, log, loadArray: never, readPtyr: never, precision: "double" } as const;
  const { scans: [scan], probe, obj } = buildBraggModel([{ label: "scan01", p, prepared }], services);
  const { depth, origin } = obj.storages[0]!;
  return {
    prepared,
    coordinates: scan!.bragg!.coordinates,
    intensities: allDiffraction(scan!.prepared.measured),
    probe: probe.data,
    object: obj.data,
    origin: [depth!.origin, ...origin],
    low: obj.views.flatMap((view) => [view.depth!.low, ...view.low]),
  };
}

Deno.test({
  name: `Bragg3dSimScan and Bragg3dModel begin as PtyPy v0.4.0 does, to 1e-12${
    absent ? " (skipped: no ../shared)" : ""
  }`,
  ignore: absent,
  fn() {
    const found = begin();
    const oracle = (name: string) => readNumbers(ORACLE, `inputs/${name}`).data;
    assertRelative(found.prepared.rocking!.coordinates, oracle("raw_positions_angle_x_z_y"), 1e-12);
    assertRelative(found.coordinates, oracle("coord_r3r1r2"), 1e-12);
    assertRelative(found.intensities, oracle("intensities"), 1e-12);
    assertRelative(found.probe, oracle("probe0"), 1e-12);
    assertRelative(found.object, oracle("object0"), 1e-12);
    assertRelative(found.origin, readAttribute(ORACLE, "inputs", "object_origin"), 1e-12);
    assert.deepEqual(found.low, [...oracle("dlow")]);
  },
});

Deno.test("Bragg3dSimScan and Bragg3dModel have the values recorded from PtyPy v0.4.0, to 1e-12", () => {
  const found = begin();
  const moduli = Float64Array.from({ length: found.probe.length / 2 }, (_, i) => {
    return Math.hypot(found.probe[2 * i]!, found.probe[2 * i + 1]!);
  });
  for (const [values, expected] of [[moduli, recorded.probe], [found.intensities, recorded.intensities]] as const) {
    for (const [i, at] of expected.at.entries()) {
      assert.ok(Math.abs(values[at]! - expected.values[i]!) <= 1e-12 * expected.largest, `number ${at}: ${values[at]}`);
    }
    assertRelative([sumOf(values)], [expected.sum], 1e-12);
  }
  assertRelative(GEOMETRY.resolution, recorded.resolution, 1e-12);
  assertRelative(found.origin, recorded.object_origin, 1e-12);
  assert.deepEqual(found.low, recorded.low);
});

/** Probe times the view of the object that begins at `first`. */
function exitWave(
  probe: Float64Array,
  object: { readonly data: Float64Array; readonly shape: readonly number[] },
  [z, y, x]: Triple,
): Float64Array {
  const [n3, n1, n2] = OPTIONS.shape;
  const [, , rows, cols] = object.shape as [number, number, number, number];
  const wave = new Float64Array(probe.length);
  for (let i = 0; i < n3 * n1 * n2; i++) {
    const [k, l, m] = [Math.floor(i / (n1 * n2)), Math.floor(i / n2) % n1, i % n2];
    const j = ((z + k) * rows + y + l) * cols + x + m;
    const [a, b, c, d] = [probe[2 * i]!, probe[2 * i + 1]!, object.data[2 * j]!, object.data[2 * j + 1]!];
    wave[2 * i] = a * c - b * d;
    wave[2 * i + 1] = a * d + b * c;
  }
  return wave;
}

/** Mean modulus over x and y for each z. */
function profileOf(volume: Float64Array, [planes, rows, cols]: Triple): Float64Array {
  const profile = new Float64Array(rows);
  for (let i = 0; i < planes * rows * cols; i++) {
    profile[Math.floor(i / cols) % rows]! += Math.hypot(volume[2 * i]!, volume[2 * i + 1]!) / (planes * cols);
  }
  return profile;
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
