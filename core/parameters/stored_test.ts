/** Parameters on their way into a `.ptyr` file. */

import { strict as assert } from "node:assert";
import { ptychoParams } from "./ptycho.ts";
import { storedParameters } from "./stored.ts";

const TREE = {
  seed: 7,
  verbose_level: "INFO",
  io: { autosave: false, autoplot: null, home: "x" },
  scans: {
    MF: {
      name: "Full",
      data: {
        name: "MoonFlowerScan",
        shape: 64,
        energy: 7,
        psize: [1, 2],
        positions_theory: [[0, 1]],
        num_frames: null,
      },
      illumination: { aperture: { size: [1, 2] }, photons: 3 },
      sample: { fill: "0.9+0.1j", process: { ref_index: "1-2j", zoom: 2 } },
    },
  },
  engines: { e: { name: "DM", numiter: 5, alpha: 1, position_refinement: true, clip_object: [0, 1] } },
};

Deno.test("storedParameters() turns words and complex numbers into values and leaves out what PtyPy does not know", () => {
  assert.deepEqual(storedParameters(ptychoParams, TREE).pars, {
    verbose_level: 3,
    io: { autosave: { active: false }, autoplot: null, home: "x" },
    scans: {
      MF: {
        ...TREE.scans.MF,
        sample: { fill: { re: 0.9, im: 0.1 }, process: { ref_index: { re: 1, im: -2 }, zoom: 2 } },
      },
    },
    engines: TREE.engines,
  });
});

Deno.test("storedParameters() keeps a real number real and turns a list that means a complex number into one", () => {
  const fill = (written: unknown) => {
    const scan = { name: "Full", data: { name: "QuickScan" }, sample: { fill: written } };
    const { pars } = storedParameters(ptychoParams, { scans: { MF: scan } });
    return (pars as { scans: { MF: { sample: { fill: unknown } } } }).scans.MF.sample.fill;
  };
  assert.deepEqual([1, [1, 2], { re: 1, im: 2 }].map(fill), [1, { re: 1, im: 2 }, { re: 1, im: 2 }]);
});

Deno.test("storedParameters() knows which whole numbers are floats for PtyPy", () => {
  const { isFloat } = storedParameters(ptychoParams, TREE);
  const leaves = ["data.energy", "data.psize", "data.shape", "data.num_frames", "illumination.aperture.size"];
  const found = [...leaves, "illumination.photons", "sample.process.zoom"].filter((leaf) =>
    isFloat(`scans.MF.${leaf}`)
  );
  assert.deepEqual(found, ["data.energy", "data.psize", "illumination.aperture.size", "sample.process.zoom"]);
  const engine = ["numiter", "alpha", "clip_object"].filter((key) => isFloat(`engines.e.${key}`));
  assert.deepEqual(engine, ["alpha", "clip_object"]);
});
