/** A reconstruction as a figure: what stands in the title, which storages are shown. */

import type { Ptyr, PtyrStorage } from "../formats/ptyr.ts";
import { DataError } from "../errors.ts";
import { scanHints } from "../metrics/comparand.ts";
import { lengthText, numberText } from "./length_text.ts";
import type { FigureStorage, ReconstructionFigure } from "./reconstruction_figure.ts";

/** The parts of a reconstruction that a figure needs. */
export type FigureSource = Pick<Ptyr, "probe" | "obj" | "positions" | "runtime">;

/**
 * Gathers what `reconstructionFigure` shows from the content of a .ptyr file.
 *
 * @param options.storage shows only the object and probe of this ID
 * @param options.facts further facts for the line below the title
 * @throws {DataError} if no object and no probe has the ID
 */
export function figureOfPtyr(
  ptyr: FigureSource,
  options: { storage?: string; facts?: readonly string[] } = {},
): ReconstructionFigure {
  const objects = chosen(ptyr.obj, options.storage), probes = chosen(ptyr.probe, options.storage);
  if (objects.length + probes.length === 0) {
    const found = [...new Set([...Object.keys(ptyr.obj), ...Object.keys(ptyr.probe)])];
    throw new DataError(
      options.storage === undefined
        ? "Cannot draw the reconstruction: found no object and no probe, expected at least one"
        : `Cannot draw storage "${options.storage}": found no such ID, expected one of ${found.join(", ")}`,
    );
  }
  const history = ptyr.runtime.iter_info;
  const last = history.at(-1);
  const object = objects[0];
  return {
    title: `${ptyr.runtime.run}${last ? ` – ${last.engine}, iteration ${last.iterations}` : ""}`,
    facts: [
      ...(object?.energy ? [`${numberText(object.energy)} keV`] : []),
      ...(object ? [`${lengthText(object.psize[1])} per pixel`, `object ${sizeText(object)}`] : []),
      ...(probes[0] ? [`views of ${sizeText(probes[0])}`] : []),
      ...(last ? [`photon error ${numberText(last.error[1])}`] : []),
      ...(options.facts ?? []),
    ],
    objects: objects.map((storage) => {
      if (storage.depth !== undefined) return shown(storage);
      const { centres } = scanHints(ptyr, storage);
      return { ...shown(storage), ...(centres ? { centres } : {}) };
    }),
    probes: probes.map(shown),
    errors: history.map((row) => ({ iteration: row.iterations, engine: row.engine, error: row.error })),
  };
}

function chosen(storages: Readonly<Record<string, PtyrStorage>>, ID?: string): PtyrStorage[] {
  return Object.values(storages).filter((storage) => ID === undefined || storage.ID === ID);
}

function sizeText({ data: { shape }, depth }: PtyrStorage): string {
  return `${shape.slice(depth === undefined ? -2 : -3).join(" × ")} ${depth === undefined ? "pixels" : "voxels"}`;
}

function shown(storage: PtyrStorage): FigureStorage {
  const { ID, data, psize, depth } = storage;
  return { ID, data, psize, ...depth === undefined ? {} : { depth } };
}
