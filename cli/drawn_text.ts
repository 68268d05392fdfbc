/** Positions and patterns drawn with characters. */

/** Bits of the eight dots of a Braille character, by row and column. */
const DOTS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]] as const;
const BLANK = 0x2800;

/** From nothing to much. */
const SHADES = " .:-=+*#%@";

/** How large a drawing is. */
export interface TextSize {
  readonly cols: number;
  readonly rows: number;
}

/** Points (point, 2), row then column, in a box of characters; both axes have one scale, rows go down. */
export function drawPoints(points: Float64Array, { cols, rows }: TextSize): string[] {
  const axis = (which: number) => points.filter((_, i) => i % 2 === which);
  const [ys, xs] = [axis(0), axis(1)];
  const least = (values: Float64Array) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const [top, left] = [least(ys), least(xs)];
  // Dots are as wide as they are high in most fonts.
  const dot = Math.max((most(ys) - top) / (4 * rows - 1), (most(xs) - left) / (2 * cols - 1)) || 1;
  const cells = Array.from({ length: rows }, () => new Uint8Array(cols));
  for (let i = 0; i < ys.length; i++) {
    const [y, x] = [Math.round((ys[i]! - top) / dot), Math.round((xs[i]! - left) / dot)];
    cells[y >> 2]![x >> 1]! |= DOTS[y & 3]![x & 1]!;
  }
  return cells.map((row) => Array.from(row, (bits) => String.fromCodePoint(BLANK + bits)).join(""));
}

/** A pattern (y, x) as shades of the logarithm of its mean in each character; characters are twice as high as wide. */
export function drawPattern(
  values: Float64Array,
  { shape: [height, width], cols, rows }: TextSize & { readonly shape: readonly [number, number] },
): string[] {
  const scale = Math.max(height / (2 * rows), width / cols);
  const [down, across] = [Math.max(1, Math.ceil(height / (2 * scale))), Math.max(1, Math.ceil(width / scale))];
  const mean = (row: number, col: number) => {
    const from = [Math.floor(row * height / down), Math.floor(col * width / across)] as const;
    const to = [
      Math.max(from[0] + 1, (row + 1) * height / down),
      Math.max(from[1] + 1, (col + 1) * width / across),
    ] as const;
    let [sum, count] = [0, 0];
    for (let y = from[0]; y < to[0] && y < height; y++) {
      for (let x = from[1]; x < to[1] && x < width; x++) {
        const value = values[y * width + x]!;
        if (Number.isFinite(value)) [sum, count] = [sum + value, count + 1];
      }
    }
    return count === 0 ? NaN : Math.log1p(Math.max(0, sum / count));
  };
  const cells = Array.from({ length: down }, (_, row) => Array.from({ length: across }, (_, col) => mean(row, col)));
  const most = Math.max(0, ...cells.flat().filter((value) => value > 0)) || 1;
  const shade = (value: number) => {
    // Nothing is known of pixels that are masked in every frame.
    if (Number.isNaN(value)) return "×";
    return SHADES[Math.min(SHADES.length - 1, Math.floor(SHADES.length * value / most))]!;
  };
  return cells.map((row) => row.map(shade).join(""));
}

/** Blocks of lines beside each other, each under its title. */
export function besides(blocks: readonly { readonly title: string; readonly lines: readonly string[] }[]): string[] {
  const columns = blocks.map(({ title, lines }) => {
    const all = [title, ...lines];
    const width = Math.max(...all.map((line) => line.length));
    return { all, width };
  });
  const height = Math.max(0, ...columns.map(({ all }) => all.length));
  return Array.from(
    { length: height },
    (_, i) => columns.map(({ all, width }) => (all[i] ?? "").padEnd(width)).join("    ").trimEnd(),
  );
}
