/** Values by JSON Schema: right ones, and ones that are nearly right. */

import fc from "fast-check";
import { hostileJson, hostileText } from "./hostile_values.ts";

// deno-lint-ignore no-explicit-any -- a document of any shape is walked
type Any = any;

/** A part of an OpenAPI 3.1 document: JSON Schema 2020-12. */
export type Schema = Any;

/** Makes values for the schemas of a document. */
export interface SchemaOptions {
  /** The document that `$ref` points into. */
  readonly document: Schema;
  /** Values that a member of this name may have, where there are some better than what its schema says. */
  readonly known: (name: string, schema: Schema) => fc.Arbitrary<unknown> | null;
}

/** Most levels of a schema that are followed: schemas may hold themselves. */
const MOST_DEPTH = 8;

/** Values that a schema allows, as far as its structure says; patterns are followed, most other constraints of texts are not. */
export function valueOf(schema: Schema, options: SchemaOptions, depth = 0): fc.Arbitrary<unknown> {
  const s = resolved(schema, options.document);
  if (depth > MOST_DEPTH) return fc.constant(null);
  const inner = (part: Schema) => valueOf(part, options, depth + 1);
  if (s.const !== undefined) return fc.constant(s.const);
  if (s.enum !== undefined) return fc.constantFrom(...s.enum);
  const choices = s.anyOf ?? s.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(inner));
  if (s.allOf !== undefined) {
    return fc.tuple(...s.allOf.map(inner)).map((parts) => Object.assign({}, ...parts as object[]));
  }
  if (Array.isArray(s.type)) return fc.oneof(...s.type.map((type: string) => inner({ ...s, type })));
  switch (s.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer(bounds(s, { min: -10, max: 100 }));
    case "number":
      return fc.double({ noNaN: true, ...bounds(s, { min: -1e3, max: 1e3 }) });
    case "string":
      return textOf(s);
    case "array":
      return arrayOf(s, inner);
    case "object":
      return objectOf(s, { inner, known: options.known });
  }
  return hostileJson;
}

/** Values of a schema with one thing wrong: a member more, less or of another kind, anywhere in it. */
export function nearlyValueOf(schema: Schema, options: SchemaOptions): fc.Arbitrary<unknown> {
  return fc.tuple(valueOf(schema, options), fc.nat(), hostileText, hostileJson).map(([value, at, name, wrong]) =>
    spoiled(value, { at, name, wrong })
  );
}

/** A value with one thing wrong at a place that a number picks. */
export function spoiled(
  value: unknown,
  { at, name, wrong }: { readonly at: number; readonly name: string; readonly wrong: unknown },
): unknown {
  const copy = structuredClone(value);
  const places = placesIn(copy);
  if (places.length === 0) return wrong;
  const { holder, key } = places[at % places.length]!;
  const kind = Math.floor(at / places.length) % 3;
  if (kind === 0) delete holder[key];
  else define(holder, kind === 1 ? key : name, wrong);
  return copy;
}

/** Also `__proto__` as a member like any other, as JSON has it. */
function define(holder: object, key: string, value: unknown): void {
  const all = { value, enumerable: true, writable: true, configurable: true };
  // A list has no such length.
  if (Array.isArray(holder) && key === "length") return;
  Object.defineProperty(holder, key, all);
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

function resolved(schema: Schema, document: Schema): Schema {
  const way: string | undefined = schema?.$ref;
  if (way === undefined) return schema ?? {};
  return resolved(way.slice(2).split("/").reduce((part, name) => part?.[name], document), document);
}

function bounds(s: Schema, preset: { readonly min: number; readonly max: number }): { min: number; max: number } {
  const min = s.minimum ?? (s.exclusiveMinimum === undefined ? preset.min : s.exclusiveMinimum + 1e-3);
  const max = Math.min(s.maximum ?? Infinity, s.exclusiveMaximum ?? Infinity, Math.max(preset.max, min + 10));
  return s.type === "integer" ? { min: Math.ceil(min), max: Math.floor(max) } : { min, max };
}

function textOf({ pattern, format, minLength = 0, maxLength = 20 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { size: "small" });
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return fc.string({ minLength, maxLength: Math.min(Math.max(minLength, 20), maxLength) });
}

function arrayOf({ items, prefixItems, minItems = 0, maxItems = 5 }: Schema, inner: Inner): fc.Arbitrary<unknown> {
  if (prefixItems !== undefined) return fc.tuple(...prefixItems.map(inner));
  return fc.array(inner(items ?? {}), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });
}

type Inner = (part: Schema) => fc.Arbitrary<unknown>;

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  { inner, known }: Pick<SchemaOptions, "known"> & { readonly inner: Inner },
): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries<Schema>(properties).map(([name, part]) => [name, known(name, part) ?? inner(part)]),
  );
  if (Object.keys(members).length > 0) return fc.record(members, { requiredKeys: required });
  if (additionalProperties === undefined || additionalProperties === false) return fc.constant({});
  return fc.dictionary(fc.string({ maxLength: 10 }), inner(additionalProperties), { maxKeys: 3 });
}
