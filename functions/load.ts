/** The stage that turns parameters into prepared scans: opens each scan's loader and prepares its frames. */

import { ParameterError, UnsupportedError } from "../core/errors.ts";
import type { LoaderServices } from "../core/loaders/loader.ts";
import { findLoader, type LoaderParams } from "../core/loaders/mod.ts";
import type { PreparedScan } from "../core/loaders/prepared_scan.ts";
import type { ScanParams } from "../core/parameters/scan/mod.ts";
import { prepareScan } from "../core/preparation/prepare.ts";
import type { EngineParams } from "../core/parameters/engine/mod.ts";
import type { ParsedPtycho, PtychoParams } from "../core/ptycho_params.ts";

/** A scan with its frames. */
export interface LoadedScan {
  readonly label: string;
  readonly p: ScanParams;
  readonly prepared: PreparedScan;
}

/** What loading scans needs beside their parameters. */
export interface LoadServices extends LoaderServices {
  /** Written into the files of prepared data. */
  readonly now: Date;
  /** Is told of each scan before there is room for its frames; may throw. */
  admit?(label: string, size: { readonly frames: number; readonly shape: readonly [number, number] }): void;
}

/** Loads and prepares all scans in the order of their labels. */
export function loadScans({ p, written }: ParsedPtycho, services: LoadServices): LoadedScan[] {
  return sortedScans(p.scans).map(([label, scan]) => {
    const data = dataParams(label, scan);
    checkSimulated(label, scan);
    const prepared = prepareScan(loaderOf(label, data), data, {
      label,
      written: writtenBelow(written, `scans.${label}.data.`),
      services,
      precision: p.data_type,
      now: services.now,
      admit: ({ numFrames: frames, shape }) => services.admit?.(label, { frames, shape }),
    });
    return { label, p: scan, prepared };
  });
}

/** Scans by label, in the order in which they are loaded. */
export function sortedScans(scans: Readonly<Record<string, ScanParams>>): [string, ScanParams][] {
  return Object.entries(scans).sort(([a], [b]) => a < b ? -1 : 1);
}

/** Engines by label, in the order in which they run. */
export function sortedEngines(p: Pick<PtychoParams, "engines">): [string, EngineParams][] {
  return Object.entries(p.engines).sort(([a], [b]) => a < b ? -1 : 1);
}

/** The parameters of a scan's loader. @throws {UnsupportedError} if the scan has none that is built */
export function dataParams(label: string, scan: ScanParams): LoaderParams {
  // checkSupported() has refused the loaders that are not built.
  if (scan.data !== null) return scan.data as LoaderParams;
  throw new UnsupportedError(
    `Cannot load scan "${label}": found no scans.${label}.data, expected a loader and its parameters`,
    { path: `scans.${label}.data` },
  );
}

/**
 * What is simulated must be what is reconstructed: both have a propagation.
 *
 * @throws {ParameterError} where they differ
 */
export function checkSimulated(label: string, { data, propagation }: ScanParams): void {
  if (data?.name !== "SimScan" || data.propagation === propagation) return;
  const path = `scans.${label}.propagation`;
  const message =
    `found "${propagation}", expected "${data.propagation}" as in scans.${label}.data, which simulates the frames`;
  throw new ParameterError([{ path, message }]);
}

/** The loader that parameters name. @throws {UnsupportedError} if it is not built */
export function loaderOf(label: string, data: LoaderParams): NonNullable<ReturnType<typeof findLoader>> {
  const loader = findLoader(data.name);
  if (loader) return loader;
  throw new UnsupportedError(`Cannot load scan "${label}": found loader "${data.name}", which is not built`, {
    path: `scans.${label}.data.name`,
    value: data.name,
  });
}

/** Names of the written parameters below `prefix`. */
export function writtenBelow(written: ReadonlySet<string>, prefix: string): ReadonlySet<string> {
  return new Set([...written].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)));
}
