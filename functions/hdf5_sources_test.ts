/** Where the files of `Hdf5Loader` may be: below the data root, or in the store of artifacts; nowhere else. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
import { hdf5 } from "../core/loaders/hdf5.ts";
import { hdf5LoaderParams } from "../core/parameters/scandata/hdf5_loader.ts";
import { silentServices } from "../core/preparation/testing.ts";
import { withArtifactFiles } from "./artifact_files.ts";
import { below } from "./data_root.ts";
import { inPlace } from "./stages/testing.ts";

const FIXTURES = join(import.meta.dirname!, "../tests/fixtures/hdf5_loader");
const KEY = "uploads/20261126-040000-abcdefghij/scan.h5";

/** The scan of the fixtures with its frames in `file`. */
function data(file: string, groups: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "Hdf5Loader",
    intensities: { file, key: "/entry/row" },
    positions: { slow_key: "/entry/motors/row_slow", fast_key: "/entry/motors/row_fast" },
    ...groups,
  };
}

const ELSEWHERE: [string, Record<string, unknown>][] = [
  ["intensities", data("../outside.h5")],
  ...["darkfield", "flatfield", "mask", "normalisation", "framefilter", "recorded_energy", "positions"].map((
    group,
  ): [string, Record<string, unknown>] => {
    const keys = group === "positions" ? { slow_key: "/a", fast_key: "/a" } : { key: "/a" };
    return [group, data("scan.h5", { [group]: { file: "../outside.h5", ...keys } })];
  }),
  ["frameorder", data("scan.h5", { frameorder: { indices: "../outside.npy" } })],
];

for (const [group, given] of ELSEWHERE) {
  Deno.test(
    `${group} out of the data root is refused before it is opened`,
    inPlace(({ root }) => {
      for (const path of ["scan.h5", "../outside.h5"]) Deno.copyFileSync(join(FIXTURES, "scan.h5"), join(root, path));
      const { path } = below(root)(".");
      assert.throws(
        () => hdf5.open(hdf5LoaderParams.parse(given), { ...silentServices(), path }),
        (e) => isPtychoError(e, "DataError") && /found a path that leads out of the data root/.test(e.message),
      );
      return Promise.resolve();
    }),
  );
}

Deno.test(
  "frames and corrections in the store of artifacts are read like those in files",
  inPlace(async ({ root, store }) => {
    await store.publish(KEY, (file) => Deno.copyFileSync(join(FIXTURES, "scan.h5"), file));
    const tree = {
      scans: { S: { data: data(`artifact:${KEY}`, { mask: { file: `artifact:${KEY}`, key: "/entry/mask" } }) } },
    };
    const { signal } = new AbortController();
    await withArtifactFiles({ artifacts: store, files: below(root), signal }, tree, (files) => {
      const services = { ...silentServices(), path: files(".").path };
      using scan = hdf5.open(hdf5LoaderParams.parse(tree.scans.S.data), services);
      assert.equal(scan.frames(3, 4).data.data[7], 4011);
      assert.deepEqual([...scan.weight!.data.slice(0, 3)], [1, 0, 1]);
    });
  }),
);
