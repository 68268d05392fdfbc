/** What a parameter tree can name, tried one by one: none of it leads a server out of its data root. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
import { placeReference } from "../core/formats/array_file.ts";
import { parsePtycho } from "../core/ptycho_params.ts";
import { createRandom } from "../core/random.ts";
import { below, type FindFiles } from "./data_root.ts";
import { simulateScans } from "./simulate.ts";
import { NO_LIMITS } from "./run_limits.ts";
import { planReconstruction } from "./submission.ts";

const withRoot =
  (test: (o: { root: string; outside: string; files: FindFiles }) => void | Promise<void>) => async () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync());
    const [root, outside] = [join(folder, "root"), join(folder, "outside")];
    try {
      for (const path of [root, outside]) Deno.mkdirSync(path);
      Deno.writeTextFileSync(join(outside, "secret.h5"), "x");
      Deno.symlinkSync(join(outside, "secret.h5"), join(root, "link.h5"));
      Deno.symlinkSync(outside, join(root, "folder"));
      Deno.symlinkSync("folder", join(root, "chain1"));
      Deno.symlinkSync("chain1", join(root, "chain2"));
      await test({ root, outside, files: below(root) });
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };

const isOut = (e: unknown) =>
  isPtychoError(e, "DataError") && /leads out of the data root|cannot be followed/.test(e.message);

const data = { name: "MoonFlowerScan", shape: 16, num_frames: 4 };
const tree = (io: Record<string, unknown>, scan: Record<string, unknown> = {}) => ({
  io: { autosave: false, autoplot: false, ...io },
  scans: { S: { name: "Vanilla", data: { ...data, ...scan } } },
  engines: { e: { name: "DM", numiter: 1 } },
});

const OUT = [
  "../outside/x",
  "/etc/passwd",
  "folder/x",
  "chain2/x",
  "a/../../outside/x",
  "./../outside/x",
  "folder/../../outside/x",
  "/proc/self/root/etc/passwd",
  "link.h5",
];

for (const place of OUT) {
  Deno.test(
    `a tree whose files are at ${place} is refused: io.home, io.rfile, autosave.rfile, dfile`,
    withRoot(({ files }) => {
      const name = place.replace(/%/g, "%%");
      const trees = [
        tree({ rfile: name }),
        tree({ rfile: "a.ptyr", autosave: { active: true, interval: 1, rfile: name } }),
        tree({ rfile: "a.ptyr" }, { save: "append", dfile: name }),
        ...place === "link.h5" ? [] : [tree({ home: place, rfile: "a.ptyr" })],
      ];
      for (const t of trees) {
        assert.throws(
          () => planReconstruction({ tree: t }, { id: "r", files, limits: NO_LIMITS }),
          isOut,
          JSON.stringify(t.io),
        );
      }
    }),
  );
}

Deno.test(
  "a name with a NUL character is refused in words",
  withRoot(({ files }) => {
    const refused = (e: unknown) => isPtychoError(e) && e.message.length > 20;
    assert.throws(
      () => planReconstruction({ tree: tree({ rfile: "a\0b.ptyr" }) }, { id: "r", files, limits: NO_LIMITS }),
      refused,
    );
  }),
);

Deno.test(
  "names that only look like dots and slashes are names",
  withRoot(({ root, files }) => {
    for (
      const name of [
        "．．／outside",
        "%2e%2e%2foutside",
        "..\\outside",
        "‥/x",
        "a..b",
        "...",
        "..a/x",
        "chain2/../outside/x",
      ]
    ) {
      assert.ok(files(".").path(name).startsWith(`${root}/`), name);
    }
  }),
);

Deno.test(
  "placeReference() sees a link in a name with a data set behind it, and dots in that change nothing",
  withRoot(({ root, files }) => {
    const { path } = files(".");
    for (
      const reference of ["link.h5:/data", "folder/secret.h5:/data", "../outside/secret.h5:/data", "link.h5:/../../x"]
    ) {
      assert.throws(() => placeReference(reference, path), isOut, reference);
    }
    assert.equal(placeReference("a.h5:/../../x", path), `${join(root, "a.h5")}:/../../x`);
  }),
);

Deno.test(
  "simulateScans() does not write the truth through a link that lies at its name",
  withRoot(async ({ root, outside, files }) => {
    Deno.symlinkSync(join(outside, "truth.ptyr"), join(root, "a_truth.ptyr"));
    Deno.symlinkSync(join(outside, "truth.png"), join(root, "b_truth.png"));
    const { path } = files(".");
    const run = (data: Record<string, unknown>) =>
      simulateScans(parsePtycho({ scans: { S: { name: "Full", data } } }), {
        random: createRandom(1),
        path,
        log: () => {},
        fileOf: (label) => label,
        now: new Date(0),
      });
    await assert.rejects(run({ ...data, dfile: "a.ptyd" }), isOut);
    const xy = { model: "round", extent: 3e-7, spacing: 1e-7, steps: 3 };
    await assert.rejects(run({ name: "SimScan", shape: 16, xy, dfile: "b.ptyd" }), isOut);
    assert.deepEqual([...Deno.readDirSync(outside)].map(({ name }) => name), ["secret.h5"]);
  }),
);
