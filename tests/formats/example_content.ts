/** A small reconstruction and a small scan with nothing symmetric in them, for tests of the formats. */

import type { PtydChunk, PtydSpec } from "../../core/formats/ptyd_writer.ts";
import type { Ptyr, PtyrStorage } from "../../core/formats/ptyr.ts";
import { PTYR_DESCRIPTION } from "../../core/formats/ptyr.ts";

/** The time that the examples were made at. */
export const NOW = new Date("2026-11-02T03:04:05Z");

/** A storage of `layers` x 3 x 4 pixels whose values count up. */
export function exampleStorage(ID: string, layers: number): PtyrStorage {
  const data = Float32Array.from({ length: layers * 3 * 4 * 2 }, (_, i) => i / 8 - 1);
  return {
    ID,
    data: { dtype: "complex64", shape: [layers, 3, 4], data },
    psize: [1e-8, 2e-8],
    center: [1, 2],
    origin: [-1e-8, -4e-8],
    energy: 6.2,
    fill_value: 0,
    layermap: Array.from({ length: layers }, (_, i) => i),
    nlayers: layers,
    padding: 0,
    numID: 1,
  };
}

/** A reconstruction of two probe modes after two engines. */
export function exampleReconstruction(): Ptyr {
  const entry = (engine: string, iteration: number, iterations: number) => ({
    engine,
    iteration,
    iterations,
    numiter: 2,
    duration: 0.25,
    error: [iterations, 2.5, 3.5] as [number, number, number],
  });
  return {
    kind: "minimal",
    description: PTYR_DESCRIPTION,
    probe: { SscanG00: exampleStorage("SscanG00", 2) },
    obj: { SscanG00: exampleStorage("SscanG00", 1) },
    pars: {
      run: "example",
      dry_run: false,
      scans: {
        scan: {
          name: "Full",
          data: { name: "PtydScan", energy: 7, shape: [3, 4], positions_theory: null, psize: 1.5e-4, "odd/key": 1 },
          illumination: { aperture: { size: [1e-6, 2e-6] }, recon: { rfile: "\u00e4.ptyr" } },
          tags: ["a", "b"],
          mixed: [1, "b", null, true],
          flags: [true, false],
        },
      },
    },
    runtime: {
      run: "example",
      start: "Mon Nov  2 03:04:05 2026",
      stop: "Mon Nov  2 03:04:06 2026",
      last_save: 2,
      last_plot: 0,
      iter_info: [entry("DM", 1, 1), entry("DM", 2, 2), entry("ML", 1, 3), entry("ML", 2, 4)],
      error_local: { V0000: [1, 2, 3], V0001: [4, 5, 6] },
    },
    positions: { SscanG00: { dtype: "float64", shape: [2, 2], data: Float64Array.of(1e-6, 2e-6, 3e-6, 4e-6) } },
  };
}

/** How to begin an example .ptyd file. */
export function exampleSpec(save: PtydSpec["save"]): PtydSpec {
  return {
    save,
    meta: {
      label: "scan",
      energy: 7.2,
      distance: 7.19,
      psize: [1e-4, 2e-4],
      shape: [3, 4],
      center: [1.5, 2],
      version: 0.1,
    },
    info: { dfile: "x.ptyd", rebin: 1, auto_center: null, add_poisson_noise: false, orientation: [true, false, true] },
    now: NOW,
  };
}

/** Frames `start` to `stop` of an endless example scan; a pixel of every frame is masked, another one per frame. */
export function exampleChunk(start: number, stop: number): PtydChunk {
  const frames = stop - start;
  return {
    data: {
      dtype: "int32",
      shape: [frames, 3, 4],
      data: Int32Array.from({ length: frames * 12 }, (_, i) => 12 * start + i),
    },
    indices: Array.from({ length: frames }, (_, i) => 2 * (start + i)),
    positions: Float64Array.from({ length: 2 * frames }, (_, i) => (2 * start + i) * 1e-7),
    weights: {
      dtype: "uint8",
      shape: [frames, 3, 4],
      data: Uint8Array.from({ length: frames * 12 }, (_, i) => i % 12 === 5 || i % 13 === 7 ? 0 : 1),
    },
  };
}
