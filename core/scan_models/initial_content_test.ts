/** What the words in `illumination` and `sample` start from, through whole models. */

import assert from "node:assert/strict";
import { heldFrames } from "../../kernels/measured.ts";
import { isPtychoError } from "../errors.ts";
import { createGeometry } from "../geometry.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import { fullParams } from "../parameters/scan/full.ts";
import { vanillaParams } from "../parameters/scan/vanilla.ts";
import { drawPicture } from "../pictures/mod.ts";
import { createRandom } from "../random.ts";
import { parsePtycho } from "../ptycho_params.ts";
import { refractiveIndex } from "../refraction/refractive_index.ts";
import { buildModel } from "./build_model.ts";
import { layoutOf } from "./mod.ts";
import type { ScanInput } from "./plan_scans.ts";
import { unreadFrames } from "./scan_frames.ts";
import type { ModelServices } from "./scan_model.ts";

const N = 16;
const META = { energy: 7.2, distance: 7.19, psize: [1e-4, 1e-4], shape: [N, N], center: [8, 8], version: "0" } as const;
const GEOMETRY = createGeometry({ ...META, propagation: "farfield" });
const PIXEL = GEOMETRY.resolution[0];

/** Frames with a Gaussian pattern of `photons`, moved across by `shift` pixels. */
function prepared(frames: readonly { photons: number; shift: number }[]): PreparedScan {
  const diffraction = new Float64Array(frames.length * N * N);
  const positions = new Float64Array(2 * frames.length);
  for (const [frame, { photons, shift }] of frames.entries()) {
    const own = diffraction.subarray(frame * N * N, (frame + 1) * N * N);
    own.set(own.map((_, i) => Math.exp(-((Math.floor(i / N) - 8) ** 2 + (i % N - 8 - shift) ** 2) / 8)));
    const sum = own.reduce((a, b) => a + b);
    own.set(own.map((v) => v * photons / sum));
    positions[2 * frame + 1] = frame * 8 * PIXEL;
  }
  const measured = heldFrames({ points: N * N, diffraction, mask: new Uint8Array(N * N).fill(1) });
  const indices = Int32Array.from(frames, (_, i) => i);
  return { meta: { ...META, label: "a" }, numFrames: frames.length, indices, positions, measured };
}

const EVEN = [{ photons: 900, shift: 0 }, { photons: 900, shift: 0 }];

function scan(p: Record<string, unknown>, frames = EVEN, label = "a"): ScanInput {
  return {
    label,
    prepared: prepared(frames),
    p: fullParams.parse({ name: "Full", data: { name: "QuickScan" }, ...p }),
  };
}

function services(log: string[] = []): ModelServices {
  const never = (): never => assert.fail("no file is needed");
  return { random: createRandom(7), loadArray: never, readPtyr: never, log: (m) => log.push(m) };
}

function build(inputs: readonly ScanInput[], log: string[] = []) {
  return buildModel(inputs, { ...services(log), precision: "double" });
}

function power(data: ArrayLike<number>): number {
  return Array.from(data).reduce((sum, v) => sum + v * v, 0);
}

function assertNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i]! - expected[i]!) <= tolerance, `${i}: ${found[i]} is not ${expected[i]}`);
  }
}

Deno.test("illumination: moon is the picture with the photons of the data, in Full and Vanilla; as a model the aperture cuts it", () => {
  const moon = drawPicture("moon", [N, N])!.data;
  const expected = Array.from(moon, (v) => v * Math.sqrt(900 / power(moon)));
  assertNear(build([scan({ illumination: "moon" })]).probe.data, expected);
  const vanilla = vanillaParams.parse({ name: "Vanilla", data: { name: "QuickScan" }, illumination: "moon" });
  assertNear(build([{ label: "a", prepared: prepared(EVEN), p: vanilla }]).probe.data, expected);
  const log: string[] = [];
  const cut = build([scan({ illumination: { model: "moon" } })], log);
  assert.match(log.join(), /aperture of scans\.a\.illumination also acts on the picture "moon"/);
  assert.ok(Math.abs(power(cut.probe.data) / 900 - 1) < 1e-9);
  assert.ok(Math.hypot(cut.probe.data[0]!, cut.probe.data[1]!) < 1e-3);
});

Deno.test("a word gives several modes their usual powers", () => {
  for (const word of ["moon", "stxm", "pinhole"]) {
    const { probe } = build([scan({ illumination: word, coherence: { num_probe_modes: 2 } })]);
    const [first, second] = [probe.data.subarray(0, 2 * N * N), probe.data.subarray(2 * N * N)];
    assert.ok(Math.abs(power(second) / power(first) - 0.1) < 1e-9, word);
  }
});

Deno.test("illumination: stxm is the transform of the mean frame's root, from this scan or another", () => {
  // A pattern exp(-r^2 / 8) has the root exp(-r^2 / 16), whose transform is exp(-pi^2 16 r^2 / N^2).
  const form = Array.from({ length: N * N }, (_, i) => {
    return Math.exp(-(Math.PI ** 2) * 16 / (N * N) * ((Math.floor(i / N) - 8) ** 2 + (i % N - 8) ** 2));
  });
  const scale = Math.sqrt(900 / power(form));
  const sizes = (data: ArrayLike<number>) =>
    Array.from({ length: N * N }, (_, i) => Math.hypot(data[2 * i]!, data[2 * i + 1]!));
  // The root is 1 % at the border, where it is cut.
  assertNear(sizes(build([scan({ illumination: "stxm" })]).probe.data), form.map((v) => v * scale), 0.02 * scale);
  const wide = [{ photons: 500, shift: 3 }];
  const open = { form: null };
  const own = build([scan({ illumination: { model: "stxm", aperture: open, photons: 900 } }, wide, "b")]);
  const other = build([
    scan({ illumination: { model: "stxm", aperture: open, recon: { label: "b" } } }),
    scan({}, wide, "b"),
  ]);
  assertNear(other.probe.data.subarray(0, 2 * N * N), own.probe.data);
});

Deno.test("a template decides aperture and propagation", () => {
  const own = build([scan({ illumination: "pinhole" })]).probe.data;
  const model = build([scan({ illumination: { model: "pinhole", aperture: { form: null } } })]).probe.data;
  assertNear(model, own);
});

Deno.test("sample.model stxm: amplitude from photons, slope from centroids, fill beyond the light", () => {
  const frames = [{ photons: 900, shift: 0.25 }, { photons: 400, shift: -0.25 }];
  const probe = { aperture: { size: 6 * PIXEL, edge: 0.5 } };
  const p = { illumination: probe, sample: { model: "stxm", fill: 0.5, process: { zoom: 3 } } };
  const { obj } = build([scan(p, frames)]);
  const { cols } = obj.storages[0]!;
  const at = (y: number, x: number) => [obj.data[2 * (y * cols + x)]!, obj.data[2 * (y * cols + x) + 1]!] as const;
  // Discs of 6 pixels around columns 8 and 16 leave each other alone.
  assert.ok(Math.abs(Math.hypot(...at(8, 8)) - 1) < 1e-9 && Math.abs(Math.hypot(...at(8, 16)) - 2 / 3) < 1e-9);
  assert.deepEqual(at(0, 0), [0.5, 0]);
  const slope = (x: number) => {
    const [a, b] = [at(8, x - 1), at(8, x + 1)];
    return (Math.atan2(b[1], b[0]) - Math.atan2(a[1], a[0])) / 2;
  };
  // 0.25 pixels of the detector are 2 pi 0.25 / N radians per pixel; the patch's border takes some of it.
  const full = 2 * Math.PI * 0.25 / N;
  assert.ok(slope(8) > 0.3 * full && slope(8) < full * 1.1, `${slope(8)} of ${full}`);
  assert.ok(Math.abs(slope(16) + slope(8)) < 0.2 * full, `${slope(16)}`);
});

Deno.test("sample.stxm.label: another scan's frames, where both scans went", () => {
  const probe = { aperture: { size: 6 * PIXEL, edge: 0.5 } };
  const own = scan({ illumination: probe, sample: { model: "stxm", fill: 0.5, stxm: { label: "b" } } });
  const other = scan({}, [{ photons: 900, shift: 0 }, { photons: 100, shift: 0 }, { photons: 100, shift: 0 }], "b");
  const { obj } = build([own, other]);
  const { cols } = obj.storages[0]!;
  const size = (x: number) => Math.hypot(obj.data[2 * (8 * cols + x)]!, obj.data[2 * (8 * cols + x) + 1]!);
  // The own scan has views at 0 and 8, the other at 0, 8 and 16 pixels, of which the last lies outside.
  assert.equal(cols, 24);
  assert.ok(Math.abs(size(8) - 1) < 1e-9 && Math.abs(size(16) - 1 / 3) < 1e-9, `${size(8)} ${size(16)}`);
});

Deno.test("an object that is too large for the integration is refused before memory is taken", () => {
  const p = fullParams.parse({ name: "Full", data: { name: "QuickScan" }, sample: { model: "stxm" } });
  const layout = layoutOf(p, { ...services(), label: "a", where: "scans.a" });
  const plane = { storageID: "S", shape: [6000, 5000], psize: GEOMETRY.resolution, energy: 7.2, photons: 1 } as const;
  assert.throws(
    () => layout.initialObject({ ...plane, probe: [], frames: unreadFrames(GEOMETRY, ["a"]) }),
    (e: unknown) => isPtychoError(e, "ParameterError") && /^scans\.a\.sample\.model: .*6000 x 5000/.test(e.message),
  );
});

Deno.test("stxm of a scan that is not there, or of other pixels, is refused and named", () => {
  const other = scan({}, EVEN, "b");
  const coarse = {
    ...other,
    prepared: { ...other.prepared, meta: { ...META, label: "b", psize: [2e-4, 2e-4] as const } },
  };
  const p = (label: string) => scan({ sample: { model: "stxm", stxm: { label } } });
  const fails = (text: RegExp, inputs: ScanInput[]) =>
    assert.throws(() => build(inputs), (e: unknown) => isPtychoError(e, "ParameterError") && text.test(e.message));
  fails(/^scans\.a\.sample\.stxm\.label: found "c", expected a scan of this run, one of a, b/, [p("c"), other]);
  fails(/^scans\.a\.sample\.stxm\.label: found "b" with 16 x 16 pixels of/, [p("b"), coarse]);
});

Deno.test("without frames stxm is refused; a dry run has frames that nobody read, and checks labels", () => {
  const p = fullParams.parse({ name: "Full", data: { name: "QuickScan" }, illumination: "stxm" });
  const layout = layoutOf(p, { ...services(), label: "a", where: "scans.a" });
  const plane = { storageID: "S", shape: [N, N], psize: GEOMETRY.resolution, energy: 7.2, photons: 1 } as const;
  assert.throws(
    () => layout.initialProbe(plane),
    (e: unknown) =>
      isPtychoError(e, "ParameterError") && /^scans\.a\.illumination\.model: found "stxm"/.test(e.message),
  );
  const frames = unreadFrames(GEOMETRY, ["a"]);
  assert.ok(Math.abs(power(layout.initialProbe({ ...plane, frames })) - 1) < 1e-9);
  assert.throws(() => frames.analyse("b", "x"), (e: unknown) => isPtychoError(e, "ParameterError"));
});

Deno.test("a complex picture is the object as it is; with a formula it is a thickness, as a real picture always is", () => {
  const object = (sample: Record<string, unknown>, log: string[] = []) => {
    const { obj } = build([scan({ sample })], log);
    return { data: obj.data, shape: [obj.storages[0]!.rows, obj.storages[0]!.cols] as const };
  };
  const plain = { smoothing: null };
  const tree = object({ model: "tree", process: plain });
  assertNear(tree.data, drawPicture("tree", tree.shape)!.data as Float64Array);
  const log: string[] = [];
  const gold = object({ model: "tree", process: { ...plain, formula: "Au" } }, log);
  assert.match(log.join(), /sample\.process\.density of "Au" is 1 g\/cm\^3/);
  const star = object({ model: "star", process: { ...plain, formula: "Au", density: 19.3, thickness: 2e-6 } }, log);
  assert.equal(log.length, 1);
  const index = refractiveIndex({ formula: "Au", density: 19.3 }, { energy: 7.2, where: "" });
  const k = 2 * Math.PI * 7.2 / 1.240597288e-9;
  const least = (data: ArrayLike<number>) =>
    Array.from({ length: data.length / 2 }, (_, i) => Math.hypot(data[2 * i]!, data[2 * i + 1]!))
      .reduce((a, b) => Math.min(a, b));
  assert.ok(Math.abs(least(star.data) - Math.exp(-k * index.im * 2e-6)) < 1e-9);
  assert.ok(Math.abs(least(gold.data) - Math.exp(-k * index.im / 19.3 * 1e-6)) < 1e-9);
});

Deno.test("a disc of Vanilla without a diameter is refused by its own name", () => {
  const p = vanillaParams.parse({ name: "Vanilla", data: { name: "QuickScan" }, illumination: { size: 0 } });
  assert.throws(
    () => build([{ label: "a", prepared: prepared(EVEN), p }]),
    (e: unknown) => isPtychoError(e, "ParameterError") && /^scans\.a\.illumination\.size: found 0/.test(e.message),
  );
});

Deno.test("the index that nobody wrote is told where a thickness uses it", () => {
  const log: string[] = [];
  build([scan({ sample: { model: "star" } })], log);
  assert.match(log.join(), /scans\.a\.sample\.process\.ref_index is 0\.5, as it is unless it is written/);
  const written: string[] = [];
  build([scan({ sample: { model: "star", process: { ref_index: "-1e-5+1e-6j" } } })], written);
  build([scan({ sample: { model: "flower" } })], written);
  assert.deepEqual(written, []);
});

Deno.test("a word that means nothing is refused when it is read, with those that do", () => {
  const wrong = (change: Record<string, unknown>, text: RegExp) =>
    assert.throws(
      () => parsePtycho({ scans: { A: { name: "Full", data: { name: "QuickScan" }, ...change } } }),
      (e: unknown) => isPtychoError(e, "ParameterError") && text.test(e.message),
    );
  wrong({ illumination: "mooon" }, /scans\.A\.illumination.*found "mooon", expected .*"stxm".*"moon".*"pinhole"/);
  wrong({ illumination: { model: "a.tif" } }, /scans\.A\.illumination\.model: found "a.tif", expected .*"zone_plate"/);
  wrong({ sample: { model: "pinhole" } }, /scans\.A\.sample\.model: found "pinhole", expected .*"flower"/);
});
