/** Trial shifts: where views go, which trial wins and what is refused. */

import { assertEquals } from "@std/assert/equals.js";
import { acceptTrial, judgeTrial, placeTrial } from "./trial_shift.ts";

/** Two modes of 4 * 2 pixels on a 10 * 8 object with origin (-1, 2) mm and pixels of 0.5 and 0.25 mm. */
const SHAPE = { modes: 2, rows: 4, cols: 2, propagators: [] } as const;
const OBJECTS = Float64Array.of(-1e-3, 2e-3, 0.5e-3, 0.25e-3, 10, 8);
const ADDRESS_TABLE = [0, 0, 8, 3, 2, 0, 0, 8, 0, 8, 3, 2, 0, 0];
/** Pixel (5.1, 3.2): first pixel (5 - 2, 3 - 1). */
const POSITION = [-1e-3 + 5.1 * 0.5e-3, 2e-3 + 3.2 * 0.25e-3];

const PLACES = [
  { shift: [0.3, 0.2], first: [3, 2], inside: 1, why: "5.4 and 3.4 round to where the frame is" },
  { shift: [0.5, -0.8], first: [4, 1], inside: 1, why: "5.6 and 2.4 round to 6 and 2" },
  { shift: [-3.1, 0], first: [0, 2], inside: 1, why: "2 is the last row inside" },
  { shift: [-3.7, 0], first: [3, 2], inside: 0, why: "1.4 would begin above the object" },
  { shift: [0, 4.4], first: [3, 2], inside: 0, why: "7.6 would end right of the object" },
  { shift: [NaN, NaN], first: [3, 2], inside: 0, why: "it is not to be tried" },
];

for (const { shift, first, inside, why } of PLACES) {
  Deno.test(`placeTrial() by (${shift}) pixels gives (${first}), inside ${inside}: ${why}`, () => {
    const { moved, outcome } = place(shift);
    for (const row of [0, 7]) assertEquals([moved[row + 3], moved[row + 4]], first);
    assertEquals(outcome[2], inside);
  });
}

Deno.test("placeTrial() 0 is where the frame is", () => {
  const moved = new Int32Array(14);
  const outcome = new Float64Array(3);
  const buffers = { moved, address: Int32Array.from(ADDRESS_TABLE), position: Float64Array.from(POSITION) };
  placeTrial.cpu({ ...buffers, trials: new Float64Array(2), objects: OBJECTS, outcome }, { trial: 0 }, SHAPE);
  assertEquals([Array.from(moved), outcome[2]], [ADDRESS_TABLE, 1]);
});

Deno.test("judgeTrial() remembers the least metric and skips views outside", () => {
  const shape = { modes: 1, rows: 1, cols: 2, propagators: [] };
  const [diffraction, mask] = [Float64Array.of(4, 100), Uint8Array.of(1, 0)];
  const outcome = Float64Array.of(0, 0, 1);
  const judge = (trial: number, modulus: number) =>
    judgeTrial.cpu({ wave: Float64Array.of(0, modulus, 0, 0), diffraction, mask, outcome }, { trial }, shape);
  judge(0, 5);
  assertEquals(Array.from(outcome), [9, 0, 1]);
  judge(1, 6);
  assertEquals(Array.from(outcome), [9, 0, 1]);
  judge(2, 3);
  assertEquals(Array.from(outcome), [1, 2, 1]);
  outcome[2] = 0;
  judge(3, 2);
  assertEquals(Array.from(outcome), [1, 2, 0]);
});

Deno.test("acceptTrial() moves all pods of the frame, or nothing where the start was best", () => {
  const [address, position] = [Int32Array.from(ADDRESS_TABLE), Float64Array.from(POSITION)];
  const trials = Float64Array.of(9, 9, 0.5 * 0.5e-3, -0.8 * 0.25e-3);
  acceptTrial.cpu({ address, position, trials, objects: OBJECTS, outcome: Float64Array.of(1, 0, 1) }, {}, SHAPE);
  assertEquals([Array.from(address), Array.from(position)], [ADDRESS_TABLE, POSITION]);
  acceptTrial.cpu({ address, position, trials, objects: OBJECTS, outcome: Float64Array.of(1, 2, 1) }, {}, SHAPE);
  assertEquals([3, 4, 10, 11].map((i) => address[i]), [4, 1, 4, 1]);
  assertEquals(Array.from(position), [POSITION[0]! + 0.25e-3, POSITION[1]! - 0.2e-3]);
});

function place(shift: readonly number[]): { moved: Int32Array; outcome: Float64Array } {
  const [moved, outcome] = [new Int32Array(14), new Float64Array(3)];
  const trials = Float64Array.of(9, 9, shift[0]! * 0.5e-3, shift[1]! * 0.25e-3);
  const buffers = { moved, address: Int32Array.from(ADDRESS_TABLE), position: Float64Array.from(POSITION) };
  placeTrial.cpu({ ...buffers, trials, objects: OBJECTS, outcome }, { trial: 2 }, SHAPE);
  return { moved, outcome };
}
