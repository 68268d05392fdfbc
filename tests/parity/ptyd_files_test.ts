/** Files that PtyPy 0.4 and 0.9 wrote, opened by PtydScan, and the positions of its MoonFlowerScan. */

import { allDiffraction, allMasks } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { moonFlower } from "../../core/loaders/moon_flower.ts";
import { ptyd } from "../../core/loaders/ptyd.ts";
import { moonFlowerScanParams } from "../../core/parameters/scandata/moon_flower_scan.ts";
import { ptydScanParams } from "../../core/parameters/scandata/ptyd_scan.ts";
import { type Preparation, prepareScan } from "../../core/preparation/prepare.ts";
import { silentServices } from "../../core/preparation/testing.ts";

const DATA = join(import.meta.dirname!, "../../../shared/data");

const SYNTH = { frames: 60, side: 64, energy: 7.2, distance: 7.19, psize: 0.000172, pixel: [31, 33] };
const SIEMENS = { frames: 516, side: 128, energy: 8.8, distance: 1.92, psize: 7.5e-5, pixel: [66, 61] };

// Sums of all counts, the count at `pixel` of frame 3 and the position of frame 5, read with h5py.
const CASES = [
  {
    file: "ptypy_files/synth64_nonoise_v04.ptyd",
    ...SYNTH,
    counts: 1031283595,
    count: 434067,
    position: [-1.3692116567814416e-06, 4.448838355999801e-07],
    isMaskLost: true,
  },
  {
    file: "ptypy_files/synth64_nonoise.ptyd",
    ...SYNTH,
    counts: 1031283595,
    count: 434067,
    position: [-1.3692116567814416e-06, 4.448838355999801e-07],
    isMaskLost: false,
  },
  {
    file: "ptypy_files/synth64_poisson_v04.ptyd",
    ...SYNTH,
    counts: 1031342816,
    count: 434128,
    position: [-1.3692116567814416e-06, 4.448838355999801e-07],
    isMaskLost: true,
  },
  {
    file: "ptypy_files/synth64_poisson.ptyd",
    ...SYNTH,
    counts: 1031342816,
    count: 434128,
    position: [-1.3692116567814416e-06, 4.448838355999801e-07],
    isMaskLost: false,
  },
  {
    file: "siemens_star/siemens_star_04.ptyd",
    ...SIEMENS,
    counts: 237985853,
    count: 10,
    position: [4.623518148682348e-06, 4.21791912746952e-06],
    isMaskLost: true,
  },
  {
    file: "siemens_star/siemens_star_09.ptyd",
    ...SIEMENS,
    counts: 237985853,
    count: 10,
    position: [4.623518148682348e-06, 4.21791912746952e-06],
    isMaskLost: false,
  },
];

function load(dfile: string, messages: string[] = []): Preparation {
  const p = ptydScanParams.parse({ name: "PtydScan", dfile });
  return prepareScan(ptyd, p, {
    label: "S",
    written: new Set(["name", "dfile"]),
    services: silentServices({ messages }),
    precision: "double",
    now: new Date(0),
  });
}

for (const c of CASES) {
  const path = join(DATA, c.file);
  const present = existsSync(path);
  const note = present ? "" : " (skipped: ../shared is not here)";
  Deno.test({ name: `PtydScan opens ${c.file}${note}`, ignore: !present }, () => {
    const messages: string[] = [];
    const scan = load(path, messages);
    const { energy, distance, psize, shape, center } = scan.meta;
    assert.equal(scan.numFrames, c.frames);
    assert.deepEqual([energy, distance, psize], [c.energy, c.distance, [c.psize, c.psize]]);
    assert.deepEqual([shape, center], [[c.side, c.side], [c.side / 2, c.side / 2]]);
    assert.equal(Float64Array.from(allDiffraction(scan.measured)).reduce((a, b) => a + b, 0), c.counts);
    assert.equal(allDiffraction(scan.measured)[(3 * c.side + c.pixel[0]!) * c.side + c.pixel[1]!], c.count);
    assert.deepEqual([...scan.positions.slice(10, 12)], c.position);
    assert.deepEqual([scan.measured.maskFrames, allMasks(scan.measured).length, allMasks(scan.measured).includes(0)], [
      1,
      c.side * c.side,
      false,
    ]);
    assert.equal(messages.some((message) => /has no mask/.test(message)), c.isMaskLost);
  });
}

const synth = join(DATA, "ptypy_files/synth64_nonoise_v04.ptyd");
Deno.test({ name: "MoonFlowerScan scans the positions of PtyPy's, to rounding", ignore: !existsSync(synth) }, () => {
  const given = { name: "MoonFlowerScan", shape: 64, num_frames: 60 };
  const ours = prepareScan(moonFlower, moonFlowerScanParams.parse(given), {
    label: "MF",
    written: new Set(Object.keys(given)),
    services: silentServices(),
    precision: "double",
    now: new Date(0),
  });
  const theirs = load(synth).positions;
  assert.equal(ours.positions.length, theirs.length);
  const field = Math.max(...theirs.map(Math.abs));
  theirs.forEach((metres, i) => assert.ok(Math.abs(ours.positions[i]! - metres) <= 1e-12 * field, `number ${i}`));
});
