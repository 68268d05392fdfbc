/** A device that fails in the middle of a run: the next one goes on from the last snapshot, or the run ends and says what is saved. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ptyr, readPtyr } from "../core/formats/ptyr.ts";
import type { Device } from "../kernels/device.ts";
import { DeviceError } from "../kernels/errors.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";
import { createTestClock, type DeviceHooks, hookedDevice, lost, moonRun, watchRun } from "./testing.ts";

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

function inFolder(test: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = Deno.makeTempDirSync({ prefix: "exitwave_" });
    try {
      await test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
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

for (
  const { title, before, says, repeated } of [
    {
      title: "in the first block",
      before: failAt("flush", 1),
      says: /DM begins on the reference device; no iterations are repeated$/,
      repeated: [],
    },
    {
      title: "in a later block",
      before: failAt("flush", 3),
      says: /DM goes on after iteration 4 on the reference device; no iterations are repeated$/,
      repeated: [],
    },
    {
      title: "as a snapshot is taken",
      before: failAt("save", 2),
      says: /DM goes on after iteration 2 on the reference device; 2 iterations are repeated$/,
      repeated: ["DM 4"],
    },
    {
      title: "as the first snapshot is taken",
      before: failAt("save", 1),
      says: /DM begins again on the reference device; 2 iterations are repeated$/,
      repeated: ["DM 2"],
    },
    {
      title: "as the engine ends",
      before: failAt("save", 4),
      says: /DM goes on after iteration 6 on the reference device; 2 iterations are repeated$/,
      repeated: ["DM 8"],
    },
    {
      title: "as the second engine begins",
      before: failAt("load", 2),
      says: /ePIE begins on the reference device; no iterations are repeated$/,
      repeated: [],
    },
    {
      title: "in the middle of the second engine, which draws its order at random",
      before: failAt("flush", 7),
      says: /ePIE goes on after iteration 2 on the reference device; no iterations are repeated$/,
      repeated: [],
    },
    {
      title: "as the second engine is saved",
      before: failAt("save", 6),
      says: /ePIE goes on after iteration 1 on the reference device; 1 iteration is repeated$/,
      repeated: ["ePIE 2"],
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
      const run = watchRun(moonRun(folder, { engines: ENGINES }), { devices: [card(before), fallback] });
      const { files, deviceChanges, iterations } = await run.result;
      assert.deepEqual(files.map((path) => contentOf(readPtyr(path))), expected);
      assert.equal(run.notes.length, 1);
      assert.match(run.notes[0]!, /^the card device failed: Cannot go on with the card device: it was lost\. /);
      assert.match(run.notes[0]!, says);
      const [change] = deviceChanges;
      assert.deepEqual([deviceChanges.length, change!.from, change!.to], [1, "card", "reference"]);
      assert.equal(change!.reason, "Cannot go on with the card device: it was lost");
      const { engine, iteration } = change!;
      // The first block of the engine, or the one after the snapshot.
      const next = iteration === 0
        ? BLOCKS.findIndex((block) => block.startsWith(engine))
        : BLOCKS.indexOf(`${engine} ${iteration}`) + 1;
      assert.deepEqual(run.blocks, [...BLOCKS.slice(0, next), ...repeated, ...BLOCKS.slice(next)]);
      assert.equal(iterations, 16);
      assert.equal(loads, 3 - ["DM", "ePIE", "ML"].indexOf(engine));
      const line = `engine ${engine}: ${(engine === "DM" ? 8 : 4) - iteration} iterations on reference`;
      assert.ok(run.log.some((text) => text.startsWith(line)), `no "${line}" in ${run.log}`);
    }),
  );
}

Deno.test(
  "snapshots that take long are fewer, so that more is repeated",
  inFolder(async (folder) => {
    const clock = createTestClock();
    const device = card((use, count) => {
      clock.advance(use === "save" ? 20 : 100);
      failAt("flush", 8)!(use, count);
    });
    const engines = { a: { name: "ML", numiter: 10 } };
    const run = watchRun(moonRun(folder, { engines }), { clock, devices: [device, createReferenceDevice()] });
    const { deviceChanges: [change] } = await run.result;
    // Taken after 1 iteration and, 400 ms later, after 5; lost after 7.
    assert.deepEqual([change!.iteration, change!.repeated], [5, 2]);
  }),
);

Deno.test(
  "a device that cannot be lost is not asked for snapshots",
  inFolder(async (folder) => {
    const uses: string[] = [];
    const before = (use: string) => void uses.push(use);
    const device = hookedDevice(createReferenceDevice(), { name: "wasm", mayBeLost: false, before });
    await watchRun(moonRun(folder, { engines: { a: { name: "ML", numiter: 3 } } }), { devices: [device] }).result;
    assert.deepEqual(uses, ["load", "flush", "flush", "flush", "save"]);
  }),
);

Deno.test(
  "an autosave is a snapshot, and is not written again by the device that goes on",
  inFolder(async (folder) => {
    const clock = createTestClock();
    const device = card((use, count) => {
      clock.advance(use === "save" ? 1e6 : 100);
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
    const second = hookedDevice(createReferenceDevice(), {
      name: "second",
      mayBeLost: true,
      before: failAt("flush", 4)!,
    });
    const run = watchRun(moonRun(folder, { engines: ENGINES }), {
      devices: [card(failAt("flush", 3)), second, createReferenceDevice()],
    });
    const { files, deviceChanges } = await run.result;
    assert.deepEqual(files.map((path) => contentOf(readPtyr(path))), expected);
    assert.deepEqual(deviceChanges.map(({ from, to, engine, iteration }) => [from, to, engine, iteration]), [
      ["card", "second", "DM", 4],
      ["second", "reference", "ePIE", 1],
    ]);
  }),
);

Deno.test(
  "without another device the run saves the snapshot as a stopped run would, and the error names the file",
  inFolder(async (folder) => {
    const expected = watchRun(moonRun(folder, { engines: { a: { ...DM, numiter: 4 } } }), {
      devices: [createReferenceDevice()],
    });
    const saved = contentOf(readPtyr((await expected.result).files[0]!));
    Deno.removeSync(join(folder, "recons"), { recursive: true });
    const run = watchRun(moonRun(folder, { engines: ENGINES }), { devices: [card(failAt("save", 3))] });
    const error = await assert.rejects(run.result).then(() => run.result.catch((e: unknown) => e as DeviceError));
    assert.ok(error instanceof DeviceError);
    const path = join(folder, "recons/moon/moon_DM_0004.ptyr");
    assert.equal(
      error.message,
      "Cannot go on with the card device: it was lost. The run ends after iteration 4 of DM; everything up to there is " +
        `saved in ${path}`,
    );
    assert.deepEqual(error.fields, { engine: "DM", iteration: 4, saved: path });
    assert.deepEqual(contentOf(readPtyr(path)), saved);
  }),
);

for (
  const { title, device, io, message, saved } of [
    {
      title: "before its first snapshot",
      device: card(failAt("flush", 1)),
      io: {},
      message: /The run ends after iteration 0 of DM; nothing was saved$/,
      saved: null,
    },
    {
      title: "and has no name for a result",
      device: card(failAt("flush", 3)),
      io: { rfile: null },
      message: /The run ends after iteration 4 of DM; nothing was saved$/,
      saved: null,
    },
    {
      title: "as the second engine begins",
      device: card(failAt("load", 2)),
      io: {},
      message: /The run ends after iteration 0 of ePIE; everything up to there is saved in .*moon_DM_0008\.ptyr$/,
      saved: "recons/moon/moon_DM_0008.ptyr",
    },
    {
      title: "and could not be lost, so that there is no snapshot: what was saved last is named",
      device: hookedDevice(createReferenceDevice(), { name: "wasm", mayBeLost: false, before: failAt("flush", 7)! }),
      io: {},
      message:
        /The run ends after iteration 2 of ePIE; what was saved last, after 8 of 10 iterations, is in .*_DM_0008/,
      saved: "recons/moon/moon_DM_0008.ptyr",
    },
  ]
) {
  Deno.test(
    `a device that fails ${title}`,
    inFolder(async (folder) => {
      const all = { home: folder, autosave: false, autoplot: false, interaction: false, ...io };
      const run = watchRun(moonRun(folder, { io: all, engines: ENGINES }), { devices: [device] });
      const error = await run.result.then(() => null, (e: unknown) => e as DeviceError);
      assert.ok(error instanceof DeviceError);
      assert.match(error.message, message);
      assert.equal(error.fields["saved"], saved === null ? null : join(folder, saved));
    }),
  );
}

Deno.test(
  "a device that cannot be lost but fails under way ends the run, also where another device is left",
  inFolder(async (folder) => {
    const wasm = hookedDevice(createReferenceDevice(), { name: "wasm", mayBeLost: false, before: failAt("flush", 2)! });
    const run = watchRun(moonRun(folder, { engines: ENGINES }), { devices: [wasm, createReferenceDevice()] });
    await assert.rejects(run.result, /The run ends after iteration 2 of DM; nothing was saved$/);
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
  "a run that is stopped as its device is lost saves the snapshot's iterations",
  inFolder(async (folder) => {
    const stop = new AbortController();
    const run = watchRun(moonRun(folder, { engines: ENGINES }), {
      devices: [card(failAt("save", 3)), createReferenceDevice()],
      signal: stop.signal,
      report: ({ iteration }) => iteration === 6 && stop.abort(),
    });
    const { files, iterations, stopped } = await run.result;
    assert.deepEqual([files, iterations, stopped], [[join(folder, "recons/moon/moon_DM_0004.ptyr")], 4, true]);
  }),
);
