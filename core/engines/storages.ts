/** Work that goes storage by storage: layers, probe support and probe centring. */

import type { Resident } from "../../kernels/device.ts";
import { coupleEnergies } from "../../kernels/object_probe_update/couple_energies.ts";
import { centerProbe } from "../../kernels/object_probe_update/center_probe.ts";
import { probeSupport } from "../../kernels/object_probe_update/probe_support.ts";
import { type Buffer, wholeCall } from "../../kernels/pass.ts";
import { ADDRESS, type Data, type StorageSpec } from "../../kernels/reconstruction.ts";

/** Every layer of some storages: its first element and its shape. */
export function storageLayers(
  storages: readonly StorageSpec[],
): { readonly start: number; readonly rows: number; readonly cols: number }[] {
  return storages.flatMap(({ start, layers, rows, cols }) =>
    Array.from({ length: layers }, (_, layer) => ({ start: start + layer * rows * cols, rows, cols }))
  );
}

/** Sets the probes, or gradients shaped like them, to zero outside their support; null for no support. Changes `probe`. */
export function supportProbes(
  resident: Resident,
  { probe, support }: { readonly probe: Buffer<"complex">; readonly support: number | null },
): void {
  if (support === null) return;
  for (const { start, layers, rows, cols } of resident.data.probes) {
    resident.run(wholeCall(probeSupport, { probe }, { start, layers, rows, cols, support }));
  }
}

/** Moves every probe that is off by `tolerance` pixels or more back to the middle; null for never. Changes the probe. */
export function centerProbes(resident: Resident, tolerance: number | null): void {
  if (tolerance === null) return;
  const { probe } = resident;
  for (const { start, layers, rows, cols } of resident.data.probes) {
    resident.run(wholeCall(centerProbe, { probe }, { start, layers, rows, cols, tolerance }));
  }
}

/** What makes layers of several energies fit to each other, or a gradient along layers that do. */
export interface EnergyCouplings {
  /** Changes `array`, a probe or an object, after an update. */
  readonly project: (array: Buffer<"complex">) => void;
  /** Changes `array`, a gradient. */
  readonly restrict: (array: Buffer<"complex">) => void;
  /** Whether there is nothing to do. */
  readonly isFree: boolean;
}

/** The couplings of all probe or object storages. */
export function openCouplings(resident: Resident, kind: "probe" | "object"): EnergyCouplings {
  const couplings = (resident.data.couplings?.[kind] ?? []).map((coupling, i) => ({
    ...coupling,
    project: matrixBuffer(resident, `${kind} projection ${i}`, coupling.project),
    restrict: matrixBuffer(resident, `${kind} restriction ${i}`, coupling.restrict),
  }));
  const apply = (which: "project" | "restrict") => (array: Buffer<"complex">) => {
    for (const { start, stride, energies, [which]: matrix } of couplings) {
      resident.run(wholeCall(coupleEnergies, { array, matrix }, { start, stride, energies }));
    }
  };
  return { project: apply("project"), restrict: apply("restrict"), isFree: couplings.length === 0 };
}

function matrixBuffer(resident: Resident, name: string, values: readonly number[]): Buffer<"wide"> {
  const buffer = resident.alloc(name, { element: "wide", count: values.length });
  resident.write(buffer, Float64Array.from(values));
  return buffer;
}

/** How many pods look at each probe storage. */
export function countProbeViews(data: Data): number[] {
  const counts = data.probes.map(() => 0);
  for (const { address } of data.blocks) {
    for (let row = 0; row < address.length; row += ADDRESS.columns) {
      const element = address[row + ADDRESS.probeStart]!;
      const index = data.probes.findIndex(({ start, layers, rows, cols }) =>
        element >= start && element < start + layers * rows * cols
      );
      counts[index] = counts[index]! + 1;
    }
  }
  return counts;
}
