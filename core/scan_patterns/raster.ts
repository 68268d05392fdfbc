/** A grid of positions. */

/**
 * A grid that begins at (0, 0), as flat (row, col) pairs in metres; columns vary fastest.
 *
 * spacing, steps  (vertical, horizontal) as in the parameters; the rows follow the second value and the columns the first, a
 *                 habit of PtyPy that shows only where the two differ
 *
 * @see PtyPy 0.4: core.xy.raster_scan
 */
export function rasterScan(
  { spacing, steps }: { readonly spacing: readonly [number, number]; readonly steps: readonly [number, number] },
): number[] {
  const positions: number[] = [];
  for (let row = 0; row < steps[1]; row++) {
    for (let col = 0; col < steps[0]; col++) positions.push(row * spacing[1], col * spacing[0]);
  }
  return positions;
}
