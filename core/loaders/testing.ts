/** What the tests of loaders share: files that other programs wrote, and the frames that stand in them. */

import { allDiffraction, allMasks } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import type { z } from "zod";
import { isPtychoError } from "../errors.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import type { PtyScanParams } from "../parameters/scandata/pty_scan.ts";
import { type Preparation, prepareScan } from "../preparation/prepare.ts";
import { silentServices } from "../preparation/testing.ts";
import type { Loader, LoaderServices, OpenScan } from "./loader.ts";

/** Where tests/loaders/make_beamline_files.py puts what it writes with h5py and fabio. */
export const BEAMLINES = join(import.meta.dirname!, "../../tests/fixtures/beamlines");

/** Pixels (y, x) of the frames there. */
export const FRAME = [5, 7] as const;

/** A loader with its parameters and the folder in which its files are. */
export interface LoaderCase<P> {
  readonly loader: Loader<P>;
  readonly schema: z.ZodType<P>;
  readonly home: string;
}

/** Services whose paths begin in a folder. */
export function servicesIn(home: string, messages: string[] = []): LoaderServices {
  return { ...silentServices({ messages }), path: (name) => name.startsWith("/") ? name : join(home, name) };
}

/** Opens a source with what is written over the defaults. */
export function openScan<P extends PtyScanParams>(
  { loader, schema, home }: LoaderCase<P>,
  written: Record<string, unknown>,
): OpenScan {
  return loader.open(schema.parse({ name: loader.name, ...written }), servicesIn(home));
}

/** Prepares a source; frames are whole, unless something else is written. */
export function prepareCase<P extends PtyScanParams>(
  { loader, schema, home }: LoaderCase<P>,
  written: Record<string, unknown>,
): Preparation & { readonly counts: number[]; readonly masks: number[]; readonly messages: string[] } {
  const messages: string[] = [];
  const prepared = prepareScan(loader, schema.parse({ name: loader.name, ...written }), {
    label: "S",
    written: new Set(Object.keys(written)),
    services: servicesIn(home, messages),
    precision: "double",
    now: new Date(0),
  });
  const counts = [...allDiffraction(prepared.measured)];
  return { ...prepared, counts, masks: [...allMasks(prepared.measured)], messages };
}

/** Raw counts as the generator made them: 1 + 1000 frame + 100 y + x, without symmetry. */
export function rawFrame(frame: number): number[] {
  const [rows, cols] = FRAME;
  return Array.from({ length: rows * cols }, (_, i) => 1 + 1000 * frame + 100 * Math.floor(i / cols) + i % cols);
}

/** The dark frame of the generator at a pixel: 2 + y + x / 4. */
export function darkAt(pixel: number): number {
  return 2 + Math.floor(pixel / FRAME[1]) + 0.25 * (pixel % FRAME[1]);
}

/** Its flat field less the dark frame: 1, 2 or 4. */
export function gainAt(pixel: number): number {
  return 2 ** ((Math.floor(pixel / FRAME[1]) + 2 * (pixel % FRAME[1])) % 3);
}

/** Frames of a range as plain numbers, one list for each. */
export function framesOf(scan: OpenScan, start: number, stop: number): number[][] {
  const { data } = scan.frames(start, stop);
  assert.deepEqual(data.shape.slice(1), [...FRAME]);
  const numbers = [...toNumbers(data)];
  const pixels = FRAME[0] * FRAME[1];
  return Array.from({ length: stop - start }, (_, i) => numbers.slice(i * pixels, (i + 1) * pixels));
}

/** Whether numbers are equal but for the rounding of a product. */
export function assertNear(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    const allowed = 1e-12 * Math.max(Math.abs(expected[i]!), 1e-12);
    assert.ok(Math.abs(found[i]! - expected[i]!) <= allowed, `at ${i}: found ${found[i]}, expected ${expected[i]}`);
  }
}

/** What is written is refused as a mistake of the user, in words that fit. */
export function assertRefused<P extends PtyScanParams>(
  loaderCase: LoaderCase<P>,
  written: Record<string, unknown>,
  says: RegExp,
): void {
  assert.throws(
    () => prepareCase(loaderCase, { shape: null, ...written }),
    (e) => {
      assert.ok(isPtychoError(e, "DataError") || isPtychoError(e, "ParameterError"), String(e));
      assert.match((e as Error).message, says);
      return true;
    },
  );
}

/** A test with a copy of the files of a loader, to be broken. */
export function withCopy(folder: string, test: (home: string) => void): () => void {
  return () => {
    const home = Deno.makeTempDirSync();
    try {
      copyFolder(join(BEAMLINES, folder), home);
      test(home);
    } finally {
      Deno.removeSync(home, { recursive: true });
    }
  };
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else Deno.copyFileSync(join(from, name), join(to, name));
  }
}
