/** Stages: the same bytes whatever is warm, published, damaged or called twice. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readNpy } from "../../core/formats/npy.ts";
import { readPtyr } from "../../core/formats/ptyr.ts";
import { DeviceError } from "../../kernels/errors.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import type { StateReference } from "../inputs.ts";
import type { InputOf, OutputOf } from "../invoke.ts";
import { heldState, openState } from "../state_pack.ts";
import { inPlace, smallTree, type TestPlace, type TestProcess } from "./testing.ts";

const forever = new AbortController().signal;

interface Begun {
  /** Runs of other names share nothing. */
  readonly run: string;
  readonly parameters: string;
  readonly prepared: string;
  readonly state: StateReference;
}

async function begin(
  place: TestPlace,
  { invoke }: TestProcess,
  { run = "test", tree = smallTree() } = {},
): Promise<Begun> {
  const parameters = await place.submit(tree);
  const { prepared } = await invoke("prepare", { run, parameters }, forever);
  const { state } = await invoke("start", { run, parameters, prepared }, forever);
  return { run, parameters, prepared, state };
}

type Publish = "always" | "never";

/** Runs blocks of an engine; `process` is asked for before each. Returns what the last one gave. */
async function runBlocks(
  { run, parameters, prepared, state }: Begun,
  { engine, blocks, publish = "never", process }: {
    engine: string;
    blocks: readonly number[];
    publish?: Publish;
    process: () => TestProcess;
  },
): Promise<OutputOf<"iterate">> {
  let last: OutputOf<"iterate"> | null = null;
  for (const iterations of blocks) {
    const from: StateReference = last?.state ?? state;
    const input: InputOf<"iterate"> = { run, parameters, prepared, engine, state: from, iterations, publish };
    last = await process().invoke("iterate", input, forever);
  }
  return last!;
}

/** All numbers of a published state. */
async function numbersOf({ store }: TestPlace, { key }: StateReference): Promise<Record<string, unknown>> {
  using open = await openState(store, key);
  const { state, history } = { state: heldState(open.state), history: open.history };
  const errors = history.iterations.at(-1)!.error;
  return { ...state.arrays, local: history.localErrors, errors, random: state.random };
}

/** The end of both engines in blocks of three, in one process. */
async function undisturbed(place: TestPlace): Promise<Record<string, unknown>> {
  using process = place.start();
  const begun = await begin(place, process, { run: "undisturbed" });
  const a = await runBlocks(begun, { engine: "a", blocks: [3, 3], process: () => process });
  const b = await runBlocks({ ...begun, state: a.state }, { engine: "b", blocks: [3, 1], process: () => process });
  assert.deepEqual([a.isEnd, b.isEnd, b.iteration, b.iterations, b.engine], [true, true, 4, 10, "ePIE"]);
  return await numbersOf(place, b.state);
}

Deno.test(
  "iterate: blocks of one give the bytes of one block, cold or warm, published or not",
  inPlace(async (place) => {
    const expected = await undisturbed(place);
    for (const publish of ["always", "never"] as const) {
      for (const isCold of [true, false]) {
        using process = place.start();
        const begun = await begin(place, process, { run: `${publish}-${isCold}` });
        const fresh = () => {
          if (isCold) process.warm.clear();
          return process;
        };
        const a = await runBlocks(begun, { engine: "a", blocks: [1, 1, 1, 1, 1, 1], publish, process: fresh });
        const b = await runBlocks({ ...begun, state: a.state }, {
          engine: "b",
          blocks: [1, 1, 1, 1],
          publish,
          process: fresh,
        });
        assert.deepEqual(await numbersOf(place, b.state), expected, `${publish} ${isCold}`);
        assert.equal(
          process.said.some((line) => /since the last checkpoint again/.test(line)),
          isCold && publish === "never",
        );
      }
    }
  }),
);

Deno.test(
  "iterate: the same call again gives the same references, from the same process and from another one",
  inPlace(async (place) => {
    using first = place.start();
    const begun = await begin(place, first);
    const input = { ...begun, engine: "a", iterations: 2, publish: "always" as const };
    const once = await first.invoke("iterate", input, forever);
    const { seconds: _, ...expected } = once;
    const again = await first.invoke("iterate", input, forever);
    using second = place.start();
    const elsewhere = await second.invoke("iterate", input, forever);
    for (const { seconds: __, ...found } of [again, elsewhere]) assert.deepEqual(found, expected);
  }),
);

Deno.test(
  "iterate: a damaged checkpoint is found by its hash, told, and made again from the one before",
  inPlace(async (place) => {
    const expected = await undisturbed(place);
    for (const damaged of [0, 1, 2, 3]) {
      using process = place.start();
      const begun = await begin(place, process, { run: `damaged-${damaged}` });
      let { state } = begun;
      const steps = [["a", 3], ["a", 3], ["b", 3], ["b", 1]] as const;
      for (const [step, [engine, count]] of steps.entries()) {
        process.warm.clear();
        if (step === damaged) await damage(place, state);
        const at = { engine, blocks: [count], publish: "always" as const, process: () => process };
        ({ state } = await runBlocks({ ...begun, state }, at));
      }
      assert.deepEqual(await numbersOf(place, state), expected, `${damaged}`);
      const source = damaged === 0 ? "the start of the run" : "the checkpoint before it";
      const told = process.said.filter((line) => line.startsWith("! "));
      assert.ok(told.length === 1 && told[0]!.endsWith(`It is made again from ${source}`), process.said.join("\n"));
    }
  }),
);

/** Flips a bit in the middle of a state's artifact. */
async function damage({ store }: TestPlace, { key }: StateReference): Promise<void> {
  const bytes = await (async () => {
    using file = (await store.fetch(key))!;
    return Deno.readFileSync(file.path);
  })();
  bytes[Math.floor(bytes.length / 3)]! ^= 4;
  await store.remove(key);
  await store.publish(key, (path) => Deno.writeFileSync(path, bytes));
}

Deno.test(
  "iterate: where a device fails, the next one goes on from the last checkpoint, and it is said",
  inPlace(async (place) => {
    const expected = await undisturbed(place);
    const wasm = createWasmDevice({ threads: 1 });
    let loads = 0;
    const failing: typeof wasm = {
      ...wasm,
      name: "shaky",
      async load(...args) {
        const resident = await wasm.load(...args);
        const mayFlush = ++loads > 1;
        return {
          ...resident,
          flush: (read) => mayFlush ? Promise.reject(new DeviceError("Cannot go on: gone")) : resident.flush(read),
        };
      },
    };
    using process = place.start({ devices: [failing, wasm] });
    const begun = await begin(place, process);
    const at = { process: () => process };
    const a = await runBlocks(begun, { engine: "a", blocks: [3], ...at });
    process.warm.clear();
    const end = await runBlocks({ ...begun, state: a.state }, { engine: "a", blocks: [3], ...at });
    const b = await runBlocks({ ...begun, state: end.state }, { engine: "b", blocks: [3, 1], ...at });
    assert.deepEqual(await numbersOf(place, b.state), expected);
    assert.ok(
      process.said.includes(
        "! the shaky device failed: Cannot go on: gone. DM begins again on the wasm device; 3 iterations are repeated",
      ),
      process.said.join("\n"),
    );
  }),
);

Deno.test(
  "iterate: a call that nobody waits for any more stops within an iteration and leaves nothing",
  inPlace(async (place) => {
    using process = place.start();
    const tree = smallTree({ engines: { a: { name: "DM", numiter: 100_000, probe_support: null } } });
    const begun = await begin(place, process, { tree });
    const before = await Array.fromAsync(place.store.list("runs/test/"));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    const input = { ...begun, engine: "a", iterations: 100_000 };
    await assert.rejects(() => process.invoke("iterate", input, stop.signal), /enough/);
    assert.equal((await Array.fromAsync(place.store.list("runs/test/"))).length, before.length);
    const { iteration } = await process.invoke("iterate", { ...input, iterations: 1 }, forever);
    assert.equal(iteration, 1);
  }),
);

Deno.test(
  "export and autosave write what the state holds; plot and evaluate show it",
  inPlace(async (place) => {
    using process = place.start();
    const tree = smallTree({ io: { home: "./", autosave: { interval: 2 }, autoplot: false, interaction: false } });
    const begun = await begin(place, process, { tree });
    const { parameters, prepared } = begun;
    const a = await runBlocks(begun, { engine: "a", blocks: [4], process: () => process });
    const common = { run: "test", parameters, prepared, state: a.state, engine: "a" };
    const started = "2026-11-25T19:00:00Z";
    const dump = await process.invoke("autosave", { ...common, started }, forever);
    assert.deepEqual(dump, { file: join(place.root, "dumps/test/test_DM_0004.ptyr"), iterations: 4 });
    // Waves go to the file from the store, so that no memory holds them.
    assert.ok(await place.store.has(a.state.key));
    const { kind, exit, runtime, probe } = readPtyr(dump.file!);
    assert.deepEqual([kind, Object.keys(exit!), runtime.iter_info.at(-1)!.iterations], ["dump", ["S0000G00"], 4]);
    assert.deepEqual(Object.keys(runtime.error_local!).length, 12);
    const result = await process.invoke("export", { ...common, started }, forever);
    assert.equal(result.file, join(place.root, "recons/test/test_DM_0004.ptyr"));
    assert.deepEqual(readPtyr(result.file!).probe, probe);
    const arrays = await process.invoke("export", { ...common, started, to: "npy", keep: true }, forever);
    const names = ["object", "probe", "positions"];
    assert.deepEqual(arrays.files, names.map((name) => join(place.root, `recons/test/test_DM_0004_${name}.npy`)));
    assert.deepEqual(arrays.kept.map(({ name }) => name), names.map((name) => `result_${name}.npy`));
    assert.deepEqual([arrays.file, arrays.artifact], [arrays.files[0], arrays.kept[0]!.artifact]);
    using kept = (await place.store.fetch(arrays.kept[1]!.artifact))!;
    assert.deepEqual(readNpy(kept.path), Object.values(probe)[0]!.data);
    const { picture } = await process.invoke("plot", { ...common, width: 300 }, forever);
    using png = (await place.store.fetch(picture))!;
    assert.deepEqual([...Deno.readFileSync(png.path).subarray(1, 4)], [...new TextEncoder().encode("PNG")]);
    const judged = await process.invoke(
      "evaluate",
      { ...common, result: result.file!, reference: dump.file! },
      forever,
    );
    const alone = process.invoke("evaluate", { ...common, reference: dump.file! }, forever);
    await assert.rejects(() => alone, /reference: found only one of result and reference/);
    assert.deepEqual([judged.iterations, judged.errors, judged.worst.length], [4, a.errors, 5]);
    assert.ok(judged.worst[0]!.errors[1] >= judged.worst[4]!.errors[1]);
    assert.ok(judged.comparison!.nrmse < 1e-5, `${judged.comparison!.nrmse}`);
  }),
);

for (
  const [what, change, message] of [
    ["an engine that is not there", { engine: "c" }, /engine: found "c", expected one of a, b/],
    ["more iterations than are left", { iterations: 7 }, /found 7, expected at most the 6 that a \(DM\) still has/],
    [
      "parameters that are not there",
      { parameters: "runs/test/none" },
      /Cannot read the artifact "runs\/test\/none": found none/,
    ],
    ["prepared data that are not there", { prepared: "runs/test/none" }, /Cannot read the artifact "runs\/test\/none"/],
    ["a key that leads out", { prepared: "../x" }, /prepared: /],
    ["no iterations", { iterations: 0 }, /iterations: /],
    ["a name that nobody knows", { iteration: 1 }, /iteration/],
  ] as const
) {
  Deno.test(
    `iterate refuses ${what}`,
    inPlace(async (place) => {
      using process = place.start();
      const begun = await begin(place, process);
      const input = { ...begun, engine: "a", iterations: 1, ...change };
      await assert.rejects(() => process.invoke("iterate", input, forever), message);
    }),
  );
}

Deno.test(
  "prepare refuses data outside of the data root",
  inPlace(async (place) => {
    using process = place.start();
    const data = { name: "PtydScan", dfile: "../../secret.ptyd" };
    const parameters = await place.submit(smallTree({ scans: { MF: { name: "Full", data } } }));
    await assert.rejects(
      () => process.invoke("prepare", { run: "test", parameters }, forever),
      /leads out of the data root/,
    );
  }),
);
