/** Writes a figure as the kind of file that its name asks for. */

import { DataError } from "../errors.ts";
import { writeBytesWhole } from "../formats/atomic_file.ts";
import { renderPng } from "./render_png.ts";

/** Pixels across a PNG where the user does not say. */
export const FIGURE_WIDTH = 1800;

/** Checks before any work that a figure can be written under this name. @throws {DataError} for other endings than .png, .svg */
export function checkFigurePath(path: string): void {
  if (!/\.(png|svg)$/i.test(path)) {
    throw new DataError(`Cannot write figure "${path}": found an unknown ending, expected .png or .svg`, {
      file: path,
    });
  }
}

/**
 * Writes an SVG figure to a .svg or, drawn `width` pixels wide, to a .png file; whole or not at all.
 *
 * @throws {DataError} if the ending is another one or the file cannot be written
 */
export async function writeFigure(path: string, svg: string, options: { width?: number } = {}): Promise<void> {
  checkFigurePath(path);
  if (/\.svg$/i.test(path)) return writeBytesWhole(path, svg);
  writeBytesWhole(path, await renderPng(svg, { width: options.width ?? FIGURE_WIDTH }));
}
