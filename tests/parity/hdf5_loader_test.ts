/** Measured data through `Hdf5Loader`, against what PtyPy 0.9 prepared from the same file: the Siemens star of the Velociprobe. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openHdf5 } from "../../core/formats/hdf5.ts";
import { openFrames } from "../../core/formats/hdf5_frames.ts";
import { createGeometry } from "../../core/geometry.ts";
import { hdf5 } from "../../core/loaders/hdf5.ts";
import { hdf5LoaderParams } from "../../core/parameters/scandata/hdf5_loader.ts";
import { prepareScan } from "../../core/preparation/prepare.ts";
import { silentServices } from "../../core/preparation/testing.ts";

const SHARED = join(import.meta.dirname!, "../../../shared/data/siemens_star");
const isPresent = existsSync(SHARED);

/** What siemens_star_09.ptyd says. */
const [ENERGY, DISTANCE, PSIZE, SIDE] = [8.8, 1.92, 75e-6, 128];

/** Positions in the file are pixels in single precision, which PtyPy multiplied in its own order: half a unit in the last place of theirs. */
const POSITION_TOLERANCE = 2 ** -23;

Deno.test({
  name: `siemens_star.h5 gives the frames, masks and positions of siemens_star_09.ptyd${
    isPresent ? "" : " (skipped: ../shared is absent)"
  }`,
  ignore: !isPresent,
  fn() {
    const geometry = createGeometry({
      energy: ENERGY,
      distance: DISTANCE,
      psize: [PSIZE, PSIZE],
      shape: [SIDE, SIDE],
      center: [SIDE / 2, SIDE / 2],
      propagation: "farfield",
      where: "scans.S",
    });
    const file = join(SHARED, "siemens_star.h5");
    const axis = { slow_key: "scan_px", fast_key: "scan_px", slow_index: 0, fast_index: 1 };
    const [slow_multiplier, fast_multiplier] = geometry.resolution;
    const p = hdf5LoaderParams.parse({
      name: "Hdf5Loader",
      intensities: { file, key: "data" },
      positions: { ...axis, slow_multiplier, fast_multiplier },
      energy: ENERGY,
      distance: DISTANCE,
      psize: PSIZE,
    });
    const scan = prepareScan(hdf5, p, {
      label: "S",
      written: new Set(["energy", "distance", "psize"]),
      services: silentServices(),
      precision: "double",
      now: new Date(0),
    });
    using theirs = openHdf5(join(SHARED, "siemens_star_09.ptyd"));
    assert.deepEqual([...scan.meta.center], [64, 64]);
    const positions = theirs.readArray("chunks/0/positions").data;
    assert.equal(scan.positions.length, positions.length);
    for (let i = 0; i < positions.length; i++) {
      const wanted = Number(positions[i]);
      assert.ok(Math.abs(scan.positions[i]! - wanted) <= POSITION_TOLERANCE * Math.abs(wanted), `position ${i}`);
    }
    const frames = openFrames(theirs, "chunks/0/data");
    const weights = openFrames(theirs, "chunks/0/weights");
    const frame = new Float64Array(SIDE * SIDE);
    const mask = new Uint8Array(SIDE * SIDE);
    for (let n = 0; n < scan.numFrames; n++) {
      scan.measured.readDiffraction(n, frame);
      assert.deepEqual(frame, Float64Array.from(frames.read([n]).data as Int32Array));
      // Their masks are all alike.
      if (n >= 33) continue;
      scan.measured.readMask(n, mask);
      assert.deepEqual(mask, Uint8Array.from(weights.read([n]).data as Float64Array));
    }
  },
});
