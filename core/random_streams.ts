/** Generators that do not depend on each other, from one: what is drawn from one leaves the others as they are. */

import { createRandom, type Random } from "./random.ts";

/**
 * Takes one number from `random`, and gives for every index a generator of its own: always the same one for the same index, and
 * different ones for different indices. So a frame has its noise whether or not others were made before it.
 *
 * index  whole number in 0 .. 2^32 - 1
 */
export function randomStreams(random: Random): (index: number) => Random {
  const base = Math.floor(random.uniform() * 2 ** 32);
  return (index) => createRandom(scattered((base + index) >>> 0));
}

/**
 * The finalizer of MurmurHash3: one to one on 32 bits, so that no two indices share a seed, and neighbours differ in half of
 * their bits.
 */
function scattered(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
