/** Which pods touch which tile of the object: what gathering kernels go through. */

import { ADDRESS, type Block, type Data, type StorageSpec } from "../reconstruction.ts";
import { GROUP, TILE } from "../wgsl.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import type { Programs } from "./pipelines.ts";
import type { Condition, Recorder } from "./recorder.ts";
import viewListsText from "./view_lists.wgsl" with { type: "text" };

/** The lists of some frames. */
export interface ViewLists {
  /** (tile, 2, 4), as in tiles.wgsl. */
  readonly tiles: GpuArray;
  readonly pods: GpuArray;
  readonly count: number;
}

/** Chunks up to which all have lists of their own where memory is short; more of them share one, which is made again and again. */
export const MOST_LISTS = 4;

/** Tiles that a view touches at most, wherever it lies. */
export function mostTiles({ rows, cols }: { readonly rows: number; readonly cols: number }): number {
  return (Math.ceil(rows / TILE) + 1) * (Math.ceil(cols / TILE) + 1);
}

/** Room for the lists of `frames` frames of a block. Lists are empty until `recordViewLists`. */
export function createViewLists(
  arrays: GpuArrays,
  { data, block, frames }: { readonly data: Data; readonly block: Block; readonly frames: number },
): ViewLists {
  const rows: number[] = [];
  for (const storage of objectsOf(block, data)) {
    for (let layer = 0; layer < storage.layers; layer++) {
      const start = storage.start + layer * storage.rows * storage.cols;
      for (let y = 0; y < storage.rows; y += TILE) {
        for (let x = 0; x < storage.cols; x += TILE) {
          rows.push(start, storage.cols, storage.rows, storage.cols, y, x, 0, 0);
        }
      }
    }
  }
  const tiles = arrays.create("object tiles", 4 * rows.length);
  arrays.upload(tiles, Uint32Array.from(rows));
  return {
    tiles,
    pods: arrays.create("tile views", 4 * mostTiles(block) * frames * block.modes),
    count: rows.length / 8,
  };
}

/** Records the lists for an address table of `pods` rows. */
export function recordViewLists(
  { tiles, pods, count }: ViewLists,
  { recorder, programs, address, block, condition }: {
    readonly recorder: Recorder;
    readonly programs: Programs;
    readonly address: GpuArray;
    readonly block: Block;
    readonly condition: Condition | null;
  },
): void {
  const program = programs.text(viewListsText, [
    { entry: "count_views", over: "each tiles" },
    { entry: "place_lists", over: "once" },
    { entry: "list_views", over: "each tiles" },
  ]);
  const slot = recorder.uniform(Uint32Array.of(address.bytes / (4 * ADDRESS.columns), block.rows, block.cols));
  const group = recorder.bind(program, [tiles, pods, address].map((array) => ({ array, bytes: array.bytes })), slot);
  for (const { pipeline, over } of program.stages) {
    recorder.dispatch({ pipeline, group, slot, groups: over === "once" ? 1 : Math.ceil(count / GROUP) }, condition);
  }
}

/** The objects that a block has views of; views move within them. */
function objectsOf({ address }: Block, { objects }: Data): StorageSpec[] {
  const seen = new Set<number>();
  for (let row = 0; row < address.length; row += ADDRESS.columns) seen.add(address[row + ADDRESS.object]!);
  return objects.filter((_, index) => seen.has(index));
}
