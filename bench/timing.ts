/** Timing of functions for the benchmarks, and how results are printed. */

/** Times one call of `run`, in ns, `seconds` long: the median. Calls `refresh` now and then, untimed. */
export function medianTime(run: () => void, { seconds, refresh }: { seconds: number; refresh: () => void }): number {
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end || times.length < 5) {
    if (times.length % 8 === 0) refresh();
    const start = performance.now();
    run();
    times.push(1e6 * (performance.now() - start));
  }
  return median(times);
}

/** The middle of numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Writes a line to standard output. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
