/** What a text may mean where parameters name where a probe or an object starts from. */

import { z } from "zod";
import { TEMPLATE_NAMES } from "../illumination_templates.ts";
import { PICTURE_NAMES } from "../pictures/mod.ts";
import { ndarray, type NestedNumbers } from "./values.ts";

/** Texts that name an array: a file with a known ending, or a data set in one. */
const ARRAY_FILE = /\.(npy|ptyr|ptyd|h5|hdf5|cxi|nxs)(:.*)?$/i;
const RESULT_FILE = /\.ptyr$/i;

const PROBE_WORDS = ["recon", "stxm", ...PICTURE_NAMES, ...TEMPLATE_NAMES];
const OBJECT_WORDS = ["recon", "stxm", ...PICTURE_NAMES];
/** A text alone has no place for the file of `recon`. */
const SHORT_WORDS = PROBE_WORDS.filter((word) => word !== "recon");

/** True for a text that names an array in a file. */
export function isArrayFile(text: string): boolean {
  return ARRAY_FILE.test(text);
}

/** True for a text that names a `.ptyr` file. */
export function isResultFile(text: string): boolean {
  return RESULT_FILE.test(text);
}

/** `illumination.model`: an array, a file with one, or a word. */
export function probeModel(): z.ZodType<string | NestedNumbers, string | NestedNumbers> {
  return arrayOrWord(PROBE_WORDS);
}

/** `sample.model`: an array, a file with one, or a word. */
export function objectModel(): z.ZodType<string | NestedNumbers, string | NestedNumbers> {
  return arrayOrWord(OBJECT_WORDS);
}

/** The text that may stand for a whole illumination: a `.ptyr` file or a word. */
export function illuminationText(): z.ZodString {
  return z.string().min(1).refine((text) => isResultFile(text) || SHORT_WORDS.includes(text)).meta({
    allowed: `the name of a .ptyr file, ${quoted(SHORT_WORDS)}`,
  });
}

function arrayOrWord(words: readonly string[]): z.ZodType<string | NestedNumbers, string | NestedNumbers> {
  const isKnown = (v: string | NestedNumbers) => typeof v !== "string" || isArrayFile(v) || words.includes(v);
  return ndarray().refine(isKnown).meta({
    allowed: `nested lists of numbers of equal lengths, a file (x.npy, x.h5:/dataset, x.ptyr), ${quoted(words)}`,
  });
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(", ");
}
