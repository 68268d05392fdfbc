/** What tests of kernels share: seeded asymmetric inputs, comparison, and every tolerance by name with its reason. */

import { type Scratch, scratchInMemory } from "./scratch.ts";
import { AssertionError } from "node:assert/strict";

/** Double precision, sums of up to some thousand terms in another order than expected. */
export const ROUNDING = 1e-12;

/** Derivatives by central differences with a step of 1e-6: the truncation and cancellation of the difference, not of the kernel. */
export const DIFFERENCE = 1e-6;

/** Reproducible numbers in (-1, 1) without symmetry, so that a swap of axes, modes or signs shows. */
export function seededNumbers(count: number, seed: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: count }, () => {
    // Steele and Vigna's 32-bit mix of a counter is plenty for test inputs.
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Asserts |found - expected| <= tolerance * (largest |expected|), element by element. */
export function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  if (found.length !== expected.length) {
    throw new AssertionError({ message: `found ${found.length} numbers, expected ${expected.length}` });
  }
  const scale = Array.from(expected).reduce((max, v) => Math.max(max, Math.abs(v)), 0) || 1;
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(found[i]! - expected[i]!) / scale;
    if (off <= tolerance) continue;
    throw new AssertionError({
      message: `element ${i}: found ${found[i]}, expected ${expected[i]} (off by ${off} of the largest)`,
    });
  }
}

/** `sum conj(x) y` of interleaved complex arrays, as [re, im]. */
export function innerProduct(x: ArrayLike<number>, y: ArrayLike<number>): [number, number] {
  let [re, im] = [0, 0];
  for (let i = 0; i < x.length; i += 2) {
    re += x[i]! * y[i]! + x[i + 1]! * y[i + 1]!;
    im += x[i]! * y[i + 1]! - x[i + 1]! * y[i]!;
  }
  return [re, im];
}

/** Notes the memories of WebAssembly that are made until the end. */
export function watchMemories(): { end(): WebAssembly.Memory[] } {
  const { Memory } = WebAssembly;
  const made: WebAssembly.Memory[] = [];
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made.push(this);
    }
  };
  return {
    end() {
      WebAssembly.Memory = Memory;
      return made;
    },
  };
}

/** Opens scratches in memory and says of each of them whether it is open still. */
export function spyScratch(): { open(): Scratch; areOpen(): boolean[] } {
  const all: boolean[] = [];
  return {
    open() {
      const index = all.push(true) - 1;
      const scratch = scratchInMemory();
      return {
        ...scratch,
        [Symbol.dispose]() {
          all[index] = false;
          scratch[Symbol.dispose]();
        },
      };
    },
    areOpen: () => [...all],
  };
}
