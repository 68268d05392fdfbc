/** The kinds of values that parameters take beyond plain numbers, words and switches, each with the Python habits that it allows. */

import { z } from "zod";

/** A complex number. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** A rectangular array of numbers as nested lists. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

const NUMBER = String.raw`(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const COMPLEX_TEXT = new RegExp(
  String.raw`^\s*\(?\s*(?:([+-]?${NUMBER})(?![\d.ij]))?\s*(?:([+-]?)\s*(${NUMBER})?[ij])?\s*\)?\s*$`,
);

/** One value for both axes, or (vertical, horizontal). */
export function pair<T extends z.ZodType>(item: T): z.ZodUnion<[T, z.ZodTuple<[T, T], null>]> {
  return z.union([item, z.tuple([item, item])]);
}

/**
 * A number that PtyPy takes whatever it is and that means nothing below (or at) a limit: the limit is refused here, but is no
 * bound of the list.
 */
export function meant<T extends z.ZodNumber>(number: T, { from, above }: { from?: number; above?: number }): T {
  const kind = number.isInt ? "a whole number" : "a number";
  const allowed = from !== undefined ? `${kind} >= ${from}` : `${kind} above ${above}`;
  return number.refine((v) => from !== undefined ? v >= from : v > (above ?? -Infinity)).meta({ allowed }) as T;
}

/** One value for all, or a list of them. */
export function oneOrMore<T extends z.ZodType>(item: T): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([item, z.array(item).min(1)]);
}

/**
 * A complex number: a number, text such as `"0.9+0.1j"`, `{re, im}` or `[re, im]`; `part` checks the two entries of the list
 * form, which is the only one that PtyPy bounds.
 */
export function complex(
  part: z.ZodNumber = z.number(),
): z.ZodType<Complex, number | string | Complex | [number, number]> {
  const text = z.string().refine((t) => parseComplex(t) !== null);
  const input = z.union([z.number(), text, z.strictObject({ re: z.number(), im: z.number() }), z.tuple([part, part])]);
  const bound = part.minValue === null || part.minValue === -Infinity ? "" : ` with both >= ${part.minValue}`;
  return input.transform(toComplex).meta({
    allowed: `a number, a complex number such as "0.9+0.1j", {re, im} or [re, im]${bound}`,
  });
}

/** An array: nested lists of numbers, or a text that names a file (`x.npy`, `x.h5:/dataset`, `x.ptyr`) which is read later. */
export function ndarray(): z.ZodType<string | NestedNumbers, string | NestedNumbers> {
  const nested = z.array(z.unknown()).refine(isRectangular).transform((v) => v as unknown as NestedNumbers);
  return z.union([z.string().min(1), nested]).meta({
    allowed:
      "nested lists of numbers of equal lengths, or a file: x.npy, x.npz:/name, x.tif, x.edf, x.h5:/dataset, x.ptyr",
  }) as unknown as z.ZodType<string | NestedNumbers, string | NestedNumbers>;
}

/** A list of (row, column). */
export function listOfPairs(): z.ZodArray<z.ZodTuple<[z.ZodNumber, z.ZodNumber], null>> {
  return z.array(z.tuple([z.number(), z.number()])).min(1);
}

/** Noise of a field: (rms of the phase in rad, smallest feature in pixels), then the same two for the modulus; or none. */
export function noise(): z.ZodType<[number, number] | [number, number, number, number] | null> {
  const n = z.number();
  return z.union([z.tuple([n, n]), z.tuple([n, n, n, n])]).nullable();
}

/** A group that also takes `true` and `false` (or None, the same as `false`), turned into the group by `whenSet`. */
export function orSwitch<T extends z.ZodObject>(
  group: T,
  whenSet: (on: boolean) => z.input<T>,
): z.ZodType<z.output<T>, z.input<T> | boolean | null> {
  const word = z.boolean().nullable().transform((on): z.output<T> => group.parse(whenSet(on === true)));
  return z.union([group, word]) as unknown as z.ZodType<z.output<T>, z.input<T> | boolean | null>;
}

/** A group for which None means its defaults. */
export function orNone<T extends z.ZodObject>(group: T): z.ZodType<z.output<T>, z.input<T> | null> {
  const none = z.null().transform((): z.output<T> => group.parse({}));
  return z.union([group, none]) as unknown as z.ZodType<z.output<T>, z.input<T> | null>;
}

/** The parameter `name` of a part of the tree that is chosen by name. `listed` is the default that the list of PtyPy shows. */
export function named<N extends string>(name: N, listed: string = name): z.ZodLiteral<N> {
  return z.literal(name).meta({
    types: ["str"],
    listedDefault: listed,
    description: `Chooses ${name}; it must be written`,
  });
}

/** Reads `0.9+0.1j`, `(1-2j)`, `0.5`, `2j`; null if the text is something else. */
export function parseComplex(text: string): Complex | null {
  const found = COMPLEX_TEXT.exec(text);
  if (found === null || !/[\dij]/.test(text)) return null;
  const [, re, sign, im] = found;
  const hasImaginary = /[ij]/.test(text);
  if (re !== undefined && hasImaginary && sign === "") return null;
  const size = hasImaginary ? Number(im ?? 1) : 0;
  return { re: Number(re ?? 0), im: sign === "-" ? -size : size };
}

function toComplex(value: number | string | Complex | readonly [number, number]): Complex {
  if (typeof value === "number") return { re: value, im: 0 };
  if (typeof value === "string") return parseComplex(value) ?? { re: NaN, im: NaN };
  return "re" in value ? value : { re: value[0], im: value[1] };
}

function isRectangular(value: unknown): boolean {
  return shapeOf(value) !== null;
}

function shapeOf(value: unknown): string | null {
  if (typeof value === "number") return Number.isFinite(value) ? "" : null;
  if (!Array.isArray(value) || value.length === 0) return null;
  const first = shapeOf(value[0]);
  if (first === null || value.some((v) => shapeOf(v) !== first)) return null;
  return `${value.length},${first}`;
}
