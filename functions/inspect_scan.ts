/** What a loader would take of its source, without preparing it. */

import { cxiEntries } from "../core/formats/cxi.ts";
import { openHdf5 } from "../core/formats/hdf5.ts";
import { type ScanSummary, scanSummary } from "../core/formats/summary.ts";
import type { Loader, LoaderServices } from "../core/loaders/loader.ts";
import { isPtychoError } from "../core/errors.ts";
import { findLoader } from "../core/loaders/mod.ts";
import { cxiScanParams, nxcxiPtychoScanParams } from "../core/parameters/scandata/cxi.ts";
import type { PtyScanParams } from "../core/parameters/scandata/pty_scan.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import { dataParams, loaderOf, sortedScans, writtenBelow } from "./load.ts";

/** What a loader would take. */
export interface LoadedSummary extends ScanSummary {
  readonly kind: "scan";
  readonly label: string | null;
  readonly loader: string;
  readonly source: string;
}

/** What the loaders of all scans would take. @throws what opening them throws */
export function inspectScans({ p, written }: ParsedPtycho, services: LoaderServices): LoadedSummary[] {
  return sortedScans(p.scans).map(([label, scan]) => {
    const data = dataParams(label, scan);
    const loader = loaderOf(label, data) as unknown as Loader<PtyScanParams>;
    return summaryOf(loader, data, { label, written: writtenBelow(written, `scans.${label}.data.`), services });
  });
}

/** What the loader of a CXI or NXcxi_ptycho file would take; null if it is none. Why it would refuse it is told. */
export function inspectCxi(path: string, services: LoaderServices): LoadedSummary | null {
  const name = cxiLoader(path);
  if (name === null) return null;
  const params = name === "CxiScan" ? cxiScanParams : nxcxiPtychoScanParams;
  const p = params.parse({ name, source: path });
  const loader = findLoader(name) as unknown as Loader<PtyScanParams>;
  try {
    return summaryOf(loader, p, { label: null, written: new Set(), services: { ...services, path: (file) => file } });
  } catch (error) {
    if (!isPtychoError(error, "DataError")) throw error;
    services.log(`${name} would refuse it: ${error.message}`);
    return null;
  }
}

/** The loader of a file with entries that hold frames. */
function cxiLoader(path: string): "CxiScan" | "NXcxiPtychoScan" | null {
  using file = openHdf5(path);
  const entry = cxiEntries(file).find((name) => {
    return file.has(`/${name}/data_1/data`) || file.has(`/${name}/instrument_1/detector_1/data`);
  });
  if (entry === undefined) return null;
  const definition = `/${entry}/definition`;
  return file.kind(definition) === "dataset" && file.read(definition) === "NXcxi_ptycho"
    ? "NXcxiPtychoScan"
    : "CxiScan";
}

function summaryOf<P extends PtyScanParams>(
  loader: Loader<P>,
  p: P,
  { label, written, services }: {
    readonly label: string | null;
    readonly written: ReadonlySet<string>;
    readonly services: LoaderServices;
  },
): LoadedSummary {
  using scan = loader.open(p, services);
  const value = <K extends "energy" | "distance" | "psize">(name: K) => {
    const found = scan.found[name];
    return found === undefined || (written.has(name) && scan.prepared !== true) ? p[name] : found;
  };
  const psize = value("psize");
  const [rows, cols] = scan.frames(0, 1).data.shape.slice(1) as [number, number];
  // Rocking curves have more than two numbers for each frame.
  const positions = scan.positions?.length === 2 * scan.numFrames ? scan.positions : null;
  const source = {
    numFrames: scan.numFrames,
    shape: [rows, cols] as const,
    weight: scan.weight,
    frames: (start: number, stop: number) => scan.frames(start, stop),
    positions,
  };
  return {
    kind: "scan",
    label,
    loader: loader.name,
    source: scan.source ?? loader.name,
    ...scanSummary(source, {
      energy: value("energy"),
      distance: value("distance"),
      psize: psize === null ? null : typeof psize === "number" ? [psize, psize] : [psize[0], psize[1]],
    }),
  };
}
