/** How atoms scatter x-rays forward, from the table that ships with the project; its header names its source. */

import { nearestName } from "../parameters/nearest.ts";
import table from "./scattering_factors.txt" with { type: "text" };

/** What the table knows of an element. */
export interface Element {
  readonly symbol: string;
  /** Protons. */
  readonly number: number;
  /** g/mol */
  readonly mass: number;
  /** g/cm^3, as a solid, a liquid or a gas at usual conditions. */
  readonly density: number;
  /** First and last photon energy of the table in keV. */
  readonly range: readonly [number, number];
  /** Scattering factor f1 - i f2 in electrons at a photon energy in keV within `range`. */
  factor(energy: number): { readonly f1: number; readonly f2: number };
}

/** An element by its symbol; null if the table has none of this name. */
export function findElement(symbol: string): Element | null {
  const line = new RegExp(`^\\d+ ${symbol} .*$`, "m").exec(table)?.[0];
  if (line === undefined) return null;
  const words = line.split(" ");
  const [number, mass, density] = [Number(words[0]), Number(words[2]), Number(words[3])];
  const count = (words.length - 4) / 3;
  const column = (which: number) => Float64Array.from({ length: count }, (_, i) => Number(words[4 + 3 * i + which]));
  const [energies, f1, f2] = [column(0), column(1), column(2)];
  return {
    symbol,
    number,
    mass,
    density,
    range: [energies[0]! / 1000, energies[count - 1]! / 1000],
    factor(energy) {
      const first = Math.min(count - 2, Math.max(0, countUpTo(energies, energy * 1000) - 1));
      const [x0, x1] = [Math.log(energies[first]!), Math.log(energies[first + 1]!)];
      const t = (Math.log(energy * 1000) - x0) / (x1 - x0);
      return {
        f1: f1[first]! + (f1[first + 1]! - f1[first]!) * t,
        f2: f2[first]! ** (1 - t) * f2[first + 1]! ** t,
      };
    },
  };
}

/** The symbol that somebody may have meant. */
export function nearestSymbol(symbol: string): string | undefined {
  const symbols = Array.from(table.matchAll(/^\d+ (\S+) /gm), (found) => found[1]!);
  return symbols.find((s) => s.toLowerCase() === symbol.toLowerCase()) ?? nearestName(symbol, symbols);
}

/** How many numbers of a rising list are at most `value`. */
function countUpTo(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
