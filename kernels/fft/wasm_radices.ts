/**
 * The choice of stages for a length. A stage costs about the same per element whatever the length, so the cheapest product of
 * radices is found by trying all of them.
 */

/** Demands on the stages of an axis. */
export interface RadixDemands {
  /** The first and the last radix must be multiples of this, and there must be two of them: rows that are not turned. */
  readonly endsMultipleOf?: number;
  /** Bytes from an element to the next where the first stage reads and the last writes; 0 if those are contiguous. */
  readonly pitch: number;
}

/**
 * Cost of one stage per element, in ns on a 2.45 GHz EPYC 7003: a fit to 652 timed columns of 64 to 1024 elements (V8 14, single
 * precision, median misfit 0.13 ns). The primes above 7 are estimates from their number of operations.
 */
const STAGE_COST: ReadonlyMap<number, number> = new Map([
  [2, 0.39],
  [3, 0.42],
  [4, 0.42],
  [5, 0.6],
  [6, 0.53],
  [7, 0.8],
  [8, 0.61],
  [9, 0.68],
  [10, 0.71],
  [11, 1.6],
  [12, 0.62],
  [13, 2],
  [14, 0.85],
  [15, 0.76],
  [16, 0.8],
  [18, 0.8],
  [20, 0.89],
  [21, 1.03],
  [24, 0.86],
  [25, 1.19],
  [27, 1.05],
]);

/** A first-level cache holds this many lines whose addresses differ by multiples of CACHE_WAY_BYTES. */
const CACHE_WAYS = 8;
const CACHE_WAY_BYTES = 4096;

/** What a first or last stage costs more, per element, when its inputs push each other out of the cache; measured at 256. */
const CONFLICT_COST = 0.5;

/** What a stage of inline rows costs more if its radix is above INLINE_EASY and it has factors: they do not fit the registers. */
const INLINE_WIDE_COST = 0.25;
const INLINE_EASY = 10;

/** The cheapest radices of a length in the order of their stages, or undefined if there are none under the demands. */
export function cheapestRadices(length: number, demands: RadixDemands): number[] | undefined {
  let best: { radices: number[]; cost: number } | undefined;
  for (const product of products(length, 0)) {
    const radices = ordered(product, demands);
    if (radices === undefined) continue;
    const cost = costOf(radices, { ...demands, length });
    if (best === undefined || cost < best.cost) best = { radices, cost };
  }
  return best?.radices;
}

/** The length from `least` on that is cheapest to transform, with its radices. */
export function cheapestLength(least: number): { length: number; radices: number[] } {
  let best: { length: number; radices: number[]; cost: number } | undefined;
  for (let length = least; length <= 2 * least; length++) {
    const radices = cheapestRadices(length, { pitch: 0 });
    if (radices === undefined) continue;
    const cost = length * costOf(radices, { length, pitch: 0 });
    if (best === undefined || cost < best.cost) best = { length, radices, cost };
    // Beyond this no length can win: a quarter more elements cost more than any stage saves.
    if (best !== undefined && length > 1.25 * best.length) break;
  }
  return best!;
}

/** All ways to write a length as a product of known radices in ascending order. */
function products(length: number, smallest: number): number[][] {
  if (length === 1) return [[]];
  return [...STAGE_COST.keys()].filter((radix) => radix >= smallest && length % radix === 0).flatMap((radix) =>
    products(length / radix, radix).map((rest) => [radix, ...rest])
  );
}

/** Ascending, which was faster than descending throughout; with the demanded ends, if they can be had. */
function ordered(product: readonly number[], { endsMultipleOf }: RadixDemands): number[] | undefined {
  if (endsMultipleOf === undefined) return [...product];
  const middle = [...product];
  const first = middle.findIndex((radix) => radix % endsMultipleOf === 0);
  if (first < 0) return undefined;
  const start = middle.splice(first, 1);
  const last = middle.findLastIndex((radix) => radix % endsMultipleOf === 0);
  if (last < 0) return undefined;
  const end = middle.splice(last, 1);
  return [...start, ...middle, ...end];
}

function costOf(
  radices: readonly number[],
  { length, pitch, endsMultipleOf }: RadixDemands & { length: number },
): number {
  const ends = radices.length > 1 ? [radices[0]!, radices.at(-1)!] : [];
  const conflicts = pitch === 0 ? 0 : ends.filter((radix) => collides(radix, (length / radix) * pitch)).length;
  const wide = endsMultipleOf === undefined ? 0 : radices.slice(0, -1).filter((radix) => radix > INLINE_EASY).length;
  const extra = conflicts * CONFLICT_COST + wide * INLINE_WIDE_COST;
  return radices.reduce((cost, radix) => cost + STAGE_COST.get(radix)!, extra);
}

/** True if `count` addresses `step` bytes apart do not fit a cache set by set. */
function collides(count: number, step: number): boolean {
  let classes = 1;
  while (classes < count && (classes * step) % CACHE_WAY_BYTES !== 0) classes++;
  return count / classes > CACHE_WAYS;
}
