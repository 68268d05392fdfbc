/** `Hdf5Loader` reads a scan while h5py writes it beside (SWMR). */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../../core/errors.ts";
import { openHdf5 } from "../../core/formats/hdf5.ts";
import { hasWholeExtent } from "../../core/formats/hdf5_extent.ts";
import { hdf5 } from "../../core/loaders/hdf5.ts";
import { waitFor } from "../../core/loaders/live_file.ts";
import type { OpenScan } from "../../core/loaders/loader.ts";
import { hdf5LoaderParams } from "../../core/parameters/scandata/hdf5_loader.ts";
import { silentServices } from "../../core/preparation/testing.ts";

/** Debian's Python, the one that python3-h5py belongs to. */
const PYTHON = "/usr/bin/python3";
const WRITER = join(import.meta.dirname!, "hdf5_live_writer.py");
const FRAMES = 6;

const isThere = hasH5py();
const skipped = isThere ? "" : " (skipped: no python3-h5py)";

/** Runs a test beside a writer that takes a frame every so many seconds, and waits for its end. */
function beside(name: string, o: { seconds: number; written?: number }, test: (path: string) => void): void {
  Deno.test({
    name: name + skipped,
    ignore: !isThere,
    async fn() {
      const folder = Deno.makeTempDirSync();
      const path = join(folder, "live.h5");
      const args = [WRITER, path, `${FRAMES}`, `${o.seconds}`, `${o.written ?? FRAMES}`];
      const child = new Deno.Command(PYTHON, { args, stdout: "piped", stderr: "inherit" }).spawn();
      try {
        const out = child.stdout.getReader();
        await out.read();
        test(path);
        assert.ok((await child.status).success);
        await out.cancel();
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    },
  });
}

function open(path: string, groups: Record<string, Record<string, unknown>>): OpenScan {
  const { intensities, positions, ...rest } = groups;
  const p = hdf5LoaderParams.parse({
    name: "Hdf5Loader",
    intensities: { file: path, is_swmr: true, ...intensities },
    positions: {
      slow_key: "all_slow",
      fast_key: "all_fast",
      slow_multiplier: 1e-6,
      fast_multiplier: 1e-6,
      ...positions,
    },
    ...rest,
  });
  return hdf5.open(p, silentServices());
}

/** Frame `n` as the writer makes it. */
function frame(n: number, divisor = 1): number[] {
  return Array.from({ length: 16 }, (_, i) => (1000 * (n + 1) + 10 * Math.floor(i / 4) + i % 4) / divisor);
}

function assertFrames(scan: OpenScan, divisor: (n: number) => number = () => 1): void {
  assert.equal(scan.numFrames, FRAMES);
  assert.deepEqual(
    [...scan.positions!],
    Array.from({ length: FRAMES }, (_, n) => [3 * n * n * 1e-6, -n * 1e-6]).flat(),
  );
  for (let n = 0; n < FRAMES; n += 2) {
    assert.deepEqual([...scan.frames(n, n + 2).data.data], [...frame(n, divisor(n)), ...frame(n + 1, divisor(n + 1))]);
  }
}

beside("a data set that grows is read frame by frame before the scan is over", { seconds: 0.15 }, (path) => {
  using scan = open(path, { intensities: { key: "growing", live_key: "done" } });
  assert.deepEqual([...scan.frames(0, 1).data.data], frame(0));
  assert.ok(!hasWholeExtent(path), "the scan was over when its first frame was read");
  assertFrames(scan);
});

beside("a raster that is filled is read as its flags (slow, fast, 1, 1) say", { seconds: 0.02 }, (path) => {
  using raster = hdf5.open(
    hdf5LoaderParams.parse({
      name: "Hdf5Loader",
      intensities: { file: path, key: "raster", is_swmr: true, live_key: "done_raster" },
    }),
    silentServices(),
  );
  assert.deepEqual([...raster.frames(2, 4).data.data], [...frame(2), ...frame(3)]);
});

beside("positions that grow are all waited for, and the monitor with them", { seconds: 0.02 }, (path) => {
  using scan = open(path, {
    intensities: { key: "growing", live_key: "done" },
    positions: { slow_key: "slow", fast_key: "fast", is_swmr: true, live_key: "counted" },
    normalisation: { key: "monitor", is_swmr: true, live_key: "done" },
  });
  assertFrames(scan, (n) => 1 + n);
});

beside("a scan that ends early is told with what there is", { seconds: 0.02, written: 4 }, (path) => {
  using scan = open(path, { intensities: { key: "growing", live_key: "done" } });
  assert.deepEqual([...scan.frames(2, 4).data.data], [...frame(2), ...frame(3)]);
  assert.throws(() => scan.frames(3, 5), (error) => {
    assert.ok(isPtychoError(error, "DataError"));
    assert.match(error.message, /found 1 of 2 complete in a file that its writer has closed, .*set data\.num_frames/);
    return true;
  });
});

beside("a writer that adds nothing is given up", { seconds: 1, written: 1 }, (path) => {
  using file = openHdf5(path, { live: true });
  assert.throws(
    () => waitFor(file, { what: "frames", patienceMs: 300, look: () => ({ complete: 0, wanted: 1 }) }),
    /found 0 of 1 complete in a file to which nothing was added for 0.3 s/,
  );
});

function hasH5py(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["-c", "import h5py"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
