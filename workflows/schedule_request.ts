/** The parameter tree of a run that a schedule starts: values are put into the tree, never text into its source. Pure. */

import { basename, dirname, extname } from "node:path/posix";
import { ParameterError, type ParameterIssue } from "../core/errors.ts";
import type { WrittenTree } from "../core/parameter_file.ts";
import { isPlainObject } from "../core/parameters/structure.ts";
import type { ScheduleRun } from "../functions/api/schedule_shape.ts";

/** What is filled in. */
export interface Occasion {
  readonly schedule: string;
  /** Id of the run. */
  readonly run: string;
  /** When it was due or the file was seen, milliseconds since 1970. */
  readonly due: number;
  readonly timezone: string;
  /** The file that came; null for a time. */
  readonly file: string | null;
}

/** Words of which a text may have `{word}`; `{{` is a brace. */
type Words = Readonly<Record<string, string>>;

const PLACEHOLDER = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/**
 * The tree with the values of `set` over it.
 *
 * @throws {ParameterError} naming every value with an unknown word, and every path through something that is no group
 */
export function treeFor({ set }: Pick<ScheduleRun, "set">, tree: WrittenTree, occasion: Occasion): WrittenTree {
  const words = wordsOf(occasion);
  const result = structuredClone(tree);
  const issues: ParameterIssue[] = [];
  for (const [path, value] of Object.entries(set)) {
    const note = (message: string) => void issues.push({ path: `run.set.${path}`, message });
    put(result, path.split("."), { value: fillIn(value, { words, note }), note });
  }
  if (issues.length > 0) throw new ParameterError(issues);
  return result;
}

function wordsOf({ schedule, run, due, timezone, file }: Occasion): Words {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(new Date(due));
  const part = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  return {
    schedule,
    run,
    date: `${part("year")}-${part("month")}-${part("day")}`,
    time: `${part("hour")}${part("minute")}${part("second")}`,
    ...file === null ? {} : {
      file,
      name: basename(file),
      stem: basename(file, extname(file)),
      folder: dirname(file),
    },
  };
}

function fillIn(value: unknown, to: { words: Words; note: (message: string) => void }): unknown {
  if (typeof value === "string") return fillText(value, to);
  if (Array.isArray(value)) return value.map((item) => fillIn(item, to));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, to)]));
}

function fillText(text: string, { words, note }: { words: Words; note: (message: string) => void }): string {
  return text.replace(PLACEHOLDER, (whole, word: string | undefined) => {
    if (whole === "{{" || whole === "}}") return whole.charAt(0);
    if (word !== undefined && Object.hasOwn(words, word)) return words[word]!;
    const known = Object.keys(words).map((known) => `{${known}}`).join(", ");
    note(`found "${whole}" in "${text}", expected one of ${known}, or {{ and }} for braces`);
    return whole;
  });
}

function put(
  tree: WrittenTree,
  keys: readonly string[],
  { value, note }: { value: unknown; note: (message: string) => void },
): void {
  if (keys.includes("") || keys.includes("__proto__")) {
    return note("found no path, expected one such as scans.MF.data.dfile");
  }
  let group = tree;
  for (const key of keys.slice(0, -1)) {
    const there = Object.hasOwn(group, key) ? group[key] : {};
    if (!isPlainObject(there)) return note(`found ${JSON.stringify(there)} at "${key}", expected a group`);
    group[key] = there;
    group = there;
  }
  group[keys.at(-1)!] = value;
}
