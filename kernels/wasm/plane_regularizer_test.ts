/** The prior on planes against its twins on interleaved layers. */

import { del2Gradient, del2Line } from "../gradient_descent/regularizer.ts";
import { assertClose, ROUNDING, seededNumbers } from "../testing.ts";
import { addDel2Gradient, del2LineSums } from "./plane_regularizer.ts";

const AMPLITUDE = 0.3;
const OFFSET = 6;

for (const { rows, cols, pitch } of [{ rows: 1, cols: 1, pitch: 4 }, { rows: 5, cols: 7, pitch: 8 }]) {
  const count = rows * cols;
  const [object, direction, gradient] = [1, 2, 3].map((seed) => seededNumbers(2 * count, seed)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const layer = { start: 0, rows, cols, amplitude: AMPLITUDE };
  const plane = { offset: OFFSET, rows, cols, pitch, amplitude: AMPLITUDE };
  const places = Array.from({ length: count }, (_, i) => OFFSET + Math.floor(i / cols) * pitch + i % cols);
  /** One part of an interleaved layer as a plane amid numbers that are no neighbours. */
  const planeOf = (layer: Float64Array, part: number) => {
    const numbers = new Float64Array(OFFSET + rows * pitch).fill(1e9);
    places.forEach((place, i) => numbers[place] = layer[2 * i + part]!);
    return numbers;
  };

  Deno.test(`addDel2Gradient() agrees with its twin at ${rows} * ${cols}`, () => {
    const expected = gradient.slice();
    del2Gradient.cpu({ gradient: expected, object }, layer);
    for (const part of [0, 1]) {
      const found = planeOf(gradient, part);
      addDel2Gradient(found, planeOf(object, part), plane);
      assertClose(places.map((place) => found[place]!), expected.filter((_, i) => i % 2 === part), ROUNDING);
      assertClose(found.filter((_, i) => !places.includes(i)), planeOf(gradient, part).filter((v) => v === 1e9), 0);
    }
  });

  Deno.test(`del2LineSums() of both planes are its twin's at ${rows} * ${cols}`, () => {
    const sums = new Float64Array(2);
    del2Line.cpu({ sums, object, direction }, layer);
    const [re, im] = [0, 1].map((part) => del2LineSums(planeOf(object, part), planeOf(direction, part), plane)) as [
      [number, number],
      [number, number],
    ];
    assertClose([re[0] + im[0], re[1] + im[1]], sums, ROUNDING);
  });
}
