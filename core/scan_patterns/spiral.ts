/** A Fermat-like spiral of positions. */

/**
 * Points of equal density on an Archimedean spiral, as flat (row, col) pairs in metres: theta = sqrt(4 pi k),
 * r = spacing * theta / (2 pi), until r exceeds `radius`.
 *
 * @see PtyPy 0.4: core.xy.spiral_scan
 */
export function spiralScan({ spacing, radius }: { readonly spacing: number; readonly radius: number }): number[] {
  const positions: number[] = [];
  for (let k = 0;; k++) {
    const theta = Math.sqrt(4 * Math.PI) * Math.sqrt(k);
    const r = spacing / (2 * Math.PI) * theta;
    if (r > radius) return positions;
    positions.push(r * Math.sin(theta), r * Math.cos(theta));
  }
}
