/** Summaries of files as lines for a terminal. */

import type { Range } from "../core/formats/frame_look.ts";
import type { PtydSummary, PtyrSummary, ScanPictures, ScanSummary } from "../core/formats/summary.ts";
import type { LoadedSummary } from "../functions/inspect_scan.ts";
import { besides, drawPattern, drawPoints } from "./drawn_text.ts";
import { metres, printable, rounded } from "./printed_values.ts";

/** Columns and rows of the drawings. */
const DRAWING = { cols: 44, rows: 16 } as const;

/** What a summary says, in lines. */
export function summaryLines(summary: PtydSummary | PtyrSummary | LoadedSummary | FrameSummary): string[] {
  switch (summary.kind) {
    case "ptyd":
      return [...ptydLines(summary), ...drawings(summary.pictures)];
    case "ptyr":
      return ptyrLines(summary);
    case "scan":
      return [
        `loader     ${summary.loader} of ${printable(summary.source)}`,
        ...scanLines(summary, { more: summary.label === null ? "" : `, scan ${summary.label}` }),
        ...drawings(summary.pictures),
      ];
    case "frames":
      return [...scanLines(summary, { more: "", isBare: true }), ...drawings(summary.pictures)];
  }
}

/** Frames alone, of which nothing else is known. */
export interface FrameSummary extends ScanSummary {
  readonly kind: "frames";
}

function ptydLines(s: PtydSummary): string[] {
  const masks = { frames: "one mask per frame", common: "one mask for all frames", none: "no mask" }[s.weights];
  const [frames, geometry, , mask, counts] = scanLines(s, {
    more: s.label === null ? "" : `, label ${s.label}`,
    masks,
  });
  const z = s.rocking === null ? "" : `, z ${span(s.rocking.z)}`;
  return [
    frames!,
    geometry!,
    `positions  y ${span(s.positions.y)}, x ${span(s.positions.x)}${z}`,
    ...s.rocking === null ? [] : [rockingLine(s.rocking)],
    mask!,
    counts!,
  ];
}

/** The lines of any scan: frames, geometry, positions, mask, counts; of bare frames those of the frames. */
function scanLines(
  s: ScanSummary,
  { more, masks, isBare = false }: { readonly more: string; readonly masks?: string; readonly isBare?: boolean },
): string[] {
  const some = s.framesLookedAt < s.frames ? ` (in the first ${s.framesLookedAt} frames)` : "";
  const psize = s.psize === null
    ? "unknown"
    : s.psize[0] === s.psize[1]
    ? metres(s.psize[0])
    : s.psize.map(metres).join(" x ");
  const energy = s.energy === null ? "unknown" : rounded(s.energy);
  const distance = s.distance === null ? "unknown" : metres(s.distance);
  const frames = `frames     ${s.frames} of ${s.shape.join(" x ")}, ${s.dtype}${printable(more)}`;
  const counts = `counts     ${rounded(s.counts.min)} to ${rounded(s.counts.max)} per pixel, ` +
    `mean ${rounded(s.counts.meanPerFrame)} per frame${some}`;
  if (isBare) return [frames, counts];
  return [
    frames,
    `geometry   ${energy} keV, distance ${distance}, pixel ${psize}`,
    s.positions === null ? "positions  none" : `positions  y ${span(s.positions.y)}, x ${span(s.positions.x)}`,
    `mask       ${(100 * s.validFraction).toFixed(s.validFraction < 1 ? 2 : 0)} % valid${
      masks === undefined ? "" : `, ${masks}`
    }${some}`,
    counts,
  ];
}

/** Positions and mean pattern beside each other. */
function drawings({ positions, mean, shape }: ScanPictures): string[] {
  const pattern = { title: "mean pattern, logarithmic", lines: drawPattern(mean, { ...DRAWING, shape }) };
  if (positions === null) return ["", ...besides([pattern])];
  return ["", ...besides([{ title: "positions, y down", lines: drawPoints(positions, DRAWING) }, pattern])];
}

/** Pixels are square but for a few, and told by one side; voxels are not. */
function pixelText(psize: readonly number[]): string {
  return psize.length === 3 ? `voxel ${psize.map(metres).join(" x ")}` : `pixel ${metres(psize[0]!)}`;
}

function rockingLine({ angles, theta_bragg }: NonNullable<PtydSummary["rocking"]>): string {
  const bragg = theta_bragg === null ? "an unknown Bragg angle" : `the Bragg angle ${rounded(theta_bragg)}`;
  return `rocking    ${rounded(angles.min)} to ${rounded(angles.max)} degrees about ${bragg}`;
}

function ptyrLines(s: PtyrSummary): string[] {
  const ran = s.engines.map((engine) => `${engine.name} ${engine.iterations}`).join(", then ");
  const lines = [`run        ${s.run || "without a name"} (${s.fileKind})`, `engines    ${ran || "none yet"}`];
  if (s.last) {
    const [fourier, photon, exit] = s.last.error.map(rounded);
    lines.push(`errors     Fourier ${fourier}, photon ${photon}, exit ${exit} after iteration ${s.last.iterations}`);
  }
  for (const kind of ["obj", "probe"] as const) {
    for (const storage of s[kind]) {
      const { ID, shape, dtype, psize, energy } = storage;
      const at = energy === null ? "" : `, ${energy} keV`;
      lines.push(`${kind.padEnd(10)} ${ID}  ${shape.join(" x ")} ${dtype}, ${pixelText(psize)}${at}`);
    }
  }
  return lines;
}

function span(range: Range): string {
  return `${metres(range.min)} to ${metres(range.max)}`;
}
