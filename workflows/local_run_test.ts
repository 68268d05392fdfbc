/** A run in this process: it goes on where it ended, and on the next device where one fails; without one it ends and says what is saved. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ptyr, readPtyr } from "../core/formats/ptyr.ts";
import type { Device } from "../kernels/device.ts";
import { DeviceError } from "../kernels/errors.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";
import type { RunServices } from "./local_run.ts";
import { createTestClock, type DeviceHooks, hookedDevice, lost, moonRun, type TestClock, watchRun } from "./testing.ts";
import { inFolder } from "../tests/end_to_end/command_line.ts";

const POSITIONS = { start: 1, stop: 9, interval: 1, nshifts: 3, amplitude: 1e-7, max_shift: 2e-7 };
const DM = { name: "DM", numiter: 8, numiter_contiguous: 2, position_refinement: POSITIONS };
const ENGINES = { a: DM, b: { name: "ePIE", numiter: 4 }, c: { name: "ML", numiter: 4 } };
/** Blocks of `ENGINES`. */
const BLOCKS = [2, 4, 6, 8].map((i) => `DM ${i}`).concat([1, 2, 3, 4].map((i) => `ePIE ${i}`)).concat(
  [1, 2, 3, 4].map((i) => `ML ${i}`),
);

/** A device that may be lost and computes as the reference does, so that a run on both has the bytes of a run on one. */
function card(before?: DeviceHooks["before"]): Device {
  return hookedDevice(createReferenceDevice(), {
    name: "card",
    mayBeLost: true,
    ...(before === undefined ? {} : { before }),
  });
}

function failAt(use: string, count: number): DeviceHooks["before"] {
  return (kind, n) => {
    if (kind === use && n === count) throw lost("card");
  };
}

/** Each block takes two seconds, so that a checkpoint after each is worth its time. */
function slowly(clock: TestClock, before: DeviceHooks["before"] = () => {}): DeviceHooks["before"] {
  return (use, count) => {
    if (use === "flush") clock.advance(2000);
    before(use, count);
  };
}

/** Everything in a result but the times. */
function contentOf({ probe, obj, positions, runtime }: Ptyr): unknown {
  const history = runtime.iter_info.map(({ duration: _, ...entry }) => entry);
  return { probe, obj, positions, history, local: runtime.error_local };
}

async function undisturbed(folder: string): Promise<unknown[]> {
  const { files } = await watchRun(moonRun(folder, { engines: ENGINES }), { devices: [createReferenceDevice()] })
    .result;
  return files.map((path) => contentOf(readPtyr(path)));
}

function resultsIn(folder: string): unknown[] {
  const names = ["DM_0008", "ePIE_0012", "ML_0016"];
  return names.map((name) => contentOf(readPtyr(join(folder, `recons/moon/moon_${name}.ptyr`))));
}

for (
  const { title, before, says } of [
    {
      title: "in the first block",
      before: failAt("flush", 1),
      says: /DM begins on the reference device; no iterations are repeated$/,
    },
    {
      title: "in a later block",
      before: failAt("flush", 3),
      says: /DM goes on after iteration 4 on the reference device; no iterations are repeated$/,
    },
    {
      title: "as a checkpoint is written",
      before: failAt("save", 2),
      says: /DM goes on after iteration 2 on the reference device; 2 iterations are repeated$/,
    },
    {
      title: "as the first checkpoint is written",
      before: failAt("save", 1),
      says: /DM begins again on the reference device; 2 iterations are repeated$/,
    },
    {
      title: "as the engine ends",
      before: failAt("save", 4),
      says: /DM goes on after iteration 6 on the reference device; 2 iterations are repeated$/,
    },
    {
      title: "as the second engine begins",
      before: failAt("load", 2),
      says: /ePIE begins on the reference device; no iterations are repeated$/,
    },
    {
      title: "in the middle of the second engine, which draws its order at random",
      before: failAt("flush", 7),
      says: /ePIE goes on after iteration 2 on the reference device; no iterations are repeated$/,
    },
    {
      title: "as the second engine is saved",
      before: failAt("save", 6),
      says: /ePIE goes on after iteration 1 on the reference device; 1 iteration is repeated$/,
    },
  ]
) {
  Deno.test(
    `a device that is lost ${title}: the next one goes on to the same bytes, and to the end`,
    inFolder(async (folder) => {
      const expected = await undisturbed(folder);
      let loads = 0;
      const fallback = hookedDevice(createReferenceDevice(), {
        name: "reference",
        mayBeLost: false,
        before: (use) => void (loads += use === "load" ? 1 : 0),
      });
      const clock = createTestClock();
      const run = watchRun(moonRun(folder, { engines: ENGINES }), {
        clock,
        devices: [card(slowly(clock, before)), fallback],
      });
      const { files, deviceChanges, iterations } = await run.result;
      assert.deepEqual(files.map((path) => contentOf(readPtyr(path))), expected);
      assert.equal(run.notes.length, 1);
      assert.match(run.notes[0]!, /^the card device failed: Cannot go on with the card device: it was lost\. /);
      assert.match(run.notes[0]!, says);
      const [change] = deviceChanges;
      assert.deepEqual([deviceChanges.length, change!.from, change!.to], [1, "card", "reference"]);
      assert.equal(change!.reason, "Cannot go on with the card device: it was lost");
      const { engine, iteration } = change!;
      assert.deepEqual(run.blocks, BLOCKS);
      assert.equal(iterations, 16);
      assert.equal(loads, 3 - ["DM", "ePIE", "ML"].indexOf(engine));
      const line = `engine ${engine}: ${(engine === "DM" ? 8 : 4) - iteration} iterations on reference`;
      assert.ok(run.log.some((text) => text.startsWith(line)), `no "${line}" in ${run.log}`);
    }),
  );
}

Deno.test(
  "checkpoints that take long are fewer, so that more is repeated",
  inFolder(async (folder) => {
    const clock = createTestClock();
    const device = card((use, count) => {
      clock.advance({ load: 0, flush: 1000, save: 200 }[use]);
      failAt("flush", 8)!(use, count);
    });
    const engines = { a: { name: "ML", numiter: 10 } };
    const run = watchRun(moonRun(folder, { engines }), { clock, devices: [device, createReferenceDevice()] });
    const { deviceChanges: [change] } = await run.result;
    // Written after 1 iteration and, 4 s later, after 5; lost after 7.
    assert.deepEqual([change!.iteration, change!.repeated], [5, 2]);
  }),
);

Deno.test(
  "a run that takes less than a second writes no checkpoint but the end of each engine",
  inFolder(async (folder) => {
    const uses: string[] = [];
    const before = (use: string) => void uses.push(use);
    const device = hookedDevice(createReferenceDevice(), { name: "wasm", mayBeLost: false, before });
    await watchRun(moonRun(folder, { engines: { a: { name: "ML", numiter: 3 } } }), { devices: [device] }).result;
    assert.deepEqual(uses, ["load", "flush", "flush", "flush", "save"]);
  }),
);

Deno.test(
  "before an autosave there is a checkpoint, and it is not written again by the device that goes on",
  inFolder(async (folder) => {
    const clock = createTestClock();
    const device = card((use, count) => {
      clock.advance({ load: 0, flush: 100, save: 1e6 }[use]);
      failAt("flush", 6)!(use, count);
    });
    const io = { home: folder, autosave: { active: true, interval: 2 }, autoplot: false, interaction: false };
    const run = watchRun(moonRun(folder, { io, engines: { a: { name: "ML", numiter: 8 } } }), {
      clock,
      devices: [device, createReferenceDevice()],
    });
    const { deviceChanges: [change], dumps } = await run.result;
    assert.deepEqual([change!.iteration, change!.repeated], [4, 1]);
    const names = ["None_0000", "ML_0002", "ML_0004", "ML_0006"];
    assert.deepEqual(dumps, names.map((name) => join(folder, `dumps/moon/moon_${name}.ptyr`)));
    assert.deepEqual(dumps.map((path) => readPtyr(path).runtime.iter_info.at(-1)?.iterations ?? 0), [0, 2, 4, 6]);
  }),
);

Deno.test(
  "each device goes on for the one before it, as long as there is one",
  inFolder(async (folder) => {
    const expected = await undisturbed(folder);
    const clock = createTestClock();
    const second = hookedDevice(createReferenceDevice(), {
      name: "second",
      mayBeLost: true,
      before: slowly(clock, failAt("flush", 4))!,
    });
    const run = watchRun(moonRun(folder, { engines: ENGINES }), {
      clock,
      devices: [card(slowly(clock, failAt("flush", 3))), second, createReferenceDevice()],
    });
    const { files, deviceChanges } = await run.result;
    assert.deepEqual(files.map((path) => contentOf(readPtyr(path))), expected);
    assert.deepEqual(deviceChanges.map(({ from, to, engine, iteration }) => [from, to, engine, iteration]), [
      ["card", "second", "DM", 4],
      ["second", "reference", "ePIE", 1],
    ]);
  }),
);

for (
  const { title, from, io, message, saved } of [
    {
      title: "before its first checkpoint",
      from: { use: "flush", count: 1 },
      io: {},
      message: /The run ends before its first block; no file was saved; started again it goes on from there$/,
      saved: null,
    },
    {
      title: "in a later block",
      from: { use: "flush", count: 3 },
      io: {},
      message: /The run ends after iteration 4 of DM; no file was saved; started again it goes on from there$/,
      saved: null,
    },
    {
      title: "as the second engine begins",
      from: { use: "load", count: 2 },
      io: {},
      message:
        /The run ends after iteration 8 of DM; what was saved last, after 8 of 8 iterations, is in .*_DM_0008\.ptyr/,
      saved: "recons/moon/moon_DM_0008.ptyr",
    },
    {
      title: "in the second engine",
      from: { use: "flush", count: 7 },
      io: {},
      message:
        /The run ends after iteration 2 of ePIE; what was saved last, after 8 of 10 iterations, is in .*_DM_0008/,
      saved: "recons/moon/moon_DM_0008.ptyr",
    },
  ]
) {
  Deno.test(
    `the only device fails for good ${title}: the run ends and says what is saved, and typed again it comes to the same bytes`,
    inFolder(async (folder) => {
      const expected = await undisturbed(folder);
      Deno.removeSync(join(folder, "recons"), { recursive: true });
      const all = { home: folder, autosave: false, autoplot: false, interaction: false, ...io };
      const clock = createTestClock();
      const before = slowly(clock, (use, count) => {
        if (use === from.use && count >= from.count) throw lost("card");
      });
      const run = moonRun(folder, { io: all, engines: ENGINES });
      const error = await watchRun(run, { clock, devices: [card(before)] }).result.then(() => null, (e: unknown) => e);
      assert.ok(error instanceof DeviceError);
      assert.match(error.message, message);
      assert.equal(error.fields["saved"], saved === null ? null : join(folder, saved));
      const again = watchRun(run, { devices: [createReferenceDevice()] });
      await again.result;
      assert.deepEqual(resultsIn(folder), expected);
      assert.deepEqual(again.blocks, BLOCKS.slice(BLOCKS.length - again.blocks.length));
    }),
  );
}

Deno.test(
  "a device that fails once is tried again where it is the only one",
  inFolder(async (folder) => {
    const expected = await undisturbed(folder);
    const device = hookedDevice(createReferenceDevice(), {
      name: "wasm",
      mayBeLost: false,
      before: failAt("flush", 2)!,
    });
    const run = watchRun(moonRun(folder, { engines: ENGINES }), { devices: [device] });
    const { files, deviceChanges } = await run.result;
    assert.deepEqual([files.map((path) => contentOf(readPtyr(path))), deviceChanges, run.blocks], [
      expected,
      [],
      BLOCKS,
    ]);
  }),
);

Deno.test(
  "an error that is no failure of the device ends the run at once",
  inFolder(async (folder) => {
    const engines = { a: { name: "DM", numiter: 3, alpha: 1e200 } };
    const run = watchRun(moonRun(folder, { engines }), { devices: [card(), createReferenceDevice()] });
    await assert.rejects(run.result, /not finite after iteration 1/);
    assert.deepEqual(run.notes, []);
  }),
);

Deno.test(
  "a run that is stopped saves where it stands, and typed again comes to the end and the bytes of an undisturbed one",
  inFolder(async (folder) => {
    const expected = await undisturbed(folder);
    Deno.removeSync(join(folder, "recons"), { recursive: true });
    const stop = new AbortController();
    const run = moonRun(folder, { engines: ENGINES });
    const first = watchRun(run, {
      devices: [createReferenceDevice()],
      signal: stop.signal,
      report: ({ engine, iteration }) => engine === "ePIE" && iteration === 2 && stop.abort(),
    });
    const { files, iterations, stopped } = await first.result;
    assert.deepEqual([iterations, stopped], [10, true]);
    assert.deepEqual(files, ["DM_0008", "ePIE_0010"].map((name) => join(folder, `recons/moon/moon_${name}.ptyr`)));
    const second = watchRun(run, { devices: [createReferenceDevice()] });
    await second.result;
    assert.match(
      second.notes.join(),
      /^the same run ended before after 10 iterations and goes on; --fresh begins anew$/,
    );
    assert.deepEqual(first.blocks.concat(second.blocks), BLOCKS);
    Deno.removeSync(join(folder, "recons/moon/moon_ePIE_0010.ptyr"));
    assert.deepEqual(resultsIn(folder), expected);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["recons"]);
  }),
);

Deno.test(
  "other parameters, and `isFresh`, begin anew",
  inFolder(async (folder) => {
    const stopAt = (count: number): Partial<RunServices> => {
      const stop = new AbortController();
      return { signal: stop.signal, report: ({ iteration }) => iteration === count && stop.abort() };
    };
    const devices = [createReferenceDevice()];
    const run = moonRun(folder, { engines: { a: DM } });
    await watchRun(run, { devices, ...stopAt(4) }).result;
    const other = watchRun(moonRun(folder, { engines: { a: { ...DM, alpha: 0.9 } } }), { devices, ...stopAt(4) });
    await other.result;
    assert.deepEqual(other.blocks, ["DM 2", "DM 4"]);
    assert.match(
      other.notes.join(),
      /^found a run of this name that has other parameters or data and ended before the end/,
    );
    const fresh = watchRun(run, { devices, isFresh: true });
    await fresh.result;
    assert.deepEqual([fresh.blocks, fresh.notes], [["DM 2", "DM 4", "DM 6", "DM 8"], []]);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["recons"]);
  }),
);

Deno.test(
  "the same run in two processes: the second is refused",
  inFolder(async (folder) => {
    const run = moonRun(folder, { engines: { a: DM } });
    let second: Promise<unknown> | undefined;
    const devices = [createReferenceDevice()];
    const first = watchRun(run, {
      devices,
      report: () =>
        void (second ??= assert.rejects(watchRun(run, { devices }).result, /found a process that works on them/)),
    });
    assert.equal((await first.result).iterations, 8);
    await second;
  }),
);
