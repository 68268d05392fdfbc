/** Parameters as text for a terminal and as pages for the documentation. */

import { listParameters, type ParameterEntry } from "./entries.ts";

/** Columns that the text of `exitwave params` fits into. */
export const TEXT_WIDTH = 100;

/** The entries as an indented list: path, type, default, bounds, unit, and the description below. */
export function parameterText(entries: readonly ParameterEntry[]): string {
  return entries.flatMap((entry) => [...headLines(entry), ...wrap(entry.description, "    ")]).join("\n") + "\n";
}

/** The pages under `docs/parameters/`, by file name: an index, and one page for each branch that is chosen or read on its own. */
export function parameterPages(): Map<string, string> {
  const entries = listParameters();
  const roots = entries.filter((e) => isPageRoot(e.path));
  const pages = new Map([["README.md", indexPage(roots)]]);
  for (const root of roots) pages.set(`${root.path}.md`, page(root, entries));
  return pages;
}

function headLines(entry: ParameterEntry): string[] {
  const facts = [
    entry.types.join(" | "),
    ...(isGroup(entry) ? [] : [`= ${show(entry.default)}`]),
    ...(boundsText(entry) === "" ? [] : [boundsText(entry)]),
    ...(entry.unit === null ? [] : [entry.unit]),
    ...(entry.link === undefined ? [] : [`see ${entry.link}`]),
    ...[originOf(entry)].filter((origin) => origin !== ""),
  ].join("  ");
  const line = `${entry.path}  ${facts}`;
  return line.length <= TEXT_WIDTH ? [line] : [entry.path, ...wrap(facts, "    ")];
}

/** Branches that get a page: those of the second level, and `ptycho` as a whole. */
function isPageRoot(path: string): boolean {
  return path === "ptycho" || (/^[^.]+\.[^.]+$/.test(path) && !path.startsWith("ptycho."));
}

function indexPage(roots: readonly ParameterEntry[]): string {
  const rows = roots.map((r) => `| [${r.path}](${r.path}.md) | ${r.description} |`);
  return [
    "# Parameters",
    "",
    "Written by `deno task docs` from the declaration in `core/parameters/`; do not edit. On the command line:",
    "`exitwave params [path]`.",
    "",
    "A parameter file holds the content of `ptycho`. Each entry of `scans` is one of `scan.*`, its `data` one of `scandata.*`,",
    "each entry of `engines` one of `engine.*`; the choice is made by `name`.",
    "",
    "| branch | what it is |",
    "|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function page(root: ParameterEntry, entries: readonly ParameterEntry[]): string {
  const below = entries.filter((e) => e.path.startsWith(`${root.path}.`));
  const shared = sharedWithPtyScan(root, entries);
  const own = below.filter((e) => !shared.has(e.path.slice(root.path.length + 1)));
  const note = shared.size === 0 ? [] : [
    `It also has the ${shared.size} parameters of [scandata.PtyScan](scandata.PtyScan.md) that are not in this table.`,
    "",
  ];
  return [
    `# ${root.path}`,
    "",
    `${root.description}.`,
    "",
    ...note,
    "| parameter | types | default | allowed | unit | description |",
    "|---|---|---|---|---|---|",
    ...own.map((e) => row(e, root.path)),
    "",
  ].join("\n");
}

/** Where a parameter is from that is not in PtyPy's list; empty for all others. */
function originOf(entry: ParameterEntry): string {
  return entry.ours === true ? "(not in PtyPy)" : entry.newer === true ? "(PtyPy 0.9)" : "";
}

function row(entry: ParameterEntry, root: string): string {
  const name = `\`${entry.path.slice(root.length + 1)}\`${originOf(entry) && ` ${originOf(entry)}`}`;
  const link = entry.link === undefined ? "" : `; see \`${entry.link}\``;
  const preset = isGroup(entry) ? "" : `\`${show(entry.default)}\``;
  const cells = [
    name,
    entry.types.join(", "),
    preset,
    entry.allowed ?? "",
    entry.unit ?? "",
    entry.description + link,
  ];
  return `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Names of the parameters of a loader that are the same in `PtyScan`. */
function sharedWithPtyScan(root: ParameterEntry, entries: readonly ParameterEntry[]): Set<string> {
  const base = "scandata.PtyScan";
  if (!root.path.startsWith("scandata.") || root.path === base) return new Set();
  const facts = (e: ParameterEntry) => JSON.stringify({ ...e, path: "", ours: false });
  const known = new Map(
    entries.filter((e) => e.path.startsWith(`${base}.`)).map((e) => [e.path.slice(base.length + 1), e]),
  );
  const own = entries.filter((e) => e.path.startsWith(`${root.path}.`)).map((e) => ({
    name: e.path.slice(root.path.length + 1),
    e,
  }));
  const same = own.filter(({ name, e }) => {
    const other = known.get(name);
    return other !== undefined && facts(other) === facts(e);
  });
  return new Set(same.map(({ name }) => name));
}

function isGroup(entry: ParameterEntry): boolean {
  return entry.allowed === undefined && entry.types[0] === "Param";
}

function boundsText(entry: ParameterEntry): string {
  if (entry.min !== null && entry.max !== null) return `${entry.min} to ${entry.max}`;
  if (entry.min !== null) return `>= ${entry.min}`;
  return entry.max === null ? "" : `<= ${entry.max}`;
}

function show(value: unknown): string {
  return value === null ? "None" : JSON.stringify(value);
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent.length + longer.length > TEXT_WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, indent + line];
}
