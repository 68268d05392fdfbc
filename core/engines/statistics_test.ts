/** diffractionStatistics(): valid photons of frames, blocks and the whole data. */

import { heldFrames } from "../../kernels/measured.ts";
import { assertEquals } from "@std/assert/equals.js";
import type { Block } from "../../kernels/reconstruction.ts";
import { diffractionStatistics } from "./statistics.ts";

function framesWith(mask: Uint8Array): Block["measured"] {
  return heldFrames({ points: 2, diffraction: Float32Array.of(1, 2, 3, 50), mask });
}

const BLOCK: Block = {
  ID: "S0000",
  label: "scan",
  frames: 2,
  modes: 1,
  rows: 1,
  cols: 2,
  measured: framesWith(Uint8Array.of(1, 1, 1, 0)),
  propagators: [],
  address: new Int32Array(14),
};

Deno.test("diffractionStatistics() counts valid photons and divides by all pixels", () => {
  // Frames of 1 + 2 and 3 valid photons; with the first frame's mask for both: 3 and 53.
  const shared = { ...BLOCK, measured: framesWith(Uint8Array.of(1, 1)) };
  const found = diffractionStatistics({ precision: "single", blocks: [BLOCK, shared], probes: [], objects: [] });
  assertEquals(found, {
    blocks: [
      { maxPower: 3, totalPower: 6, meanPower: 1.5, powerBoundStub: 1.5 },
      { maxPower: 53, totalPower: 56, meanPower: 14, powerBoundStub: 26.5 },
    ],
    meanPower: 7.75,
    totalPower: 62,
    values: 8,
    frames: 4,
  });
});
