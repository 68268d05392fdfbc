/** Which parameters are said to have no effect, and why. */

import { strict as assert } from "node:assert";
import { idleNotices } from "./idle_parameters.ts";
import { parsePtycho } from "./ptycho_params.ts";

const CASES: readonly [path: string, tree: Record<string, unknown>, because: RegExp][] = [
  ["illumination.recon.rfile", { illumination: { recon: { rfile: "x.ptyr" } } }, /model is not "recon"/],
  ["illumination.propagation.spot_size", { illumination: { propagation: { spot_size: 1e-6 } } }, /focussed is None/],
  [
    "illumination.aperture.size",
    { illumination: { propagation: { spot_size: 1e-6, focussed: 1e-3 }, aperture: { size: 1e-6 } } },
    /spot_size decides/,
  ],
  ["illumination.aperture.edge", { illumination: { aperture: { form: null, edge: 5 } } }, /form is None/],
  ["illumination.diversity.power", { illumination: { diversity: { power: 0.3 } } }, /one probe mode/],
  ["sample.recon.rfile", { sample: { recon: { rfile: "x.ptyr" } } }, /model is not "recon"/],
  ["sample.process.zoom", { sample: { process: { zoom: 2 } } }, /sample\.model, which is None/],
  ["sample.process.density", { sample: { model: "a.npy", process: { density: 2 } } }, /formula is None/],
  ["illumination.diversity.shift", { illumination: { diversity: { shift: 1e-7 } } }, /one probe mode/],
  [
    "illumination.recon.label",
    { illumination: { model: "moon", recon: { label: "B" } } },
    /neither "recon" nor "stxm"/,
  ],
  [
    "illumination.aperture.size",
    { illumination: { model: "plane", aperture: { size: 1 } } },
    /template "plane" decides/,
  ],
  ["sample.stxm.label", { sample: { stxm: { label: "B" } } }, /not "stxm"/],
  ["sample.process.zoom", { sample: { model: "stxm", process: { zoom: 2 } } }, /a transmission already/],
  ["sample.process.thickness", { sample: { model: "tree", process: { thickness: 2 } } }, /picture "tree" is a trans/],
  [
    "sample.process.ref_index",
    { sample: { model: "star", process: { formula: "Au", ref_index: 1 } } },
    /formula goes before it/,
  ],
  ["sample.fill", { sample: { model: "recon", fill: 2 } }, /taken as it is/],
  ["sample.diversity.noise", { sample: { diversity: { noise: [1, 2] } } }, /one object mode/],
  ["data.dfile", { data: { name: "MoonFlowerScan", dfile: "x.ptyd" } }, /data\.save is None/],
  ["data.label", { data: { name: "PtydScan", dfile: "x.ptyd", label: "x" } }, /data\.save is None/],
  ["data.mask.invert", { data: { name: "Hdf5Loader", mask: { invert: true } } }, /mask\.key is None/],
  ["data.intensities.live_key", { data: { name: "Hdf5Loader", intensities: { live_key: "x" } } }, /is_swmr is false/],
  [
    "data.positions.slow_index",
    { data: { name: "Hdf5Loader", positions: { slow_index: 1 } } },
    /slow_key and fast_key are None/,
  ],
];

for (const [path, scan, because] of CASES) {
  Deno.test(`idleNotices() says that ${path} has no effect because ${because.source}`, () => {
    const notices = noticesOf({ scans: { A: { name: "Full", data: { name: "MoonFlowerScan" }, ...scan } } });
    assert.equal(notices.length, 1, notices.join("\n"));
    assert.ok(notices[0]!.startsWith(`scans.A.${path} has no effect: `), notices[0]);
    assert.match(notices[0]!, because);
  });
}

Deno.test("idleNotices() says that a geometry that the file of an Hdf5Loader records goes before the written one", () => {
  const data = { name: "Hdf5Loader", energy: 6, distance: 2, recorded_energy: { key: "x", offset: 0.1 } };
  assert.deepEqual(noticesOf({ scans: { A: { name: "Full", data } } }), [
    "scans.A.data.energy has no effect: recorded_energy says where it is",
  ]);
});

const ENGINES: readonly [path: string, engine: Record<string, unknown>, because: RegExp][] = [
  ["reg_del2_amplitude", { name: "ML", reg_del2_amplitude: 1 }, /reg_del2 is false/],
  ["smooth_gradient_decay", { name: "ML", smooth_gradient_decay: 0.1 }, /smooth_gradient is 0/],
  ["position_refinement.nshifts", { name: "DM", position_refinement: { nshifts: 8 } }, /neither start nor stop/],
  ["position_refinement.start", { name: "DM", numiter: 5, position_refinement: { start: 5 } }, /before it starts/],
];

for (const [path, e, because] of ENGINES) {
  Deno.test(`idleNotices() says that ${path} of ${e.name} has no effect because ${because.source}`, () => {
    const notices = noticesOf({ engines: { e } });
    assert.equal(notices.length, 1, notices.join("\n"));
    assert.ok(notices[0]!.startsWith(`engines.e.${path} has no effect: `), notices[0]);
    assert.match(notices[0]!, because);
  });
}

Deno.test("idleNotices() says what illumination.size of a Bragg3dModel leaves nothing to do", () => {
  const scan = (illumination: Record<string, unknown>) => ({
    scans: { B: { name: "Bragg3dModel", data: { name: "Bragg3dSimScan" }, illumination } },
  });
  const disc = noticesOf(scan({ size: 1e-6, aperture: { edge: 5 }, photons: 3 }));
  assert.deepEqual(disc.map((notice) => notice.split(" ")[0]), [
    "scans.B.illumination.aperture.edge",
    "scans.B.illumination.photons",
  ]);
  assert.match(disc[0]!, /size makes a flat disc/);
  assert.match(noticesOf(scan({ recon: { rfile: "a.ptyr" } })).join(), /recon\.rfile has no effect/);
});

Deno.test("idleNotices() says nothing of None, of defaults, of what is not written and of what has an effect", () => {
  const full = {
    name: "Full",
    data: { name: "MoonFlowerScan", save: "append", dfile: "x.ptyd", label: "x" },
    illumination: { diversity: null, recon: { rfile: "\\*.ptyr" }, propagation: { spot_size: null } },
    sample: { process: null, diversity: { power: 0.3 } },
    coherence: { num_object_modes: 2 },
  };
  const read = { name: "Full", data: { name: "PtydScan", source: "file", dfile: "x.ptyd" }, illumination: "x.ptyr" };
  const engines = {
    a: { name: "DM", position_refinement: false },
    b: { name: "DM", position_refinement: { stop: 5, nshifts: 8 } },
    c: { name: "ML", reg_del2: true, reg_del2_amplitude: 1, smooth_gradient: 2, smooth_gradient_decay: 0.1 },
  };
  assert.deepEqual(
    noticesOf({ scans: { full, read, vanilla: { ...read, illumination: null, name: "Vanilla" } }, engines }),
    [],
  );
});

function noticesOf(tree: Record<string, unknown>): string[] {
  return idleNotices(parsePtycho(tree));
}
