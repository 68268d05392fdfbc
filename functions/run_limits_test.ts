/** How large a run may be, by what its tree says and by what its sources say. */

import assert from "node:assert/strict";
import { ParameterError } from "../core/errors.ts";
import { parsePtycho } from "../core/ptycho_params.ts";
import { admitScans, checkDeclaredSize, NO_LIMITS, type RunLimits } from "./run_limits.ts";
import { inPlace, smallTree } from "./stages/testing.ts";

const scan = (data: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  name: "Full",
  data: { name: "MoonFlowerScan", num_frames: 10, shape: 32, ...data },
  ...more,
});

function check(tree: Record<string, unknown>, limits: Partial<RunLimits>): string {
  try {
    checkDeclaredSize(parsePtycho(smallTree(tree)).p, { ...NO_LIMITS, ...limits });
    return "";
  } catch (error) {
    assert.ok(error instanceof ParameterError);
    return error.message;
  }
}

Deno.test("frames are those of all scans; the refusal names the limit, what was found and the setting", () => {
  const scans = { a: scan({}), b: scan({ name: "QuickScan", num_frames: 7 }) };
  assert.equal(check({ scans }, { frames: 17 }), "");
  assert.equal(
    check({ scans }, { frames: 16 }),
    "scans.b.data: found 17 frames with the scans before it, expected at most 16; see limits.frames of the server",
  );
});

Deno.test("bytes are measured values, and the waves of the engine that keeps most, for each mode", () => {
  const coherence = { num_probe_modes: 3, num_object_modes: 2 };
  const scans = { a: scan({ rebin: 2 }, { coherence }) };
  const engines = { a: { name: "ePIE" }, b: { name: "DM" } };
  // DM keeps two waves, of complex numbers: frames * pixels * bytes of a number * (1 + 2 * waves * modes).
  const expected = 10 * 16 * 16 * 4 * (1 + 2 * 2 * 6);
  const tree = { scans, engines, data_type: "single" };
  assert.equal(check(tree, { run_bytes: expected }), "");
  assert.match(check(tree, { run_bytes: expected - 1 }), /^scans\.a\.data: found 0\.000256 GB .* limits\.run_bytes/);
  assert.equal(check({ ...tree, engines: { a: { name: "ePIE" } } }, { run_bytes: 10 * 16 * 16 * 4 * (1 + 2 * 6) }), "");
  assert.notEqual(check({ ...tree, data_type: "double" }, { run_bytes: 2 * expected - 1 }), "");
});

Deno.test("scans from files count once they are opened", () => {
  const tree = smallTree({
    scans: { a: { name: "Full", data: { name: "PtydScan", num_frames: 10, dfile: "a.ptyd" } } },
  });
  const { p } = parsePtycho(tree);
  const limits = { ...NO_LIMITS, frames: 5 };
  checkDeclaredSize(p, limits);
  const admit = admitScans(p, limits);
  admit("a", { frames: 5, shape: [32, 32] });
  assert.throws(() => admit("a", { frames: 1, shape: [32, 32] }), /found 6 frames/);
});

Deno.test(
  "the stages refuse a source that is too large before there is room for its frames",
  inPlace(async ({ start, submit, store, root }) => {
    const data = { name: "MoonFlowerScan", num_frames: 12, shape: 32, save: "append", dfile: "a.ptyd" };
    const signal = new AbortController().signal;
    const simulation = await submit(smallTree({ scans: { MF: scan(data) } }));
    {
      using one = start({ limits: { ...NO_LIMITS, frames: 11 } });
      await assert.rejects(one.invoke("simulate", { run: "test", parameters: simulation }, signal), /found 12 frames/);
      assert.deepEqual([...Deno.readDirSync(root)], []);
    }
    using any = start();
    const { scans: [simulated] } = await any.invoke("simulate", { run: "test", parameters: simulation }, signal);
    const read = await submit(
      smallTree({ scans: { MF: { name: "Full", data: { name: "PtydScan", dfile: "a.ptyd" } } } }),
    );
    const most = simulated!.frames - 1;
    using two = start({ limits: { ...NO_LIMITS, frames: most } });
    const response = await two.fetch(
      new Request("http://exitwave/v1/stages/prepare", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ run: "test", parameters: read }),
      }),
    );
    const { error } = await response.json();
    assert.deepEqual([response.status, error.tag], [422, "ParameterError"]);
    assert.match(error.message, new RegExp(`found ${simulated!.frames} frames .* at most ${most}; see limits.frames`));
    const keys = (await Array.fromAsync(store.list("runs/"))).map(({ key }) => key);
    assert.deepEqual(keys.filter((key) => key.includes("prepared")), []);
    await any.invoke("prepare", { run: "test", parameters: read }, signal);
  }),
);
