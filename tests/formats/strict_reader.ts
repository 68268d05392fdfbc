/**
 * A reader of PtyPy's files that forgives nothing. Written from the description of the formats alone, apart from
 * core/formats/h5rw.ts, so that a mistake there cannot hide here; it is held against PtyPy's own files.
 */

import { type Hdf5File, type Hdf5Info, join, openHdf5 } from "../../core/formats/hdf5.ts";

const ASCTIME =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123]\d \d\d:\d\d:\d\d \d{4}$/;

/** Members of a storage, with the `type` they must have and the element type; "?" marks those that a version leaves out. */
const STORAGE: Readonly<Record<string, string>> = {
  ID: "string",
  numID: "scalar int64",
  data: "array complex64|complex128",
  shape: "arraytuple int64",
  _psize: "array float64",
  _center: "array int64|float64",
  _origin: "array float64",
  _energy: "scalar float64",
  fill_value: "scalar float64|complex64|complex128",
  layermap: "arraylist int64",
  nlayers: "scalar int64",
  padding: "scalar int64",
  padonly: "scalar bool",
  model_initialized: "scalar bool",
  DataTooSmall: "scalar bool",
  _pool: "dict",
  _recs: "dict",
  _record: "scalar {ID: string[16]}",
  "grids?": "arraytuple float64",
  "distributed?": "scalar bool",
  "_is_scattered?": "scalar bool",
};

const META: Readonly<Record<string, string>> = {
  center: "array float64",
  distance: "scalar float64",
  energy: "scalar float64",
  label: "string|None",
  num_frames: "scalar int64",
  psize: "array float64",
  shape: "array int64",
  version: "scalar float64",
};

const CHUNK: Readonly<Record<string, string>> = {
  data: "array",
  indices: "arraylist int64",
  positions: "array float64",
  weights: "array float64",
};

const ITERATION: Readonly<Record<string, string>> = {
  iteration: "scalar int64",
  iterations: "scalar int64",
  engine: "string",
  duration: "scalar float64",
  error: "array float64",
  "numiter?": "scalar int64",
};

/** Everything that is wrong with a .ptyd file; empty if nothing is. */
export function ptydProblems(path: string): string[] {
  using file = openHdf5(path);
  const problems = treeProblems(file);
  const expectGroup = groupChecker(file, problems);
  if (!sameNames(file.keys("/"), ["chunks", "info", "meta"])) problems.push(`/: found ${file.keys("/").join()}`);
  expectGroup("/meta", "dict", META);
  file.keys("/chunks").forEach((name) => expectGroup(join("/chunks", name), "dict", CHUNK));
  for (const name of file.keys("/chunks")) {
    const data = file.shape(join("/chunks", `${name}/data`));
    const positions = file.shape(join("/chunks", `${name}/positions`));
    if (positions[0] !== data[0] || positions[1] !== 2) {
      problems.push(`chunk ${name}: ${positions} positions for ${data}`);
    }
  }
  return problems;
}

/** Everything that is wrong with a .ptyr file; empty if nothing is. */
export function ptyrProblems(path: string): string[] {
  using file = openHdf5(path);
  const problems = treeProblems(file);
  const expectGroup = groupChecker(file, problems);
  expectGroup("/header", "dict", { kind: "string", description: "string" });
  const found = file.keys("/content");
  for (const name of ["obj", "pars", "probe", "runtime"]) {
    if (!found.includes(name)) problems.push(`no /content/${name}`);
  }
  for (const kind of ["obj", "probe"]) {
    for (const ID of file.keys(`/content/${kind}`)) {
      expectGroup(`/content/${kind}/${ID}`, "ordered_dict|dict", STORAGE);
      problems.push(...storageProblems(file, `/content/${kind}/${ID}`));
    }
  }
  for (const name of file.keys("/content/runtime/iter_info")) {
    expectGroup(`/content/runtime/iter_info/${name}`, "dict", ITERATION);
  }
  return problems;
}

/** Checks every `type` attribute of a file against what carries it, and the attributes of the file. */
export function treeProblems(file: Hdf5File): string[] {
  const problems: string[] = [];
  const root = file.attributes("/");
  if (root.h5rw_version !== "0.1") problems.push(`/: h5rw_version is ${root.h5rw_version}`);
  for (const name of ["ctime", "mtime"]) {
    if (!ASCTIME.test(String(root[name]))) problems.push(`/: ${name} is "${root[name]}"`);
  }
  for (const name of file.keys("/")) visit(file, `/${name}`, problems);
  return problems;
}

function visit(file: Hdf5File, path: string, problems: string[]): void {
  const attributes = file.attributes(path);
  const type = attributes.type;
  const extra = Object.keys(attributes).filter((name) =>
    !["type", "escaped", "h5rw_version", "ctime", "mtime"].includes(name)
  );
  if (extra.length > 0) problems.push(`${path}: attributes ${extra.join()}`);
  if (path.includes("_SLASH_") && attributes.escaped !== "1") problems.push(`${path}: not marked as escaped`);
  if (file.kind(path) === "group") {
    const names = file.keys(path);
    if (!["dict", "param", "ordered_dict", "list", "tuple"].includes(String(type))) {
      problems.push(`${path}: group of ${type}`);
    }
    if (type === "list" || type === "tuple") {
      names.forEach((name, i) =>
        name === String(i).padStart(5, "0") || problems.push(`${path}: item ${i} is named ${name}`)
      );
    }
    names.forEach((name) => visit(file, join(path, name), problems));
    return;
  }
  const wrong = datasetProblem(file, path, String(type));
  if (wrong !== null) problems.push(`${path}: ${wrong}`);
}

function datasetProblem(file: Hdf5File, path: string, type: string): string | null {
  const info = file.info(path);
  const rank = info.shape?.length ?? -1;
  const gzip = info.filters.join() === "deflate" || info.shape?.includes(0) === true;
  switch (type) {
    case "array":
    case "arraylist":
    case "arraytuple":
      if (rank < 1) return `${type} without a dimension`;
      if (!gzip) return `${type} that is not compressed by gzip alone (${info.filters.join()})`;
      return ["integer", "float", "complex", "boolean"].includes(info.type.kind)
        ? null
        : `${type} of ${info.type.name}`;
    case "string":
      return rank === 0 && info.type.name === "string" ? null : `string as ${describe(info)}`;
    case "scalar": {
      const known = /^(u?int(8|16|32|64)|float(32|64)|complex(64|128)|bool|\{ID: string\[16\]\})$/.test(info.type.name);
      return rank === 0 && known ? null : `scalar as ${describe(info)}`;
    }
    case "None": {
      const value = info.type.name === "float64" && info.shape?.join() === "1"
        ? file.readArray(path).data[0]
        : undefined;
      return value === 0 && info.filters.length === 0 ? null : `None as ${describe(info)}`;
    }
    default:
      return `data set of type ${type}`;
  }
}

function storageProblems(file: Hdf5File, path: string): string[] {
  const data = file.shape(`${path}/data`);
  const problems: string[] = [];
  if (data.length !== 3) problems.push(`${path}/data: shape ${data}`);
  const shape = file.readArray(`${path}/shape`).data;
  if (Array.from(shape as BigInt64Array, Number).join() !== data.join()) problems.push(`${path}/shape: ${shape}`);
  if (file.has(`${path}/grids`) && file.shape(`${path}/grids`).join() !== [2, ...data].join()) {
    problems.push(`${path}/grids`);
  }
  if (file.read(`${path}/ID`) !== file.readRecord(`${path}/_record`)?.ID) problems.push(`${path}/_record`);
  for (const pair of ["_psize", "_center", "_origin"]) {
    if (file.shape(`${path}/${pair}`).join() !== "2") problems.push(`${path}/${pair}`);
  }
  return problems;
}

/** Checks that a group has exactly the listed members with the listed types. */
function groupChecker(file: Hdf5File, problems: string[]) {
  return (path: string, type: string, members: Readonly<Record<string, string>>): void => {
    if (!type.split("|").includes(String(file.attribute(path, "type")))) problems.push(`${path}: not a ${type}`);
    const found = file.keys(path);
    const known = Object.keys(members).map((name) => name.replace("?", ""));
    for (const name of found) if (!known.includes(name)) problems.push(`${path}/${name}: not known`);
    for (const [name, expected] of Object.entries(members)) {
      const key = name.replace("?", "");
      if (!found.includes(key)) {
        if (!name.endsWith("?")) problems.push(`${path}/${key}: missing`);
        continue;
      }
      const actual = String(file.attribute(join(path, key), "type"));
      const types = expected.split(" ")[0]!.split("|");
      const elements = expected.includes(" ") ? expected.slice(expected.indexOf(" ") + 1).split("|") : null;
      if (!types.includes(actual)) problems.push(`${path}/${key}: type ${actual}, expected ${expected}`);
      else if (elements && actual !== "None" && !elements.includes(file.info(join(path, key)).type.name)) {
        problems.push(`${path}/${key}: ${file.info(join(path, key)).type.name}, expected ${expected}`);
      }
    }
  };
}

function sameNames(found: readonly string[], expected: readonly string[]): boolean {
  return [...found].sort().join() === [...expected].sort().join();
}

function describe(info: Hdf5Info): string {
  return `${info.type.name} of shape (${info.shape?.join() ?? "nothing"}) ${info.filters.join()}`;
}
