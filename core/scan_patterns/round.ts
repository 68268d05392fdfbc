/** Concentric shells of positions. */

/**
 * One point in the middle and shells of radius i * spacing with 5 i points each, as flat (row, col) pairs in metres.
 *
 * shells  number of shells around the middle
 *
 * @see Dierolf et al., New Journal of Physics 12 (2010) 035017, 10.1088/1367-2630/12/3/035017
 * @see PtyPy 0.4: core.xy.round_scan
 */
export function roundScan({ spacing, shells }: { readonly spacing: number; readonly shells: number }): number[] {
  const positions = [0, 0];
  for (let shell = 1; shell <= shells; shell++) {
    const points = 5 * shell;
    for (let point = 0; point < points; point++) {
      const angle = 2 * Math.PI * point / points;
      positions.push(shell * spacing * Math.sin(angle), shell * spacing * Math.cos(angle));
    }
  }
  return positions;
}
