/** Laser scans of an optics laboratory: an FLI camera with several exposures for each position, and a log of SPEC. */

import { join } from "node:path";
import { assertFits, type CorrectionFrame, meanFrame } from "../corrections/dark_flat.ts";
import { mergeExposures } from "../corrections/hdr_merge.ts";
import { DataError } from "../errors.ts";
import { readFliRaw } from "../formats/fli_raw.ts";
import { nearestNames } from "../formats/nearest_names.ts";
import { columnOf, readSpec, scanOf } from "../formats/spec.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import {
  type FliSpecScanMultexpParams,
  fliSpecScanMultexpParams,
} from "../parameters/scandata/fli_spec_scan_multexp.ts";
import { fileFrames } from "./frame_reader.ts";
import { badParameter, fillParameters, joinColumns, listSeries } from "./instrument_files.ts";
import { laserGeometry } from "./laser_geometry.ts";
import { defineLoader, type LoaderServices, type OpenScan } from "./loader.ts";

const PRESETS = fliSpecScanMultexpParams.parse({ name: "FliSpecScanMultexp" });

/** Factor from millimetres, which SPEC counts in. */
const MILLIMETRE = 1e-3;

/** Exposures that differ by so much from those of the dark frames are told. */
const SAME_EXPOSURE = 0.05;

/** An exposure that is made of every pattern. */
interface Kind {
  /** The two digits at the end of the file names. */
  readonly name: string;
  readonly time: number;
  readonly dark: CorrectionFrame;
}

/** Files of a folder by frame and exposure. */
type Files = ReadonlyMap<number, ReadonlyMap<string, string>>;

/**
 * Files `ccd*_<frame>_<exposure>.raw`, which are merged into one frame of a larger range; pixels that are saturated in all are
 * masked. Dark frames are those of another scan, whose headers say how long each exposure is. Positions are the columns `samy` and
 * `samx` of the log, in millimetres, of which each stands there once for every exposure.
 *
 * @throws {ParameterError} if parameters contradict each other
 * @throws {DataError} if files, columns or exposures are missing, or things do not fit together
 * @see PtyPy 0.4: FliSpecScanMultexp (differs: it runs: positions count, `center: auto` means to find it, `lam`, `z`, `psize_det`,
 *   `exp_string` and `hdr_thresholds` do what they say; only saturated pixels are masked)
 */
export const fliSpecMultexp = defineLoader<FliSpecScanMultexpParams>({
  name: "FliSpecScanMultexp",
  open(p, services) {
    const found = laserGeometry(p, PRESETS);
    const thresholds = thresholdsOf(p);
    const kinds = readKinds(p, services);
    const folder = placeOf(p, "data_dir_pattern");
    const source = `"${services.path(folder)}"`;
    const paths = framePaths(listFrames(folder, services), { kinds, source });
    const [rows, cols] = kinds[0]!.dark.shape;
    let isTold = false;
    const frameOf = (own: readonly string[]) =>
      mergeExposures(
        own.map((path, i) => {
          const { dark, time } = kinds[i]!;
          const { image, fields } = readFliRaw(path);
          assertFits(dark, { shape: [image.shape[0]!, image.shape[1]!], source: `"${path}"` });
          const exposure = fields.get(p.exp_string);
          if (!isTold && exposure !== undefined && Math.abs(exposure / time - 1) > SAME_EXPOSURE) {
            isTold = true;
            const say = services.warn ?? services.log;
            say(`"${path}" was exposed for ${exposure}, its dark frames for ${time}, which is what counts`);
          }
          return { data: toNumbers(image).map((value, at) => Math.abs(value - dark.data[at]!)), time };
        }),
        { rows, cols, thresholds },
      );
    return {
      numFrames: paths.length,
      source,
      positions: p.positions_theory === null ? readPositions(p, kinds.length, services) : null,
      weight: null,
      found,
      frames: (start, stop) => gather(paths.slice(start, stop).map(frameOf), [rows, cols]),
      [Symbol.dispose]: () => {},
    };
  },
});

function gather(
  frames: readonly { readonly values: Float64Array; readonly mask: Uint8Array }[],
  frameShape: readonly [number, number],
): ReturnType<OpenScan["frames"]> {
  const [shape, pixels] = [[frames.length, ...frameShape], frameShape[0] * frameShape[1]];
  const [data, mask] = [new Float64Array(frames.length * pixels), new Uint8Array(frames.length * pixels)];
  for (const [i, frame] of frames.entries()) {
    data.set(frame.values, i * pixels);
    mask.set(frame.mask, i * pixels);
  }
  return { data: { dtype: "float64", shape, data }, weights: { dtype: "uint8", shape, data: mask } };
}

function thresholdsOf({ hdr_thresholds: given }: FliSpecScanMultexpParams): [number, number] {
  const [low, high] = given;
  if (given.length === 2 && low! < high!) return [low!, high!];
  throw badParameter("hdr_thresholds", `found [${given.join(", ")}], expected the lowest and the highest counts`);
}

function placeOf(
  p: FliSpecScanMultexpParams,
  name: "log_file_pattern" | "data_dir_pattern" | "dark_dir_pattern",
): string {
  const folder = (text: string) => text === "" || text.endsWith("/") ? text : `${text}/`;
  const { scan_number, dark_number } = p;
  const values = { base_path: folder(p.base_path), scan_dir: folder(p.scan_dir), scan_number, dark_number };
  return fillParameters(p[name], values, name);
}

/** Files of a folder by frame and exposure. */
function listFrames(folder: string, services: LoaderServices): Files {
  const pattern = /^ccd.*_(\d{5,})_(\d\d)\.raw$/;
  const paths = listSeries(folder, {
    services,
    fits: (name) => pattern.test(name),
    what: 'frames "ccd*_00000_00.raw" and so on',
  });
  const files = new Map<number, Map<string, string>>();
  for (const path of paths) {
    const [, frame, exposure] = pattern.exec(path.slice(path.lastIndexOf("/") + 1))!;
    const own = files.get(Number(frame)) ?? new Map<string, string>();
    const other = own.get(exposure!);
    if (other !== undefined) {
      const text =
        `Cannot choose between "${other}" and "${path}": found both, expected one file for each exposure of a frame`;
      throw new DataError(text, { file: path, found: other });
    }
    files.set(Number(frame), own.set(exposure!, path));
  }
  return files;
}

/** The exposures with their mean dark frames, from the folder of these: as many as its frame 0 has. */
function readKinds(p: FliSpecScanMultexpParams, services: LoaderServices): Kind[] {
  const folder = placeOf(p, "dark_dir_pattern");
  const files = listFrames(folder, services);
  const names = [...files.get(0)?.keys() ?? []].sort();
  if (names.length === 0) {
    const place = services.path(folder);
    throw new DataError(`Cannot read folder "${place}": found no frame 0, which says how many exposures there are`, {
      file: place,
    });
  }
  return names.map((name) => {
    const paths = [...files.values()].flatMap((own) => own.get(name) ?? []);
    using frames = fileFrames({ paths, read: (path) => readFliRaw(path).image, source: `"${paths[0]}" and others` });
    return { name, time: exposureTime(p, paths[0]!), dark: meanFrame(frames, { what: "dark frame" }) };
  });
}

function exposureTime(p: FliSpecScanMultexpParams, path: string): number {
  const { fields } = readFliRaw(path);
  const time = fields.get(p.exp_string);
  if (time === undefined) {
    const near = nearestNames(p.exp_string, [...fields.keys()]);
    const names = (near.length > 0 ? near : [...fields.keys()]).map((name) => `"${name}"`).join(", ");
    throw badParameter(
      "exp_string",
      `found "${p.exp_string}", expected an entry of the header of "${path}", such as ${names}`,
    );
  }
  if (time > 0) return time;
  throw new DataError(`Cannot use "${path}": found an exposure of ${time}, expected one above 0`, {
    file: path,
    found: time,
  });
}

/** Files of every frame in the order of the exposures, all of which must be there. */
function framePaths(files: Files, o: { kinds: readonly Kind[]; source: string }): string[][] {
  return Array.from({ length: Math.max(...files.keys()) + 1 }, (_, frame) =>
    o.kinds.map(({ name }) => {
      const path = files.get(frame)?.get(name);
      if (path !== undefined) return path;
      const text = String(frame).padStart(5, "0");
      throw new DataError(`Cannot read frame ${frame} of ${o.source}: found no file "ccd*_${text}_${name}.raw"`, {
        source: o.source,
        frame,
        exposure: name,
      });
    }));
}

function readPositions(p: FliSpecScanMultexpParams, exposures: number, services: LoaderServices): Float64Array {
  const path = services.path(join(placeOf(p, "log_file_pattern")));
  const { scan, isRepeated } = scanOf(readSpec(path), p.scan_number, path);
  if (isRepeated) {
    const say = services.warn ?? services.log;
    say(`"${path}" has several scans ${p.scan_number}: the last is taken, of ${scan.date}`);
  }
  const along = (motor: string) =>
    columnOf(scan, motor, path).filter((_, i) => i % exposures === 0).map((value) => value * MILLIMETRE);
  return joinColumns(along("samy"), along("samx"), { source: `scan ${scan.number} of "${path}"` });
}
