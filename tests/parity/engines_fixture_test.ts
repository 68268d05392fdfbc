/** Every engine against an independent numpy program, from a small recorded fixture: runs also where ../shared is absent. */

import { allDiffraction, allMasks, heldFrames } from "../../kernels/measured.ts";
import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { ENGINES, type SupportedParams } from "../../core/engines/mod.ts";
import { openEngine } from "../../core/engines/run_engine.ts";
import { createRandom } from "../../core/random.ts";
import type { Device } from "../../kernels/device.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { ADDRESS, type Block, type Data, type State } from "../../kernels/reconstruction.ts";
import { fixtureNames, readFixture } from "./engine_fixture.ts";

/** Sums in another order, another Fourier transform. */
const TOLERANCE = 1e-10;

const DEVICES: readonly Device[] = [createReferenceDevice(), createWasmDevice({ threads: 2 })];

Deno.test("the fixture covers every engine that reconstructs", () => {
  const covered = new Set(fixtureNames().map((name) => readFixture(name).p.name));
  assertEquals([...covered].sort(), ENGINES.map((e) => e.name).filter((name) => name !== "Dummy").sort());
});

for (const [name, device] of fixtureNames().flatMap((name) => DEVICES.map((device) => [name, device] as const))) {
  Deno.test(`fixture ${name} on ${device.name}: probe, object and local errors agree to ${TOLERANCE}`, async () => {
    const { p, data, state, expected, iterations } = readFixture(name);
    const session = await openEngine({ p, device, data, state, random: createRandom(1) });
    const { localErrors } = await session.iterate(iterations);
    const { arrays } = await session.save();
    session.close();
    assertClose(arrays["probe"]!.data as Float64Array, expected.probe);
    assertClose(arrays["object"]!.data as Float64Array, expected.object);
    assertClose(localErrors, expected.errors);
  });
}

const SPLIT = fixtureNames().map((name) => {
  const { p } = readFixture(name);
  // Power bounds are those of a block; without one DM means the same for any split.
  return { name, p: p.name === "DM" ? { ...p, fourier_relax_factor: 0 } : p };
});

for (const { name, p } of SPLIT) {
  Deno.test(`fixture ${name}: two blocks of half the frames and one mask each give what one block gives`, async () => {
    const { data, state, iterations } = readFixture(name);
    const whole = { ...data, blocks: data.blocks.map((block) => withSameMasks(block, 2)) };
    const halves = { ...data, blocks: splitBlock(whole.blocks[0]!) };
    const [one, two] = [await run(p, whole, { state, iterations }), await run(p, halves, { state, iterations })];
    for (const [i, array] of one.entries()) assertClose(two[i]!, array);
  });
}

/** A block whose frames share one mask in each of `parts` parts. */
function withSameMasks(block: Block, parts: number): Block {
  const { frames, measured } = block;
  const { points } = measured;
  const masks = allMasks(measured);
  const first = (frame: number) => Math.floor(frame * parts / frames) * (frames / parts) * points;
  const same = masks.map((_, i) => masks[first(Math.floor(i / points)) + i % points]!);
  return { ...block, measured: heldFrames({ points, diffraction: allDiffraction(measured), mask: same }) };
}

function splitBlock(block: Block): Block[] {
  const { frames, modes, rows, cols, measured, address } = block;
  const [half, points] = [frames / 2, rows * cols];
  const [diffraction, mask] = [allDiffraction(measured), allMasks(measured)];
  return [0, 1].map((part) => ({
    ...block,
    ID: `S000${part}`,
    frames: half,
    measured: heldFrames({
      points,
      diffraction: diffraction.slice(part * half * points, (part + 1) * half * points),
      mask: mask.slice(part * half * points, (part * half + 1) * points),
    }),
    address: address.slice(part * half * modes * ADDRESS.columns, (part + 1) * half * modes * ADDRESS.columns),
  }));
}

async function run(
  p: SupportedParams,
  data: Data,
  { state, iterations }: { state: State; iterations: number },
): Promise<Float64Array[]> {
  const session = await openEngine({ p, device: createReferenceDevice(), data, state, random: createRandom(1) });
  const { localErrors, errors } = await session.iterate(iterations);
  const { arrays } = await session.save();
  session.close();
  const [probe, object] = [arrays["probe"]!.data as Float64Array, arrays["object"]!.data as Float64Array];
  return [probe, object, localErrors, Float64Array.from(errors.flat())];
}

/** All elements within TOLERANCE of the largest expected one. */
function assertClose(found: Float64Array, expected: Float64Array): void {
  assertEquals(found.length, expected.length);
  const scale = expected.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  const worst = found.reduce((max, v, i) => Math.max(max, Math.abs(v - expected[i]!)), 0);
  assert(worst < TOLERANCE * scale, `difference ${worst}, largest value ${scale}`);
}
