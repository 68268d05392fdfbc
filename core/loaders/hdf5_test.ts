/** One scan in every layout, written by h5py (tests/formats/hdf5_loader_make.py), with every correction and choice of frames. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { hdf5LoaderParams } from "../parameters/scandata/hdf5_loader.ts";
import { prepareScan } from "../preparation/prepare.ts";
import { asArrays, silentServices } from "../preparation/testing.ts";
import { hdf5 } from "./hdf5.ts";
import type { OpenScan } from "./loader.ts";

const FOLDER = join(import.meta.dirname!, "../../tests/fixtures/hdf5_loader");
const SCAN = join(FOLDER, "scan.h5");
const [ROWS, COLS, HEIGHT, WIDTH] = [3, 4, 4, 6];
const FRAMES = ROWS * COLS;
const ALL = Array.from({ length: FRAMES }, (_, n) => n);

interface Choice {
  readonly key?: string;
  readonly file?: string;
  /** `slow_key` and `fast_key` of positions below /entry/motors, and the rest of the group. */
  readonly motors?: readonly [string, string];
  readonly positions?: Record<string, unknown>;
  readonly [group: string]: unknown;
}

/** Opens the scan: frames of `key`, positions in micrometres turned into metres by different factors. */
function open(choice: Choice = {}): OpenScan {
  return hdf5.open(parametersOf(choice), silentServices());
}

function parametersOf({ key = "row", file = SCAN, motors = ["row_slow", "row_fast"], positions, ...rest }: Choice) {
  const at = { file: SCAN, slow_key: `/entry/motors/${motors[0]}`, fast_key: `entry/motors/${motors[1]}` };
  return hdf5LoaderParams.parse({
    name: "Hdf5Loader",
    intensities: { file, key: key.startsWith("/") ? key : `/entry/${key}` },
    positions: { ...at, slow_multiplier: 1e-6, fast_multiplier: -2e-6, ...positions },
    ...rest,
  });
}

function entry(key: string): { file: string; key: string } {
  return { file: SCAN, key: `/entry/${key}` };
}

/** What is in frame `n` at (y, x). */
function counts(n: number, y: number, x: number): number {
  return 1000 * (n + 1) + 10 * y + x;
}

/** Frames by a formula, of `scan` frame by frame. */
function expected(frames: readonly number[], value: (n: number, y: number, x: number) => number): number[] {
  return frames.flatMap((n) =>
    Array.from({ length: HEIGHT * WIDTH }, (_, i) => value(n, Math.floor(i / WIDTH), i % WIDTH))
  );
}

/** Position of frame `n` in the sheared scan, metres. */
function sheared(n: number): [number, number] {
  const [row, col] = [Math.floor(n / COLS), n % COLS];
  return [(5 * row + 0.25 * col) * 1e-6, (2 * col - 0.125 * row) * -2e-6];
}

/** The same on the mesh of two axes. */
function meshed(n: number): [number, number] {
  return [5 * Math.floor(n / COLS) * 1e-6, 2 * (n % COLS) * -2e-6];
}

/** Holds a scan to frames of these numbers, read in ranges of `step`. */
function assertScan(scan: OpenScan, frames: readonly number[], o: {
  at?: (n: number) => [number, number];
  value?: (n: number, y: number, x: number) => number;
  step?: number;
} = {}): void {
  const { at = sheared, value = counts, step = FRAMES } = o;
  assert.equal(scan.numFrames, frames.length);
  assert.deepEqual([...scan.positions!], frames.flatMap(at));
  for (let start = 0; start < frames.length; start += step) {
    const stop = Math.min(start + step, frames.length);
    const { data } = scan.frames(start, stop);
    assert.deepEqual(data.shape, [stop - start, HEIGHT, WIDTH]);
    assert.deepEqual([...data.data].map(Number), expected(frames.slice(start, stop), value));
  }
}

const LAYOUTS: [string, Choice, (n: number) => [number, number]][] = [
  ["frames (slow, fast) and both motors (slow, fast)", { key: "raster", motors: ["grid_slow", "grid_fast"] }, sheared],
  ["frames in a row and a motor value for each", { key: "row", motors: ["row_slow", "row_fast"] }, sheared],
  ["frames in a row and motors (slow, fast)", { key: "row", motors: ["grid_slow", "grid_fast"] }, sheared],
  ["frames (slow, fast) and an axis each", { key: "raster", motors: ["axis_slow", "axis_fast"] }, meshed],
  ["frames in a row and an axis each", { key: "row", motors: ["axis_slow", "axis_fast"] }, meshed],
  ["motors with axes of one entry", { key: "raster", motors: ["deep_slow", "deep_fast"] }, sheared],
  ["a table of motors", {
    motors: ["table", "table"],
    positions: { slow_index: 2, fast_index: 0 },
  }, sheared],
  ["columns of motors", { motors: ["columns", "columns"], positions: { slow_index: -1, fast_index: 0 } }, sheared],
  ["chunks of several frames", { key: "chunked" }, sheared],
  ["chunks of several frames of a row", { key: "chunked_raster", motors: ["grid_slow", "grid_fast"] }, sheared],
  ["a soft link", { key: "soft" }, sheared],
  ["an external link", { key: "elsewhere" }, sheared],
  ["a virtual data set over another file", { key: "/virtual", file: join(FOLDER, "linked.h5") }, sheared],
];
for (const [name, choice, at] of LAYOUTS) {
  for (const step of [FRAMES, 5, 1]) {
    Deno.test(`${name}: frames and positions, ${step} at a time`, () => {
      using scan = open(choice);
      assertScan(scan, ALL, { at, step });
      assert.equal(scan.weight, null);
    });
  }
}

Deno.test("frames without motors have no positions", () => {
  using scan = open({ key: "raster", positions: { slow_key: null, fast_key: null } });
  assert.equal(scan.positions, null);
  assert.equal(scan.numFrames, FRAMES);
});

const PARTS: [string, Choice, number[]][] = [
  ["bounds of both axes", {
    key: "raster",
    motors: ["grid_slow", "grid_fast"],
    positions: { bounding_box: { slow_axis_bounds: 1, fast_axis_bounds: [1, 3] } },
  }, [5, 6, 9, 10]],
  ["bounds of frames in a row with motors (slow, fast)", {
    motors: ["grid_slow", "grid_fast"],
    positions: { bounding_box: { slow_axis_bounds: [0, 2], fast_axis_bounds: 2 } },
  }, [2, 3, 6, 7]],
  ["bounds of a scan without rows", { positions: { bounding_box: { fast_axis_bounds: [3, 8] } } }, [3, 4, 5, 6, 7]],
  ["skip of a scan without rows, from its bounds on", {
    positions: { skip: 3, bounding_box: { fast_axis_bounds: 1 } },
  }, [1, 4, 7, 10]],
  ["skip along both axes", { key: "raster", motors: ["grid_slow", "grid_fast"], positions: { skip: 2 } }, [
    0,
    2,
    8,
    10,
  ]],
  ["a filter", { framefilter: entry("used") }, [0, 1, 3, 4, 5, 6, 8, 9, 10, 11]],
  ["a filter inside bounds", {
    key: "raster",
    motors: ["grid_slow", "grid_fast"],
    framefilter: entry("used"),
    positions: { bounding_box: { slow_axis_bounds: [0, 2] } },
  }, [0, 1, 3, 4, 5, 6]],
  ["an order of what a filter leaves", { framefilter: entry("used"), frameorder: { indices: [9, 2, 0, 6] } }, [
    11,
    3,
    0,
    8,
  ]],
];
for (const [name, choice, frames] of PARTS) {
  for (const step of [FRAMES, 1]) {
    Deno.test(`${name}: frames ${frames.join(", ")} are used, ${step} at a time`, () => {
      using scan = open(choice);
      assertScan(scan, frames, { step });
    });
  }
}

Deno.test("an outer index picks frames and motors of that projection", () => {
  for (const motors of [["outer_slow", "outer_fast"], ["row_slow", "row_fast"]] as const) {
    using scan = open({ key: "outer", motors, outer_index: 1 });
    const isOuter = motors[0] === "outer_slow";
    assertScan(scan, ALL, {
      value: (n, y, x) => 20000 + counts(n, y, x),
      at: (n) => {
        const [row, col] = [Math.floor(n / COLS), n % COLS];
        return isOuter ? [(5 * row + 0.25 * col + 100) * 1e-6, (2 * col - 0.125 * row + 200) * -2e-6] : sheared(n);
      },
    });
  }
});

/** Fields as hdf5_loader_make.py writes them. */
const dark = (y: number, x: number) => 100 + 3 * y + x;
const gain = (y: number, x: number) => y === 1 && x === 2 ? 0 : 1 + 0.25 * y + 0.5 * x;
const divided = (value: number, by: number) => by > 0 ? value / by : 0;

const CORRECTED: [string, Choice, (n: number, y: number, x: number) => number][] = [
  ["a dark field", { darkfield: entry("dark") }, (n, y, x) => counts(n, y, x) - dark(y, x)],
  ["a dark field for each frame", { darkfield: entry("dark_frames") }, (n, y, x) => {
    return counts(n, y, x) - dark(y, x) - 10 * n;
  }],
  ["a flat field", { flatfield: entry("gain") }, (n, y, x) => divided(counts(n, y, x), gain(y, x))],
  ["a monitor", { normalisation: entry("monitor") }, (n, y, x) => counts(n, y, x) / (1 + 0.5 * n)],
  ["a monitor of a raster", {
    key: "raster",
    motors: ["grid_slow", "grid_fast"],
    normalisation: entry("monitor_raster"),
  }, (n, y, x) => counts(n, y, x) / (1 + 0.5 * n)],
  ["dark field, flat field and monitor", {
    darkfield: entry("dark"),
    flatfield: entry("gain"),
    normalisation: entry("monitor"),
  }, (n, y, x) => divided(counts(n, y, x) - dark(y, x), gain(y, x)) / (1 + 0.5 * n)],
  ["a dark field above the counts", { darkfield: entry("bright_dark") }, (n, y, x) => {
    return Math.max(0, counts(n, y, x) - 1500);
  }],
];
for (const [name, choice, value] of CORRECTED) {
  Deno.test(`${name} corrects the frames that are used, in double precision`, () => {
    using scan = open(choice);
    assertScan(scan, ALL, { value, step: 5 });
    assert.equal(scan.frames(0, 1).data.dtype, "float64");
    using part = open({ ...choice, frameorder: { indices: [7, 2] } });
    assertScan(part, [7, 2], { value });
  });
}

Deno.test("a mask for all frames, also one that marks bad pixels", () => {
  const valid = expected([0], (_, y, x) => (y === 0 && x === 1) || (y === 3 && x === 5) ? 0 : 1);
  using scan = open({ mask: entry("mask") });
  assert.deepEqual([...scan.weight!.data], valid);
  assert.deepEqual(scan.weight!.shape, [HEIGHT, WIDTH]);
  assert.equal(scan.frames(0, 2).weights, undefined);
  using inverted = open({ mask: { ...entry("bad"), invert: true } });
  assert.deepEqual([...inverted.weight!.data], valid);
});

Deno.test("a mask for each frame goes with its frame, and pixels that a flat field cannot divide are masked", () => {
  const isBad = (n: number, y: number, x: number) =>
    (y === 0 && x === 1) || (y === 3 && x === 5) || (n === 4 && y === 2 && x === 0) || (y === 1 && x === 2) ||
    (n === 5 && y === 0 && x === 3);
  using scan = open({
    key: "raster",
    motors: ["grid_slow", "grid_fast"],
    mask: entry("mask_frames"),
    flatfield: entry("gain_frames"),
    frameorder: { indices: [5, 4, 3] },
  });
  assert.equal(scan.weight, null);
  const { weights } = scan.frames(0, 3);
  assert.deepEqual([...weights!.data], expected([5, 4, 3], (n, y, x) => isBad(n, y, x) ? 0 : 1));
});

Deno.test("saturated pixels are masked, beside what the mask says and padding, in the frames that have any", () => {
  using scan = open({ saturation: 12030, padding: [1, 0, 0, 0] });
  assert.equal(scan.frames(0, 11).weights, undefined);
  const valid = scan.frames(11, 12).weights!;
  assert.deepEqual(valid.shape, [1, HEIGHT + 1, WIDTH]);
  const expected = Array.from({ length: (HEIGHT + 1) * WIDTH }, (_, i) => {
    const [y, x] = [Math.floor(i / WIDTH) - 1, i % WIDTH];
    return y >= 0 && counts(11, y, x) < 12030 ? 1 : 0;
  });
  assert.deepEqual([...valid.data].map(Number), expected);
  using never = open({ saturation: 0 });
  assert.equal(never.frames(11, 12).weights, undefined);
});

Deno.test("padding surrounds frames with masked pixels", () => {
  using scan = open({ padding: [1, 0, 2, 3], mask: entry("mask") });
  const { data } = scan.frames(2, 4);
  assert.deepEqual(data.shape, [2, HEIGHT + 1, WIDTH + 5]);
  assert.equal(data.dtype, "uint16");
  const inside = (i: number): [number, number] => [Math.floor(i / (WIDTH + 5)) % (HEIGHT + 1) - 1, i % (WIDTH + 5) - 2];
  const size = (HEIGHT + 1) * (WIDTH + 5);
  for (let i = 0; i < data.data.length; i++) {
    const [y, x] = inside(i);
    const isIn = y >= 0 && x >= 0 && x < WIDTH;
    assert.equal(data.data[i], isIn ? counts(2 + Math.floor(i / size), y, x) : 0);
    if (i >= size) continue;
    assert.equal(scan.weight!.data[i], isIn && !(y === 0 && x === 1) && !(y === 3 && x === 5) ? 1 : 0);
  }
});

Deno.test("recorded energy, distance and pixel size are used with their multipliers, also where the user wrote others", () => {
  const choice = {
    recorded_energy: { ...entry("energy"), multiplier: 1e-3, offset: 0.05 },
    recorded_distance: { key: "/entry/distance", multiplier: 1e-3 },
    recorded_psize: { ...entry("psize"), multiplier: 1e-6 },
    energy: 6,
    distance: 1,
    mask: entry("mask"),
  };
  using scan = open(choice);
  assert.deepEqual(scan.found, { energy: 8.75 + 0.05, distance: 1.92, psize: [75 * 1e-6, 55 * 1e-6] });
  const prepared = prepareScan(hdf5, parametersOf(choice), {
    label: "A",
    written: new Set(Object.keys(choice)),
    services: silentServices(),
    precision: "double",
    now: new Date(0),
  });
  const { meta, diffraction, mask } = asArrays(prepared);
  assert.deepEqual([meta.energy, meta.distance, meta.psize], [8.75 + 0.05, 1.92, [75 * 1e-6, 55 * 1e-6]]);
  assert.deepEqual(meta.shape, [4, 4]);
  const middle = ALL.flatMap((n) => Array.from({ length: 16 }, (_, i) => [n, Math.floor(i / 4), i % 4 + 1] as const));
  assert.deepEqual([...diffraction as Float64Array], middle.map(([n, y, x]) => counts(n, y, x)));
  assert.deepEqual([...mask as Uint8Array].slice(0, 4), [0, 1, 1, 1]);
});

const REFUSED: [string, Choice, "DataError" | "ParameterError", RegExp][] = [
  [
    "no such data set",
    { key: "rows" },
    "DataError",
    /"\/entry\/rows" .*found no "rows" in group "\/entry".*did you mean "row"/,
  ],
  ["no such file", { file: join(FOLDER, "scann.h5") }, "DataError", /found no such file; did you mean "scan.h5"/],
  ["no data set named", { intensities: {} }, "ParameterError", /intensities\.file: found None/],
  ["frames of wrong rank", { key: "dark" }, "DataError", /found shape \(4, 6\), expected frames \(\.\.\., y, x\)/],
  ["frames that are records", { key: "record" }, "DataError", /"\/entry\/record" .*found shape \(3\)/],
  ["positions of another length", { motors: ["short", "short"] }, "DataError", /frames \(12\).*slow positions \(5\)/],
  ["one axis only", { positions: { fast_key: null } }, "ParameterError", /positions\.fast_key: found None/],
  ["a motor that is missing", { motors: ["row_slow", "row_fst"] }, "DataError", /did you mean "row_fast"/],
  [
    "a motor beyond the table",
    {
      motors: ["table", "table"],
      positions: { slow_index: 3, fast_index: 0 },
    },
    "DataError",
    /motor 3 .*found shape \(12, 3\)/,
  ],
  ["a dark field of another shape", { darkfield: entry("wrong_dark") }, "DataError", /\(4, 5\), expected \(4, 6\)/],
  ["a monitor of 0", { normalisation: entry("broken_monitor") }, "DataError", /found 0 for frame 7/],
  ["a filter of another length", { framefilter: entry("distance") }, "DataError", /expected a number for each frame/],
  ["an order with a frame too many", { frameorder: { indices: [0, 12] } }, "ParameterError", /found 12, expected/],
  ["an order with a frame twice", { frameorder: { indices: [1, 1] } }, "ParameterError", /found 1 twice/],
  [
    "bounds outside the scan",
    { positions: { bounding_box: { fast_axis_bounds: [2, 13] } } },
    "ParameterError",
    /<= 12/,
  ],
  [
    "slow bounds without rows",
    {
      positions: { bounding_box: { slow_axis_bounds: 1 } },
    },
    "ParameterError",
    /slow_axis_bounds: found 1, but this scan has no rows/,
  ],
  ["an outer index beyond the end", { key: "outer", outer_index: 2 }, "DataError", /found 2 entries of the outer axis/],
  ["several energies", { recorded_energy: { key: "/entry/monitor" } }, "DataError", /found 12 numbers, expected one/],
  [
    "a live scan without its flags",
    {
      intensities: { file: SCAN, key: "/entry/row", is_swmr: true },
    },
    "ParameterError",
    /intensities\.live_key: found None/,
  ],
];
for (const [name, choice, tag, message] of REFUSED) {
  Deno.test(`${name}: a ${tag} that says so`, () => {
    assert.throws(() => open(choice)[Symbol.dispose](), (error) => {
      assert.ok(isPtychoError(error, tag), String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}
