/** Near-field scans of beamline ID16A of the ESRF, in HDF5 or EDF files. */

import { basename, dirname, join } from "node:path";
import {
  assertFits,
  correctDarkFlat,
  type CorrectionFrame,
  meanFrame,
  relativeResponse,
} from "../corrections/dark_flat.ts";
import { relativeIntensities } from "../corrections/beam_monitor.ts";
import { type Distortion, undistort, undistortMask } from "../corrections/undistort.ts";
import { DataError, isPtychoError, ParameterError } from "../errors.ts";
import { readEdf } from "../formats/edf.ts";
import { nearestNames } from "../formats/nearest_names.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import { findMistakes } from "../parameters/mistakes.ts";
import {
  type Id16aRecipe,
  id16aRecipe,
  type Id16aScanParams,
  id16aScanParams,
} from "../parameters/scandata/id16a_scan.ts";
import { cropPad, type CropWindow, cropWindow } from "../preparation/crop_pad.ts";
import { fileFrames, type FrameReader, scanOver } from "./frame_reader.ts";
import { type Id16aFormat, id16aFormat } from "./id16a_files.ts";
import { badParameter, joinColumns, listSeries, need, readMask } from "./instrument_files.ts";
import { defineLoader, type LoaderServices } from "./loader.ts";

const PRESETS = id16aScanParams.parse({ name: "ID16AScan" });

/** A source that is being opened. */
interface Source {
  readonly p: Id16aScanParams;
  readonly recipe: Id16aRecipe;
  readonly services: LoaderServices;
  readonly folder: string;
  readonly format: Id16aFormat;
  readonly paths: readonly string[];
}

/**
 * One file for each frame, with motors and counters beside it. Frames are corrected in this order: dark and flat frame, the
 * response of pixels and the whitefield, distortion, `recipe.pad_crop`, the counter `bpm5_ct`. The mask is that of the raw frames.
 *
 * @throws {ParameterError} if names are missing, or the recipe says what is not known
 * @throws {DataError} if files, motors or counters are missing, a numbered series has a gap, or things do not fit together
 * @see PtyPy 0.4: ID16AScan (differs: `motors` count in HDF5 files too; a flat frame without a dark one, `det_flat_field` and `use_bpm5_ct`
 *   work; distortion and whitefield are applied if other files than the defaults are named, or `recipe.undistort` and
 *   `recipe.use_whitefield` say so)
 */
export const id16a = defineLoader<Id16aScanParams>({
  name: "ID16AScan",
  open(p, services) {
    const source = findSource(p, services);
    const raw = framesOf(source, source.paths, `"${join(source.folder, p.sample_name!)}"`);
    const steps = stepsOf(source, raw);
    return scanOver(correctedFrames(raw, steps), () => ({
      positions: p.positions_theory === null ? readMotors(source) : null,
      weight: weightOf(source, raw, steps),
    }));
  },
});

function findSource(p: Id16aScanParams, services: LoaderServices): Source {
  const recipe = parseRecipe(p.recipe);
  const sample = need(p.sample_name, "sample_name", "the beginning of the names of the frame files");
  const folder = p.base_path ?? findBase(services);
  const place = join(folder, sample);
  const paths = listSeries(dirname(place), {
    services,
    fits: (name) => name.startsWith(basename(place)) && /\.(h5|edf)$/i.test(name),
    what: `files "${basename(place)}*.h5" or "${basename(place)}*.edf"`,
  });
  const kinds = new Set(paths.map((path) => /\w+$/.exec(path)![0].toLowerCase()));
  if (kinds.size > 1) {
    const text =
      `Cannot read frames of "${place}": found files of both .h5 and .edf, expected one kind; narrow sample_name`;
    throw new DataError(text, { file: place, found: [...kinds] });
  }
  return {
    p,
    recipe,
    services,
    folder,
    paths,
    format: id16aFormat(kinds.has("h5") ? "h5" : "edf", recipe.detector ?? null),
  };
}

function parseRecipe(given: Record<string, unknown>): Id16aRecipe {
  const parsed = id16aRecipe.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = findMistakes(id16aRecipe, given, parsed.error);
  throw new ParameterError(issues.map(({ path, message }) => ({ path: `scans.*.data.recipe.${path}`, message })));
}

/** The nearest folder above the working folder that has an `id16a` in it. */
function findBase(services: LoaderServices): string {
  const start = services.path(".");
  for (let folder = start;; folder = dirname(folder)) {
    try {
      if ([...Deno.readDirSync(services.path(folder))].some((entry) => entry.name === "id16a")) return folder;
    } catch (error) {
      // A folder that may not be looked at ends the search as the root does.
      if (!isPtychoError(error, "DataError") && !(error instanceof Deno.errors.PermissionDenied)) throw error;
      break;
    }
    if (dirname(folder) === folder) break;
  }
  throw badParameter(
    "base_path",
    `found None, and no "id16a" in "${start}" or above, expected the folder of the measurement`,
  );
}

function framesOf({ format }: Pick<Source, "format">, paths: readonly string[], source: string): FrameReader {
  return fileFrames({ paths, read: format.frame, source });
}

function readMotors({ p, paths, format, folder }: Source): Float64Array {
  if (p.motors.length !== 2) {
    throw badParameter("motors", `found ${p.motors.length} names, expected two: along the rows, along the columns`);
  }
  const tables = paths.map((path) => ({ path, table: format.motors(path) }));
  const along = (motor: string) =>
    Float64Array.from(
      tables,
      ({ path, table }) => valueOf(table, motor, { path, kind: "motor" }) * p.motors_multiplier,
    );
  return joinColumns(along(p.motors[0]!), along(p.motors[1]!), { source: `"${folder}"` });
}

function valueOf(table: ReadonlyMap<string, number>, name: string, o: { path: string; kind: string }): number {
  const value = table.get(name);
  if (value !== undefined) return value;
  const near = nearestNames(name, [...table.keys()]);
  const names = near.length > 0 ? near : [...table.keys()].slice(0, 8);
  const hint = names.length > 0 ? `; there are ${names.map((n) => `"${n}"`).join(", ")}` : "";
  throw new DataError(`Cannot read "${o.path}": found no ${o.kind} "${name}"${hint}`, { file: o.path, near });
}

/** What is done to a frame, in this order. */
interface Steps {
  readonly dark: CorrectionFrame | null;
  readonly flat: CorrectionFrame | null;
  /** Responses by which frames are divided. */
  readonly responses: readonly CorrectionFrame[];
  readonly distortion: Distortion | null;
  readonly window: CropWindow | null;
  readonly intensities: Float64Array | null;
}

function stepsOf(source: Source, raw: FrameReader): Steps {
  const { p, recipe, paths, format, services } = source;
  const [rows, cols] = raw.shape;
  const isWhite = recipe.use_whitefield || p.whitefield_file !== PRESETS.whitefield_file;
  const responses = [
    ...p.det_flat_field === null ? [] : [edfFrame(p.det_flat_field, "detector flat field", services)],
    ...isWhite ? [edfFrame(p.whitefield_file, "whitefield", services)] : [],
  ].map(relativeResponse);
  const dark = p.dark_subtraction ? meanOf(source, "dark") : null;
  const flat = p.flat_division ? meanOf(source, "ref") : null;
  for (const correction of [dark, flat, ...responses]) assertFits(correction, raw);
  const { pad_crop: side } = recipe;
  return {
    dark,
    flat,
    responses,
    distortion: distortionOf(source, raw),
    window: side === undefined
      ? null
      : cropWindow([rows, cols], [side, side], [Math.floor(rows / 2), Math.floor(cols / 2)]),
    intensities: recipe.use_bpm5_ct
      ? relativeIntensities(
        paths.map((path) => valueOf(format.counters(path), "bpm5_ct", { path, kind: "counter" })),
        raw,
      )
      : null,
  };
}

/** Mean of the frames whose files begin with "dark" or "ref". */
function meanOf(source: Source, kind: "dark" | "ref"): CorrectionFrame {
  const { folder, services, format } = source;
  const fits = (name: string) => name.startsWith(kind) && name.toLowerCase().endsWith(`.${format.ending}`);
  const paths = listSeries(folder, { services, fits, what: `files "${kind}*.${format.ending}"` });
  using frames = framesOf(source, paths, `"${join(services.path(folder), kind)}*"`);
  return meanFrame(frames, { what: kind === "dark" ? "dark frame" : "flat frame" });
}

function edfFrame(name: string, what: string, services: LoaderServices): CorrectionFrame {
  const path = services.path(name);
  const image = readEdf(path);
  return { shape: image.header.shape, data: toNumbers(image), source: `${what} "${path}"` };
}

function distortionOf({ p, recipe, services }: Source, raw: FrameReader): Distortion | null {
  const mapOf = (name: "distortion_h_file" | "distortion_v_file"): CorrectionFrame | null => {
    const isOn = recipe.undistort || p[name] !== PRESETS[name];
    const map = isOn ? edfFrame(p[name], "distortion", services) : null;
    assertFits(map, raw);
    return map;
  };
  const [dx, dy] = [mapOf("distortion_h_file"), mapOf("distortion_v_file")];
  if (dx === null && dy === null) return null;
  const none = new Float64Array(raw.shape[0] * raw.shape[1]);
  return { rows: raw.shape[0], cols: raw.shape[1], dy: dy?.data ?? none, dx: dx?.data ?? none };
}

function correctedFrames(raw: FrameReader, steps: Steps): FrameReader {
  const isPlain = Object.values(steps).every((step) => step === null || (Array.isArray(step) && step.length === 0));
  if (isPlain) return raw;
  const shape = steps.window?.to ?? raw.shape;
  return {
    ...raw,
    shape,
    read(start, stop) {
      const frames = toNumbers(raw.read(start, stop));
      const data = new Float64Array((stop - start) * shape[0] * shape[1]);
      const pixels = raw.shape[0] * raw.shape[1];
      for (let i = 0; i < stop - start; i++) {
        const out = data.subarray(i * shape[0] * shape[1], (i + 1) * shape[0] * shape[1]);
        out.set(correctFrame(frames.subarray(i * pixels, (i + 1) * pixels), steps, start + i));
      }
      return { dtype: "float64", shape: [stop - start, ...shape], data };
    },
  };
}

/** Changes `frame`; what is returned may be another one. */
function correctFrame(frame: Float64Array, steps: Steps, index: number): Float64Array {
  const { dark, flat } = steps;
  if (dark !== null || flat !== null) correctDarkFlat(frame, { dark, flat });
  for (const { data } of steps.responses) for (let i = 0; i < frame.length; i++) frame[i]! /= data[i]!;
  let result = frame;
  if (steps.distortion !== null) {
    result = new Float64Array(frame.length);
    undistort(result, frame, steps.distortion);
  }
  if (steps.window !== null) {
    const cut = new Float64Array(steps.window.to[0] * steps.window.to[1]);
    cropPad(cut, result, { ...steps.window, start: 0 });
    result = cut;
  }
  const scale = steps.intensities?.[index] ?? 1;
  return scale === 1 ? result : result.map((value) => value / scale);
}

/** The mask of what frames become: null where there is none and every pixel of them was measured. */
function weightOf({ p, services }: Source, raw: FrameReader, { distortion, window }: Steps) {
  const given = p.mask_file === null
    ? null
    : readMask(services.path(p.mask_file), { dataset: "mask", shape: raw.shape });
  if (given === null && distortion === null && window === null) return null;
  let mask = given === null
    ? new Uint8Array(raw.shape[0] * raw.shape[1]).fill(1)
    : Uint8Array.from(toNumbers(given), (value) => value > 0 ? 1 : 0);
  if (distortion !== null) mask = Uint8Array.from(undistortMask(mask, distortion));
  if (window === null) return { dtype: "uint8", shape: raw.shape, data: mask } as const;
  const cut = new Float64Array(window.to[0] * window.to[1]);
  cropPad(cut, mask, { ...window, start: 0 });
  return { dtype: "uint8", shape: window.to, data: Uint8Array.from(cut) } as const;
}
