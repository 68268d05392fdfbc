/** Prepared frames as `.ptyd` files: what a run does before its first iteration, and nothing more. */

import { resolve } from "node:path";
import { ParameterError } from "../core/errors.ts";
import { splitReference } from "../core/formats/array_file.ts";
import type { PreparedScan } from "../core/loaders/prepared_scan.ts";
import type { LoaderParams } from "../core/loaders/mod.ts";
import { type PrepareOptions, prepareScan } from "../core/preparation/prepare.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import { dataParams, loaderOf, type LoadServices, sortedScans, writtenBelow } from "./load.ts";

/** What was written for a scan. Plain JSON. */
export interface PreparedFile {
  readonly label: string;
  readonly frames: number;
  readonly shape: readonly [number, number];
  readonly ptyd: string;
}

/** What saving needs beside parameters. */
export interface SaveServices extends LoadServices {
  /** The `.ptyd` file of a scan that has no `dfile`. */
  fileOf(label: string): string;
}

/** A scan that was saved. */
export interface SavedScan {
  readonly prepared: PreparedScan;
  /** As in the parameters, and where it is. */
  readonly dfile: string;
  readonly ptyd: string;
}

/** Prepares all scans and saves each to its `dfile` (mode `save`, `append` where it has none). */
export function prepareFiles(parsed: ParsedPtycho, services: SaveServices): PreparedFile[] {
  const scans = sortedScans(parsed.p.scans).map(([label, scan]) => ({ label, data: dataParams(label, scan) }));
  refuseSources(scans, services);
  return scans.map(({ label, data }) => {
    const { prepared: { numFrames, meta }, ptyd } = saveScan(parsed, { label, data, services });
    return { label, frames: numFrames, shape: meta.shape, ptyd };
  });
}

/** Prepares a scan and saves it. */
export function saveScan(
  { written }: ParsedPtycho,
  { label, data, services, loader = loaderOf(label, data) }: {
    readonly label: string;
    readonly data: LoaderParams;
    readonly services: SaveServices;
    /** In place of the one that the parameters name. */
    readonly loader?: ReturnType<typeof loaderOf>;
  },
): SavedScan {
  const dfile = data.dfile ?? services.fileOf(label);
  const options = { label, written: writtenBelow(written, `scans.${label}.data.`), services, now: services.now };
  const admit: PrepareOptions["admit"] = ({ numFrames: frames, shape }) => services.admit?.(label, { frames, shape });
  const saving = { ...data, dfile, save: data.save ?? "append" } as typeof data;
  const prepared = prepareScan(loader, saving, { ...options, admit, precision: "single" });
  return { prepared, dfile, ptyd: services.path(dfile) };
}

/** Frames that are taken as they are need no preparation, and a file that is read is not written. */
function refuseSources(
  scans: readonly { readonly label: string; readonly data: LoaderParams }[],
  { path, fileOf }: SaveServices,
): void {
  const written = new Map<string, string>();
  for (const { label, data } of scans) {
    const at = `scans.${label}.data`;
    const fail = (name: string, message: string): never => {
      throw new ParameterError([{ path: `${at}.${name}`, message }]);
    };
    if (data.name === "PtydScan" && (data.source === null || data.source === "file")) {
      fail(
        "source",
        `found ${
          data.source ?? "None"
        }: the frames of dfile are prepared already; name it as source to prepare it anew`,
      );
    }
    const target = resolve(path(data.dfile ?? fileOf(label)));
    const sources = filesNamedIn({ ...data, dfile: null }, path);
    if (sources.includes(target)) fail("dfile", "found the file that is read, expected another one to write");
    const other = written.get(target);
    if (other !== undefined) fail("dfile", `found the file of scan "${other}", expected one for each scan`);
    written.set(target, label);
  }
}

/** Files that parameters of a loader may name: any text may, alone or with a data set behind it. */
export function filesNamedIn(data: unknown, path: LoadServices["path"]): string[] {
  return textsIn(data).map((text) => resolve(path(splitReference(text).path)));
}

/** Every text below a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
