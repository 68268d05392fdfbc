/** The declaration held against the list of PtyPy's parameters. */

import { strict as assert } from "node:assert";
import { listParameters } from "./entries.ts";

/** Entry of the list: path, types, default in Python's notation, bounds. */
interface Listed {
  readonly path: string;
  readonly types: readonly string[];
  readonly default: string | null;
  readonly bounds: { readonly min?: number; readonly max?: number } | null;
  readonly doc?: string;
}

const SHARED = new URL("../../../shared/seed/parameters.json", import.meta.url);
const FIXTURE = new URL("../../tests/fixtures/parameters.json", import.meta.url);
const shared = readList(SHARED);

const ENTRIES = listParameters();
const THEIRS = ENTRIES.filter((e) => e.ours !== true && e.newer !== true);

for (
  const [name, list] of [["the committed list", readList(FIXTURE)], ["../shared/seed/parameters.json", shared]] as const
) {
  const ignore = list === null;
  const suffix = ignore ? " (skipped: the file is absent)" : "";

  Deno.test({
    name: `listParameters() has the 869 paths of ${name}, each once${suffix}`,
    ignore,
    fn: () => {
      assert.equal(list!.length, 869);
      assert.deepEqual(THEIRS.map((e) => e.path).sort(), list!.map((e) => e.path).sort());
    },
  });

  Deno.test({
    name: `listParameters() has the types, default and bounds of ${name}${suffix}`,
    ignore,
    fn: () => {
      const ours = new Map(THEIRS.map((e) => [e.path, e]));
      for (const want of list!) {
        const { types, default: preset, min, max } = ours.get(want.path)!;
        assert.deepEqual(
          { path: want.path, types, default: preset, min, max },
          {
            path: want.path,
            types: want.types,
            default: fromPython(want.default),
            min: want.bounds?.min ?? null,
            max: want.bounds?.max ?? null,
          },
        );
      }
    },
  });
}

Deno.test("every entry has a description of at least ten characters", () => {
  assert.deepEqual(ENTRIES.filter((e) => e.description.length < 10).map((e) => e.path), []);
});

Deno.test({
  name: `no description is a sentence of PtyPy${shared === null ? " (skipped: ../shared is absent)" : ""}`,
  ignore: shared === null,
  fn: () => {
    const sentences = new Set(
      shared!.flatMap((e) => (e.doc ?? "").split(/[.\n]+/).map(plain)).filter((s) => s.length > 12),
    );
    const taken = ENTRIES.filter((e) =>
      [e.description, ...e.description.split(/[.;]/)].some((d) => sentences.has(plain(d)))
    );
    assert.deepEqual(taken.map((e) => `${e.path}: ${e.description}`), []);
  },
});

Deno.test("only the seed, sharing, loaders of formats that PtyPy does not read, saturation, and modes and detector of simulations are ours", () => {
  const isSharing = (path: string) => /^scan\.\w+\.sharing(\.(probe|object))?$/.test(path);
  const ours = ENTRIES.filter((e) => e.ours === true).map((e) => e.path).filter((path) => !isSharing(path));
  const branches = [
    "scandata.CxiScan",
    "scandata.NXcxiPtychoScan",
    "scandata.ModuleScan",
    "scandata.SimScan.coherence",
    "scandata.SimScan.detector",
  ];
  const isBelow = (path: string) => branches.some((name) => path === name || path.startsWith(`${name}.`));
  assert.deepEqual(ours.filter((path) => !isBelow(path)), ["scandata.Hdf5Loader.saturation", "ptycho.seed"]);
  assert.ok(branches.every((name) => ours.some((path) => path.startsWith(`${name}.`))));
});

Deno.test("fromPython() reads what the list contains", () => {
  assert.deepEqual(fromPython("(0.5, 0.0)"), [0.5, 0]);
  assert.deepEqual(fromPython("(False, True, False)"), [false, true, false]);
  assert.deepEqual(fromPython("['spy', 'spz']"), ["spy", "spz"]);
  assert.equal(fromPython("'\\\\*.ptyr'"), "\\*.ptyr");
  assert.equal(fromPython("1e-09"), 1e-9);
  assert.equal(fromPython("None"), null);
  assert.deepEqual(fromPython("Param({})"), {});
  assert.throws(() => fromPython("lambda: 3"));
});

function readList(url: URL): Listed[] | null {
  try {
    return JSON.parse(Deno.readTextFileSync(url));
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) return null;
    throw e;
  }
}

/** The value of a Python literal; `null` where the list has no default. */
function fromPython(text: string | null): unknown {
  if (text === null || text === "None") return null;
  if (text === "Param({})") return {};
  if (/^"/.test(text)) return JSON.parse(text);
  const words: Record<string, string> = { True: "true", False: "false", None: "null" };
  const json = text.replaceAll(/'((?:[^'\\]|\\.)*)'|\b(?:True|False|None)\b|[()]/g, (all, quoted?: string) => {
    if (quoted !== undefined) return `"${quoted}"`;
    return words[all] ?? (all === "(" ? "[" : "]");
  });
  return JSON.parse(json);
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, " ").trim();
}
