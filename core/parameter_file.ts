/** Parameter files in JSON and YAML, and overrides from the command line, as plain objects that `parsePtycho()` checks. */

import { isAlias, isMap, isSeq, LineCounter, parseDocument, type ScalarTag } from "yaml";
import { DataError, ParameterError, type ParameterIssue } from "./errors.ts";
import { findDuplicateKey } from "./parameters/duplicate_keys.ts";
import { nearestName } from "./parameters/nearest.ts";
import { isPlainObject } from "./parameters/structure.ts";

/** A parameter tree as written: the content of `ptycho`, unchecked. */
export type WrittenTree = Record<string, unknown>;

/** How a parameter file is written. */
export type ParameterFormat = "json" | "yaml";

/** What `parseParameterText()` needs beside the text. */
export interface ParameterTextOptions {
  readonly format: ParameterFormat;
  /** Name of the file for messages. */
  readonly file: string;
}

/** Aliases may repeat at most this many nodes, so that a few lines cannot grow to gigabytes. */
const MAX_ALIASES = 100;
const MAX_BASES = 8;

/** Reading YAML takes time with the square of anchors and nesting: within this it is a second or two, whatever is in it. */
const MOST_YAML = 1 << 17;

/** Python's `None` as people write it in YAML without quotes; `True` and `False` are YAML's own. In quotes all stay text. */
const PYTHON_NONE: ScalarTag = {
  tag: "tag:yaml.org,2002:null",
  default: true,
  test: /^None$/,
  resolve: () => null,
  stringify: () => "None",
};

/**
 * Reads a parameter file: `.json`, `.yaml` or `.yml`. A `base_file` in it (PtyPy 0.9) is read first, from the folder of the
 * file that names it, and the rest is laid over it.
 *
 * @throws {DataError} if a file cannot be read or is not well formed, with file, line and column
 * @throws {DataError} if the content is no group
 * @throws {ParameterError} if the content is wrapped in a way that is not known
 */
export function loadParameterFile(file: string): WrittenTree {
  return loadWithBase(file, []);
}

/**
 * Turns the text of a parameter file into the content of `ptycho`. The text may hold that content itself, or wrapped as
 * `{ptycho: {...}}` or, as PtyPy 0.9 writes it, `{parameter_tree: {...}}`.
 *
 * YAML: plain `None` is None; `"None"` in quotes is a text. A key that is written twice is refused.
 *
 * @throws {DataError} if the text is not well formed, with file, line and column
 * @throws {ParameterError} if there are other names beside the wrapping, or a `base_file`, which `loadParameterFile()` reads
 */
export function parseParameterText(text: string, options: ParameterTextOptions): WrittenTree {
  const { tree, baseFile } = unwrap(parseText(text, options), options.file);
  if (baseFile !== null) {
    throw new ParameterError([{
      path: "base_file",
      message: `found "${baseFile}", expected a text without a base file`,
    }]);
  }
  return tree;
}

/**
 * Lays overrides such as `scans.MF.data.shape=128` over a tree, in their order; the tree itself stays as it is. Values are
 * YAML scalars or flow lists: `128`, `None`, `[64, 64]`, `far.ptyr`. What is no YAML is a text.
 *
 * @throws {ParameterError} naming every override that has no `=`, no value, a broken list or a way through something that
 * is no group, and every label that was not in the tree and got no `name`
 */
export function applyOverrides(tree: WrittenTree, overrides: readonly string[]): WrittenTree {
  const result = structuredClone(tree);
  const issues: ParameterIssue[] = [];
  for (const override of overrides) {
    const mistake = applyOverride(result, override);
    if (mistake !== null) issues.push(mistake);
  }
  issues.push(
    ...["scans", "engines"].flatMap((branch) => strayLabels(tree[branch], { result: result[branch], branch })),
  );
  if (issues.length > 0) throw new ParameterError(issues);
  return result;
}

/** The format that a file's name ends in. @throws {DataError} for any other ending */
export function parameterFormatOf(file: string): ParameterFormat {
  if (/\.json$/i.test(file)) return "json";
  if (/\.ya?ml$/i.test(file)) return "yaml";
  throw new DataError(
    `Cannot read parameters: found file "${file}", expected a name that ends in .json, .yaml or .yml`,
    {
      file,
    },
  );
}

function loadWithBase(file: string, above: readonly string[]): WrittenTree {
  if (above.length > MAX_BASES || above.includes(file)) {
    const chain = [...above, file].join(" -> ");
    throw new DataError(`Cannot read parameters: found base files that lead in a circle, ${chain}`, { file });
  }
  const { tree, baseFile } = unwrap(parseText(readText(file), { format: parameterFormatOf(file), file }), file);
  if (baseFile === null) return tree;
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const base = loadWithBase(baseFile.startsWith("/") ? baseFile : folder + baseFile, [...above, file]);
  return layOver(base, tree);
}

function readText(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "no such file"
      : cause instanceof Deno.errors.IsADirectory
      ? "a folder"
      : String(cause instanceof Error ? cause.message : cause);
    throw new DataError(
      `Cannot read parameters from "${file}": found ${why}, expected a JSON or YAML file`,
      { file },
      cause,
    );
  }
}

function parseText(text: string, options: ParameterTextOptions): unknown {
  const lines = new LineCounter();
  if (options.format === "json") return parseJson(text, options.file);
  if (text.length > MOST_YAML) {
    const message =
      `Cannot read parameters from "${options.file}": found ${text.length} characters of YAML, expected at ` +
      `most ${MOST_YAML}; write it as JSON`;
    throw new DataError(message, { file: options.file, found: text.length, expected: MOST_YAML });
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, customTags: [PYTHON_NONE] });
  // A tuple that PyYAML wrote is read as the list that it is; any other tag would be lost silently.
  const problem = document.errors[0] ?? document.warnings.find((w) => !/python\/tuple/.test(w.message));
  if (problem !== undefined) throw malformed(problem.message, { file: options.file, ...place(lines, problem.pos[0]) });
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    const message = `Cannot read parameters from "${options.file}": ${cause instanceof Error ? cause.message : cause}`;
    throw new DataError(message, { file: options.file }, cause);
  }
}

function parseJson(text: string, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const at = /\(line (\d+) column (\d+)\)/.exec(message);
    const end = text.trimEnd().split("\n");
    const line = Number(at?.[1] ?? end.length);
    const column = Number(at?.[2] ?? (end.at(-1) ?? "").length + 1);
    throw malformed(message.replace(/ in JSON at position.*| \(line.*/, ""), { file, line, column }, cause);
  }
  const twice = findDuplicateKey(text);
  if (twice === null) return value;
  const before = text.slice(0, twice.offset).split("\n");
  const at = { file, line: before.length, column: (before.at(-1) ?? "").length + 1 };
  throw malformed(`found the key "${twice.key}" a second time in its group`, at);
}

function place(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function malformed(what: string, at: { file: string; line: number; column: number }, cause?: unknown): DataError {
  const message = `Cannot read parameters from "${at.file}", line ${at.line}, column ${at.column}: ${what}`;
  return new DataError(message, at, cause);
}

function unwrap(value: unknown, file: string): { tree: WrittenTree; baseFile: string | null } {
  if (!isPlainObject(value)) {
    const found = value === null || value === undefined
      ? "nothing"
      : Array.isArray(value)
      ? "a list"
      : JSON.stringify(value);
    const message = `Cannot read parameters from "${file}": found ${found}, expected a group with scans and engines`;
    throw new DataError(message, { file, found });
  }
  const wrapping = ["ptycho", "parameter_tree"].find((key) => Object.hasOwn(value, key));
  if (wrapping === undefined) return { tree: value, baseFile: null };
  const { [wrapping]: inner, base_file: base = null, ...others } = value;
  const allowsBase = wrapping === "parameter_tree";
  const stray = Object.keys(allowsBase || base === null ? others : { base_file: base, ...others });
  if (stray.length > 0) {
    const expected = `nothing beside ${wrapping}${allowsBase ? " and base_file" : ""}`;
    throw new ParameterError(
      stray.map((path) => ({ path, message: `found a name beside "${wrapping}", expected ${expected}` })),
    );
  }
  if (base !== null && typeof base !== "string") {
    throw new ParameterError([{
      path: "base_file",
      message: `found ${JSON.stringify(base)}, expected a file name or None`,
    }]);
  }
  const nested = unwrap(inner, file);
  return { tree: nested.tree, baseFile: base ?? nested.baseFile };
}

function layOver(base: WrittenTree, top: WrittenTree): WrittenTree {
  const result = { ...base };
  for (const [key, value] of Object.entries(top)) {
    const below = result[key];
    result[key] = isPlainObject(value) && isPlainObject(below) ? layOver(below, value) : value;
  }
  return result;
}

function applyOverride(tree: WrittenTree, override: string): ParameterIssue | null {
  const at = override.indexOf("=");
  const path = override.slice(0, at).trim().replace(/^ptycho\./, "");
  const text = override.slice(at + 1).trim();
  const keys = path.split(".");
  if (at < 0 || keys.includes("") || keys.includes("__proto__")) {
    return { path: override, message: "found no path=value, expected something like engines.engine00.numiter=50" };
  }
  if (text === "") return { path, message: `found no value in "${override}", expected one; write None for none` };
  let group = tree;
  for (const key of keys.slice(0, -1)) {
    const there = Object.hasOwn(group, key) ? group[key] : {};
    // `io.autosave: false` is short for the group with `active: false`.
    const next = keys[0] === "io" && typeof there === "boolean" ? { active: there } : there;
    if (!isPlainObject(next)) {
      return {
        path,
        message: `found ${JSON.stringify(next)} at "${key}", expected a group that "${override}" can change`,
      };
    }
    group[key] = next;
    group = next;
  }
  const value = parseValue(text);
  if (value === BROKEN) {
    return { path, message: `found a broken list or group in "${override}", expected such as [64, 64]` };
  }
  group[keys.at(-1) ?? ""] = value;
  return null;
}

const BROKEN = Symbol("broken");

function parseValue(text: string): unknown {
  const isFlow = /^[[{"']/.test(text);
  const document = parseDocument(text, { customTags: [PYTHON_NONE], prettyErrors: false });
  const { contents } = document;
  const isBlock = isMap(contents) || isSeq(contents);
  const isText = document.errors.length + document.warnings.length > 0 || isAlias(contents) || isBlock;
  // A leading % or # would be YAML's directive or comment, and leave nothing.
  if (!isFlow) return isText || contents === null ? text : document.toJS();
  if (document.errors.length + document.warnings.length > 0) return BROKEN;
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return BROKEN;
  }
}

function strayLabels(before: unknown, after: { result: unknown; branch: string }): ParameterIssue[] {
  if (!isPlainObject(after.result)) return [];
  const known = isPlainObject(before) ? Object.keys(before) : [];
  return Object.entries(after.result).flatMap(([label, value]) => {
    if (known.length === 0 || known.includes(label) || (isPlainObject(value) && Object.hasOwn(value, "name"))) {
      return [];
    }
    const near = nearestName(label, known);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    return [{
      path: `${after.branch}.${label}`,
      message: `found a new label, expected ${known.join(" or ")}, or also a name for it${hint}`,
    }];
  });
}
