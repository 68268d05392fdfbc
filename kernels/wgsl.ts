/**
 * The WGSL form of a kernel: its text, which invocations run it, and the check that text and declaration agree.
 *
 * A kernel's text has one entry point of the kernel's name, bindings in the order of the declaration (a trailing underscore keeps a name
 * apart from WGSL's own words), after them what the device provides (`work`: scratch; `tiles` and `pods`: the views on every tile of the
 * object), and last a uniform `p: Params`. For a frame kernel Params begins with items, modes, rows and cols and a vec2u for every frame
 * binding; then come the parameters in their order.
 */

/**
 * Which invocations run an entry point. Single invocations, in workgroups of 256: `waves` (per pixel, mode and item), `points` (per pixel
 * and item), `items` (per frame or pod), `each name` (per element of a binding), `shares name` (`shareCount` per element). Workgroups: `slices`
 * (per 2048 pixels of an item), `item groups` (per item), `tiles` (per 16 * 16 pixels of the object), `many` (`manyCount`), `once` (1).
 */
export type Over =
  | "waves"
  | "points"
  | "items"
  | "slices"
  | "item groups"
  | "tiles"
  | "many"
  | "once"
  | `each ${string}`
  | `shares ${string}`;

/** An entry point and its invocations. */
export interface WgslStage {
  readonly entry: string;
  readonly over: Over;
}

/** What the size of scratch may depend on. */
export interface WorkSizes {
  /** Frames or pods of the dispatch, and slices of all of them. */
  readonly items: number;
  readonly slices: number;
  /** Workgroups of a stage over `many`. */
  readonly many: number;
  /** Elements of a binding. */
  elements(binding: string): number;
}

/** A kernel written in WGSL. */
export interface WgslText {
  /** Shared modules and the kernel's own text, to be joined. */
  readonly code: readonly string[];
  readonly over: Over;
  /** Entry points that run before the one with the kernel's name. */
  readonly before?: readonly WgslStage[];
  /** Bytes of `work`. */
  readonly work?: (sizes: WorkSizes) => number;
  /**
   * Name of a function `(at: Place) -> vec2f` that gives the new value of a pixel of `wave`, so that a propagation that follows can do
   * without the array. Where there is `work` it has a second argument, `shares: ptr<function, vec4f>`, to which it adds what the first
   * stage sums; later stages take as many shares per item as there are.
   */
  readonly source?: string;
  /**
   * Name of a function `(at: Place, z: ptr<function, vec2f>)` that takes a pixel of `wave` and may change it, so that a propagation that
   * comes before can call it. Where there is `work` it returns a vec4f, which is summed likewise.
   */
  readonly sink?: string;
  /** The sink needs all modes of a pixel at once. */
  readonly sinkModes?: "one" | "any";
}

/** A kernel that is the device's own propagator: generated text, because it depends on the length of the lines. */
export interface WgslPropagation {
  readonly propagates: "forward" | "backward";
}

/** The WGSL form of a kernel. */
export type WgslForm = WgslText | WgslPropagation;

/** Most workgroups of a stage over `many`. */
export const MANY = 256;
/** Pixels of a slice, as in slices.wgsl. */
export const SLICE = 2048;
/** Pixels of a tile's side, as in tiles.wgsl. */
export const TILE = 16;
/** Invocations of a workgroup. */
export const GROUP = 256;

/** Invocations per element of a stage over `shares`: enough for a large GPU, few enough to store what they find. */
export function shareCount(elements: number): number {
  return Math.max(1, Math.min(32, Math.floor(2 ** 20 / elements)));
}

/** Workgroups of a stage over `many` when the largest binding has so many elements: eight elements or more per invocation. */
export function manyCount(elements: number): number {
  return Math.max(1, Math.min(MANY, Math.ceil(elements / (8 * GROUP))));
}

/** What is bound where in a WGSL text. */
export interface WgslLayout {
  readonly storage: readonly {
    readonly name: string;
    readonly type: string;
    readonly writes: boolean;
    readonly binding: number;
  }[];
  /** Binding of the uniform, null if there is none. */
  readonly uniform: number | null;
  readonly fields: readonly { readonly name: string; readonly type: string }[];
}

/** Storage bindings that the device provides. */
export const PROVIDED: readonly string[] = ["work", "tiles", "pods"];

/** Reads bindings and Params of a WGSL text. @throws {RangeError} if bindings are not numbered from 0 in their order */
export function readLayout(text: string): WgslLayout {
  const storage: { name: string; type: string; writes: boolean; binding: number }[] = [];
  let uniform: number | null = null;
  const pattern = /@group\((\d+)\)\s*@binding\((\d+)\)\s*var<([^>]+)>\s*(\w+)\s*:\s*([^;]+);/g;
  for (const [, group, binding, space, name, type] of text.matchAll(pattern)) {
    const expected: number = storage.length + (uniform === null ? 0 : 1);
    if (group !== "0" || Number(binding) !== expected) {
      throw new RangeError(`Cannot read WGSL: found "${name}" at (${group}, ${binding}), expected (0, ${expected})`);
    }
    if (space === "uniform") uniform = expected;
    else {storage.push({
        name: name!.replace(/_$/, ""),
        type: type!.trim(),
        writes: space!.includes("write"),
        binding: expected,
      });}
  }
  const struct = /struct Params \{([^}]*)\}/.exec(text)?.[1] ?? "";
  const fields = [...struct.matchAll(/(\w+)\s*:\s*(\w+)/g)].map(([, name, type]) => ({ name: name!, type: type! }));
  return { storage, uniform, fields };
}

const TYPES: Readonly<Record<string, string>> = {
  complex: "array<vec2f>",
  wide_complex: "array<vec2f>",
  real: "array<f32>",
  wide: "array<f32>",
  int: "array<i32>",
  // Four to a word.
  byte: "array<u32>",
};

/** Params that begin those of every frame kernel. */
export const FRAME_FIELDS: readonly string[] = ["items", "modes", "rows", "cols"];

/** Compares the text of a kernel with its declaration. @throws {RangeError} naming the first difference */
export function checkWgsl(
  { name, scope, wgsl, bindings, params }: {
    readonly name: string;
    readonly scope: "frame" | "whole";
    readonly wgsl?: WgslForm;
    readonly bindings: Readonly<Record<string, string>>;
    readonly params: Readonly<Record<string, string>>;
  },
): void {
  if (wgsl === undefined || "propagates" in wgsl) return;
  const text = wgsl.code.join("\n");
  const { storage, uniform, fields } = readLayout(text);
  const declared = Object.entries(bindings).map(([binding, role]) => {
    const [, element, access] = role.split(":");
    return `${binding}: ${TYPES[element!]} ${access === "read" ? "read" : "write"}`;
  });
  const own = storage.filter((s) => !PROVIDED.includes(s.name));
  same(name, "bindings", { found: own.map((s) => `${s.name}: ${s.type} ${s.writes ? "write" : "read"}`), declared });
  const kinds = { real: "f32", int: "u32", flag: "u32" } as const;
  const records = Object.entries(bindings).filter(([, role]) => role.startsWith("frame:"));
  const expected = [
    ...(scope === "frame" ? FRAME_FIELDS.map((f) => `${f}: u32`) : []),
    ...records.map(([binding]) => `${binding}: vec2u`),
    ...Object.entries(params).map(([param, kind]) => `${param}: ${kinds[kind as keyof typeof kinds]}`),
  ];
  same(name, "Params", { found: fields.map((f) => `${f.name}: ${f.type}`), declared: expected });
  same(name, "uniform", { found: uniform === null ? [] : ["p"], declared: expected.length > 0 ? ["p"] : [] });
  const entries = [...text.matchAll(/@workgroup_size\(\d+\)\s*fn (\w+)/g)].map(([, entry]) => entry!);
  const stages = [...(wgsl.before ?? []).map(({ entry }) => entry), name];
  same(name, "entry points", { found: entries, declared: stages });
  const usesWork = storage.some((s) => s.name === "work");
  same(name, "scratch", { found: usesWork ? ["work"] : [], declared: wgsl.work === undefined ? [] : ["work"] });
}

function same(
  kernel: string,
  what: string,
  { found, declared }: { readonly found: readonly string[]; readonly declared: readonly string[] },
): void {
  for (let i = 0; i < Math.max(found.length, declared.length); i++) {
    if (found[i] === declared[i]) continue;
    throw new RangeError(
      `Cannot define kernel "${kernel}": found ${what} "${found[i] ?? "none"}" in WGSL, expected "${
        declared[i] ?? "none"
      }"`,
    );
  }
}
