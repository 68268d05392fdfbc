/** Parameter files, their wrappings, their mistakes, and overrides. */

import { strict as assert } from "node:assert";
import { DataError, ParameterError } from "./errors.ts";
import { applyOverrides, loadParameterFile, parameterFormatOf, parseParameterText } from "./parameter_file.ts";
import { parsePtycho } from "./ptycho_params.ts";

const TREE = { run: "a", scans: { MF: { name: "Full", data: { name: "PtydScan", shape: [64, 64] } } } };

const YAML = `# a comment
run: a
scans:
  MF:
    name: Full
    data: {name: PtydScan, shape: [64, 64]}
`;

Deno.test("parseParameterText() reads JSON and YAML alike", () => {
  assert.deepEqual(parse(JSON.stringify(TREE), "json"), TREE);
  assert.deepEqual(parse(YAML, "yaml"), TREE);
  assert.deepEqual(parse("\t" + JSON.stringify(TREE, null, "\t"), "json"), TREE);
});

Deno.test("parseParameterText() unwraps ptycho and PtyPy 0.9's parameter_tree", () => {
  for (
    const wrapped of [{ ptycho: TREE }, { parameter_tree: TREE }, { parameter_tree: { ptycho: TREE }, base_file: null }]
  ) {
    assert.deepEqual(parse(JSON.stringify(wrapped), "json"), TREE);
  }
});

Deno.test("parseParameterText() refuses names beside the wrapping and a base file that it cannot read", () => {
  assert.deepEqual(issuePaths(() => parse('{"ptycho": {}, "run": "x"}', "json")), ["run"]);
  assert.deepEqual(issuePaths(() => parse('{"ptycho": {}, "base_file": "x.json"}', "json")), ["base_file"]);
  assert.deepEqual(issuePaths(() => parse('{"parameter_tree": {}, "base_file": "x.json"}', "json")), ["base_file"]);
  assert.deepEqual(issuePaths(() => parse('{"parameter_tree": {}, "base_file": 3}', "json")), ["base_file"]);
});

Deno.test("parseParameterText() reads Python's None, True and False in YAML, and leaves texts in quotes alone", () => {
  const yaml = `{a: None, b: null, c: ~, d: True, e: false, f: "None", g: 'True', h: 1e-3, i: .5, j: 0.9+0.1j}`;
  const want = { a: null, b: null, c: null, d: true, e: false, f: "None", g: "True", h: 0.001, i: 0.5, j: "0.9+0.1j" };
  assert.deepEqual(parse(yaml, "yaml"), want);
});

Deno.test("parseParameterText() reads tuples as PyYAML writes them, and refuses other tags", () => {
  assert.deepEqual(parse("shape: !!python/tuple\n- 64\n- 32\n", "yaml"), { shape: [64, 32] });
  assert.match(dataError(() => parse("a: 1\nb: !!python/object:x.Y {}\n", "yaml")).message, /line 2, column 4/);
});

const BROKEN: readonly [what: string, text: string, format: "json" | "yaml", line: number, column: number][] = [
  ["JSON without a comma", '{\n  "a": 1\n  "b": 2\n}', "json", 3, 3],
  ["JSON that ends early", '{\n  "a": [1,', "json", 2, 11],
  ["JSON with a key twice", '{\n  "run": "a",\n  "run": "b"\n}', "json", 3, 3],
  ["YAML with a key twice", "run: a\nio: {}\nrun: b\n", "yaml", 3, 1],
  ["YAML with an open list", "run: a\nscans: [1, 2\n", "yaml", 3, 1],
  ["YAML with two documents", "run: a\n---\nrun: b\n", "yaml", 2, 1],
];

for (const [what, text, format, line, column] of BROKEN) {
  Deno.test(`parseParameterText() refuses ${what} with file, line and column`, () => {
    const error = dataError(() => parse(text, format));
    assert.deepEqual([error.fields.file, error.fields.line, error.fields.column], ["p.txt", line, column]);
    assert.ok(error.message.startsWith(`Cannot read parameters from "p.txt", line ${line}, column ${column}: `));
  });
}

Deno.test("parseParameterText() refuses aliases that grow without bound", () => {
  const levels = "abcdefghi".split("").map((k, i, all) => {
    const items = i === 0 ? "x" : `*${all[i - 1]}`;
    return `${k}: &${k} [${Array(9).fill(items).join(", ")}]`;
  });
  assert.match(dataError(() => parse(levels.join("\n"), "yaml")).message, /alias/i);
});

Deno.test("parseParameterText() refuses what is no group", () => {
  for (const [text, found] of [["", "nothing"], ["3", "3"], ["[1]", "a list"], ['"x"', '"x"']] as const) {
    assert.ok(dataError(() => parse(text, "yaml")).message.includes(`"p.txt": found ${found}, expected a group`));
  }
});

Deno.test("loadParameterFile() lays a file over the base file that it names, from its own folder", () => {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${folder}/base.yaml`, "run: base\nio: {home: h, rfile: r}\nverbose_level: 3\n");
    const tree = { base_file: "base.yaml", parameter_tree: { run: "top", io: { home: "x" } } };
    Deno.writeTextFileSync(`${folder}/top.json`, JSON.stringify(tree));
    const want = { run: "top", io: { home: "x", rfile: "r" }, verbose_level: 3 };
    assert.deepEqual(loadParameterFile(`${folder}/top.json`), want);
    Deno.writeTextFileSync(`${folder}/loop.json`, JSON.stringify({ base_file: "loop.json", parameter_tree: {} }));
    assert.match(dataError(() => loadParameterFile(`${folder}/loop.json`)).message, /circle/);
    assert.match(dataError(() => loadParameterFile(`${folder}/absent.json`)).message, /no such file/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("parseParameterText() refuses YAML of more than 128 Ki characters, JSON of any length is read", () => {
  const long = "x".repeat(1 << 17);
  assert.match(
    dataError(() => parse(`run: ${long}`, "yaml")).message,
    /131077 characters.*at most 131072; write it as JSON/,
  );
  assert.deepEqual(parse(JSON.stringify({ run: long }), "json"), { run: long });
});

Deno.test("parseParameterText() refuses YAML that is nested deeper than the stack", () => {
  for (const text of ["[".repeat(1 << 17), "- ".repeat(1 << 16), "? ".repeat(1 << 16)]) {
    assert.match(dataError(() => parse(text, "yaml")).message, /Cannot read parameters from "p.txt", line 1/);
  }
});

Deno.test("parameterFormatOf() knows .json, .yaml and .yml, and refuses others by name", () => {
  assert.deepEqual(["a.JSON", "a.yaml", "a.yml"].map(parameterFormatOf), ["json", "yaml", "yaml"]);
  assert.match(dataError(() => parameterFormatOf("recon.py")).message, /recon\.py/);
});

const VALUES: readonly [text: string, value: unknown][] = [
  ["128", 128],
  ["1e-6", 1e-6],
  ["None", null],
  ["true", true],
  ["far field", "far field"],
  ["[64, 32]", [64, 32]],
  ["{active: false}", { active: false }],
  ["recons/%(run)s.ptyr", "recons/%(run)s.ptyr"],
  ["%(run)s.ptyr", "%(run)s.ptyr"],
  ["*.ptyr", "*.ptyr"],
  ["#1", "#1"],
  ["a: b", "a: b"],
  ["'12'", "12"],
  ["x=y", "x=y"],
];

for (const [text, value] of VALUES) {
  Deno.test(`applyOverrides() reads the value ${text}`, () => {
    assert.deepEqual(applyOverrides({}, [`io.x=${text}`]), { io: { x: value } });
  });
}

Deno.test("applyOverrides() changes a copy, in order, and takes paths with or without ptycho", () => {
  const before = structuredClone(TREE);
  const after = applyOverrides(TREE, ["scans.MF.data.shape=128", "ptycho.scans.MF.data.shape = 32", "io.home=x"]);
  assert.deepEqual(after, {
    run: "a",
    scans: { MF: { name: "Full", data: { name: "PtydScan", shape: 32 } } },
    io: { home: "x" },
  });
  assert.deepEqual(TREE, before);
});

Deno.test("applyOverrides() can add a scan or an engine by giving its name", () => {
  const tree = applyOverrides({ engines: { e0: { name: "DM" } } }, ["engines.e1.numiter=5", "engines.e1.name=ML"]);
  assert.deepEqual(tree.engines, { e0: { name: "DM" }, e1: { numiter: 5, name: "ML" } });
});

Deno.test("applyOverrides() reaches into a group of io that the file switches by one word", () => {
  const tree = applyOverrides({ io: { autosave: false } }, ["io.autosave.interval=3"]);
  assert.deepEqual(tree, { io: { autosave: { active: false, interval: 3 } } });
});

Deno.test("applyOverrides() refuses all broken overrides at once, naming each", () => {
  const overrides = [
    "io.home",
    "io..home=x",
    "run=",
    "scans.MG.data.shape=3",
    "scans.MF.name.x=1",
    "io.y=[1,",
    "io.z=[*a]",
  ];
  const error = parameterError(() => applyOverrides(TREE, overrides));
  assert.deepEqual(error.issues.map((i) => i.path), [
    "io.home",
    "io..home=x",
    "run",
    "scans.MF.name.x",
    "io.y",
    "io.z",
    "scans.MG",
  ]);
  assert.match(error.message, /scans\.MG: .*did you mean "MF"/);
});

Deno.test("an override of an unknown parameter is refused by the parser with its full path", () => {
  const error = parameterError(() => parsePtycho(applyOverrides(TREE, ["scans.MF.data.shpe=3"])));
  assert.match(error.message, /^scans\.MF\.data\.shpe: .*did you mean "shape"/);
});

function parse(text: string, format: "json" | "yaml"): Record<string, unknown> {
  return parseParameterText(text, { format, file: "p.txt" });
}

function issuePaths(run: () => unknown): string[] {
  return parameterError(run).issues.map((i) => i.path);
}

function parameterError(run: () => unknown): ParameterError {
  const error = thrownBy(run);
  assert.ok(error instanceof ParameterError, String(error));
  return error;
}

function dataError(run: () => unknown): DataError {
  const error = thrownBy(run);
  assert.ok(error instanceof DataError, String(error));
  return error;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (e) {
    return e;
  }
  assert.fail("nothing was thrown");
}
