/** The measured frames of a model's scans, for what starts from an analysis of them. */

import { ParameterError } from "../errors.ts";
import type { Geometry } from "../geometry.ts";
import type { Storage } from "../containers/storage.ts";
import { firstPixel } from "../containers/storage.ts";
import { type FrameStatistics, frameStatistics } from "../stxm/frame_statistics.ts";
import type { AnalysedScan } from "../stxm/stxm_object.ts";
import type { PlannedScan } from "./plan_scans.ts";

/** The frames of all scans as one storage sees them. */
export interface ScanFrames {
  /**
   * The scan of a label, null for the one that the storage is made for.
   *
   * where  path of the parameter that names the label
   *
   * @throws {ParameterError} if there is no such scan, or if its frames have other pixels
   */
  analyse(label: string | null, where: string): AnalysedScan;
}

/** The frames of scans that are prepared. Each scan is read once, when somebody asks. */
export function scanFrames(scans: readonly PlannedScan[]): (own: PlannedScan, storage: Storage) => ScanFrames {
  const known = new Map<PlannedScan, FrameStatistics>();
  const statisticsOf = (scan: PlannedScan) => {
    const found = known.get(scan) ?? frameStatistics(scan.input.prepared.measured, scan.geometry.shape);
    known.set(scan, found);
    return found;
  };
  return (own, { center, padding }) => ({
    analyse(label, where) {
      const scan = label === null ? own : findScan(scans, label, where);
      checkPixels(scan, own, where);
      const { geometry, input: { prepared } } = scan;
      const { resolution: psize, shape } = geometry;
      const origins = new Int32Array(2 * prepared.numFrames);
      for (let frame = 0; frame < prepared.numFrames; frame++) {
        const coord = [prepared.positions[2 * frame]!, prepared.positions[2 * frame + 1]!] as const;
        const first = firstPixel(coord, { psize, shape });
        origins.set([first[0] + center[0] - padding, first[1] + center[1] - padding], 2 * frame);
      }
      return { geometry, statistics: statisticsOf(scan), origins };
    },
  });
}

/** Frames that nobody has read yet: one of each scan, evenly lit. For checks of everything else. */
export function unreadFrames(geometry: Geometry, labels: readonly string[]): ScanFrames {
  const [rows, cols] = geometry.shape;
  return {
    analyse(label, where) {
      if (label !== null && !labels.includes(label)) refuseLabel(label, labels, where);
      const mean = new Float64Array(rows * cols).fill(1);
      const centroids = Float64Array.of((rows - 1) / 2, (cols - 1) / 2);
      const statistics = { photons: Float64Array.of(rows * cols), centroids, mean };
      return { geometry, statistics, origins: new Int32Array(2) };
    },
  };
}

function findScan(scans: readonly PlannedScan[], label: string, where: string): PlannedScan {
  const found = scans.find((scan) => scan.input.label === label);
  return found ?? refuseLabel(label, scans.map((scan) => scan.input.label), where);
}

function refuseLabel(label: string, labels: readonly string[], where: string): never {
  const message = `found "${label}", expected a scan of this run, one of ${labels.join(", ")}, or None for its own`;
  throw new ParameterError([{ path: where, message }]);
}

function checkPixels({ geometry: a, input: { label } }: PlannedScan, { geometry: b }: PlannedScan, path: string): void {
  const isSame = ([0, 1] as const).every((axis) =>
    a.shape[axis] === b.shape[axis] && Math.abs(a.resolution[axis] / b.resolution[axis] - 1) < 1e-6
  );
  if (isSame) return;
  const describe = (g: Geometry) => `${g.shape.join(" x ")} pixels of ${g.resolution[0].toPrecision(4)} m`;
  const message = `found "${label}" with ${describe(a)}, expected a scan with ${describe(b)} as this one has`;
  throw new ParameterError([{ path, message }]);
}
