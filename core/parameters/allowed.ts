/** What may be written for a parameter, in words made from its schema. */

import { z } from "zod";
import { groupOf, innerOf, metaOf, optionsOf } from "./structure.ts";

/** One phrase such as `a whole number >= 1 or None`. */
export function allowedText(schema: z.ZodType): string {
  const parts = phrases(schema).filter((p, i, all) => all.indexOf(p) === i);
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} or ${parts.at(-1)}`;
}

/** Inclusive bounds of the numbers of a parameter; null where there is none. */
export function boundsOf(schema: z.ZodType): { min: number | null; max: number | null } {
  const found = numberBounds(schema);
  return { min: metaOf(schema).min ?? found?.min ?? null, max: found?.max ?? null };
}

function phrases(schema: z.ZodType): string[] {
  const own = (schema.meta() as { allowed?: string } | undefined)?.allowed;
  if (own !== undefined) return [own];
  if (schema instanceof z.ZodDiscriminatedUnion) {
    return [`a group with name: ${[...optionsOf(schema).keys()].join(", ")}`];
  }
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return ["a group"];
  if (schema instanceof z.ZodUnion) return (schema.options as readonly z.ZodType[]).flatMap(phrases);
  if (schema instanceof z.ZodNullable) return [...phrases(schema.unwrap() as z.ZodType), "None"];
  if (schema instanceof z.ZodTuple) {
    const items = (schema.def.items as readonly z.ZodType[]).map(allowedText);
    const same = items.every((item) => item === items[0]);
    return [`a list of ${items.length} ${same ? plural(items[0] ?? "") : `values: ${items.join(", ")}`}`];
  }
  if (schema instanceof z.ZodArray) return [`a list of ${plural(allowedText(schema.element as z.ZodType))}`];
  const inner = innerOf(schema);
  return inner === null ? [simplePhrase(schema)].flat() : phrases(inner);
}

function simplePhrase(schema: z.ZodType): string | string[] {
  if (schema instanceof z.ZodNumber) return numberPhrase(schema);
  if (schema instanceof z.ZodBoolean) return ["true", "false"];
  if (schema instanceof z.ZodString) return "a text";
  if (schema instanceof z.ZodNull) return "None";
  if (schema instanceof z.ZodEnum) return schema.options.map((o) => `"${o}"`);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map((v) => JSON.stringify(v));
  return "a value";
}

function numberPhrase(schema: z.ZodNumber): string {
  const { min, max } = rangeOf(schema);
  const kind = schema.isInt ? "a whole number" : "a number";
  if (min !== null && max !== null) return `${kind} from ${min} to ${max}`;
  if (min !== null) return `${kind} >= ${min}`;
  return max === null ? kind : `${kind} <= ${max}`;
}

function plural(phrase: string): string {
  if (!/^an? /.test(phrase)) return `times ${phrase}`;
  return phrase.replace(/^an? /, "").replace(/^(\w+ )?(number|text|value)/, "$1$2s");
}

function rangeOf(schema: z.ZodNumber): { min: number | null; max: number | null } {
  const { minValue, maxValue } = schema;
  const real = (v: number | null) => v === null || Math.abs(v) >= Number.MAX_SAFE_INTEGER ? null : v;
  return { min: real(minValue), max: real(maxValue) };
}

function numberBounds(schema: z.ZodType): { min: number | null; max: number | null } | null {
  if (schema instanceof z.ZodNumber) {
    const range = rangeOf(schema);
    return range.min === null && range.max === null ? null : range;
  }
  if (groupOf(schema) !== null) return null;
  for (const part of partsOf(schema)) {
    const found = numberBounds(part);
    if (found !== null) return found;
  }
  return null;
}

function partsOf(schema: z.ZodType): readonly z.ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options as readonly z.ZodType[];
  if (schema instanceof z.ZodTuple) return schema.def.items as readonly z.ZodType[];
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  const inner = innerOf(schema);
  return inner === null ? [] : [inner];
}
