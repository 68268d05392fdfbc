/** The stage that writes simulated scans as `.ptyd` files, with the truth beside them as a `.ptyr` file. */

import { UnsupportedError } from "../core/errors.ts";
import { figureOfPtyr } from "../core/figures/figure_of_ptyr.ts";
import { reconstructionFigure } from "../core/figures/reconstruction_figure.ts";
import { writeFigure } from "../core/figures/write_figure.ts";
import type { BraggTruth } from "../core/bragg/simulation.ts";
import { simulateBragg3d } from "../core/loaders/bragg_3d_sim.ts";
import { simulateMoonFlower } from "../core/loaders/moon_flower.ts";
import type { LoaderParams } from "../core/loaders/mod.ts";
import type { PreparedScan } from "../core/loaders/prepared_scan.ts";
import type { ParsedPtycho, PtychoParams } from "../core/ptycho_params.ts";
import type { Model } from "../core/scan_models/model.ts";
import { simulateScan } from "../core/simulation/simulated_scan.ts";
import { dataParams, loaderOf, sortedScans } from "./load.ts";
import { saveScan, type SaveServices } from "./prepare_files.ts";
import { type Truth, truthOfBragg, truthOfModel, truthOfMoonFlower, writeTruth } from "./simulated_truth.ts";

/** What was written for a scan. */
export interface SimulatedFiles {
  readonly label: string;
  readonly frames: number;
  readonly shape: readonly [number, number];
  readonly ptyd: string;
  /** Object and probe that the frames were made of; null where there is no such thing (QuickScan). */
  readonly truth: string | null;
  /** A figure of them; null where none was asked for. */
  readonly figure: string | null;
}

/** Loaders that make frames instead of reading them. */
const SIMULATORS: ReadonlySet<string> = new Set(["MoonFlowerScan", "QuickScan", "SimScan", "Bragg3dSimScan"]);

/** The scans of a tree with their simulators. @throws {UnsupportedError} for a scan whose loader reads frames */
export function simulatedScans({ scans }: Pick<PtychoParams, "scans">): { label: string; data: LoaderParams }[] {
  return sortedScans(scans).map(([label, scan]) => {
    const data = dataParams(label, scan);
    if (SIMULATORS.has(data.name)) return { label, data };
    const path = `scans.${label}.data.name`;
    const expected = [...SIMULATORS].join(" or ");
    const message = `Cannot simulate scan "${label}": found loader "${data.name}", expected ${expected}`;
    throw new UnsupportedError(message, { path, value: data.name });
  });
}

/**
 * Simulates all scans of a tree. A scan is saved to its `dfile` (mode `save`, `append` where it has none).
 *
 * @throws {UnsupportedError} for a scan whose loader reads frames
 */
export async function simulateScans(
  parsed: ParsedPtycho,
  services: SaveServices,
): Promise<SimulatedFiles[]> {
  const files: SimulatedFiles[] = [];
  for (const { label, data } of simulatedScans(parsed.p)) {
    files.push(await simulateOne(parsed, { label, data, services }));
  }
  return files;
}

interface SimulatedInput {
  readonly label: string;
  readonly data: LoaderParams;
  readonly services: SaveServices;
}

async function simulateOne(parsed: ParsedPtycho, input: SimulatedInput): Promise<SimulatedFiles> {
  const { label, data, services } = input;
  const { loader, truthOf } = openSimulator({ label, data });
  const { prepared, dfile, ptyd } = saveScan(parsed, { ...input, loader });
  const files = { label, frames: prepared.numFrames, shape: prepared.meta.shape, ptyd };
  const truth = truthOf(prepared);
  if (truth === null) return { ...files, truth: null, figure: null };
  // Names of their own are paths of their own: a link may be there.
  const beside = (ending: string) => services.path(`${dfile.replace(/\.ptyd$/i, "")}_truth.${ending}`);
  const path = beside("ptyr");
  const content = writeTruth(path, truth, { label, now: services.now });
  if (data.name !== "SimScan" || !data.plot) return { ...files, truth: path, figure: null };
  const figure = beside("png");
  await writeFigure(figure, reconstructionFigure(figureOfPtyr(content)));
  return { ...files, truth: path, figure };
}

/** A loader that simulates, and what it simulated once it was used; null where there is no such thing (QuickScan). */
function openSimulator(
  { label, data }: Pick<SimulatedInput, "label" | "data">,
): { loader: ReturnType<typeof loaderOf>; truthOf: (prepared: PreparedScan) => Truth | null } {
  const loader = loaderOf(label, data);
  if (data.name === "MoonFlowerScan") {
    return {
      loader,
      truthOf: (prepared) => truthOfMoonFlower(label, { prepared, truth: simulateMoonFlower(data).truth }),
    };
  }
  if (data.name === "Bragg3dSimScan") {
    let crystal: BraggTruth | null = null;
    const open: typeof loader.open = (_, services) => {
      const { scan, truth } = simulateBragg3d(data, services);
      crystal = truth;
      return scan;
    };
    return { loader: { ...loader, open }, truthOf: () => crystal && truthOfBragg(label, crystal) };
  }
  if (data.name !== "SimScan") return { loader, truthOf: () => null };
  let model: Model | null = null;
  const open: typeof loader.open = (_, services) => {
    const { scan, truth } = simulateScan(data, services);
    model = truth;
    return scan;
  };
  return { loader: { ...loader, open }, truthOf: () => model && truthOfModel(label, model) };
}
