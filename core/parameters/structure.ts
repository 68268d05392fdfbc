/** Walks the declaration: what a zod schema of the parameter tree says about itself. */

import { z } from "zod";

/** What a parameter's `.meta()` may hold. */
export interface ParameterMeta {
  readonly description?: string;
  readonly unit?: string;
  /** Type names as PtyPy lists them, where they do not follow from the schema. */
  readonly types?: readonly string[];
  /** What may be written, in words, where it does not follow from the schema. */
  readonly allowed?: string;
  /** Lower bound of a group, which PtyPy lists although a group has none. */
  readonly min?: number;
  /** Branch in which the parameters of this group are listed, instead of here. */
  readonly link?: string;
  /** Description of the entry `name` of a linked group. */
  readonly listedName?: string;
  /** Description of the entry that stands for all entries of a group of free labels, and its label in the list. */
  readonly listedEntry?: string;
  readonly placeholder?: string;
  /** Default that the list shows for a `name`, which must be written all the same. */
  readonly listedDefault?: string;
  /** True for parameters that PtyPy does not have. */
  readonly ours?: boolean;
  /** True for parameters that PtyPy has since 0.9, and not yet in the list of 869. */
  readonly newer?: boolean;
}

/** A group of the tree: fixed names, free labels, or a choice by `name`. */
export type Group = z.ZodObject | z.ZodRecord | z.ZodDiscriminatedUnion;

/** The `.meta()` of a parameter, that of wrapped schemas included; outer entries win. */
export function metaOf(schema: z.ZodType): ParameterMeta {
  const inner = innerOf(schema);
  return { ...(inner && metaOf(inner)), ...schema.meta() as ParameterMeta | undefined };
}

/** The group that a parameter is, or null if it is a leaf. A choice by `name` stays a choice. */
export function groupOf(schema: z.ZodType): Group | null {
  const types = metaOf(schema).types;
  return types !== undefined && !types.includes("Param") ? null : findGroup(schema);
}

/** Default as the user would write it; undefined if the parameter must be written. */
export function defaultOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  const inner = innerOf(schema);
  return inner === null ? undefined : defaultOf(inner);
}

/** The child of a group under `key`; `value`, the group as written, decides among choices by name. Undefined if unknown. */
export function childOf(group: Group, key: string, value: unknown): z.ZodType | undefined {
  if (group instanceof z.ZodRecord) return group.valueType as z.ZodType;
  if (group instanceof z.ZodDiscriminatedUnion) {
    const option = optionNamed(group, isPlainObject(value) ? value.name : undefined);
    return option === undefined ? undefined : childOf(option, key, value);
  }
  const shape: Readonly<Record<string, z.ZodType>> = group.shape;
  return Object.hasOwn(shape, key) ? shape[key] : catchallOf(group);
}

/** Names that a group knows; free labels have none. */
export function namesIn(group: Group, value: unknown): string[] {
  if (group instanceof z.ZodRecord) return [];
  if (group instanceof z.ZodObject) return Object.keys(group.shape);
  const option = optionNamed(group, isPlainObject(value) ? value.name : undefined);
  return option === undefined ? [] : Object.keys(option.shape);
}

/** All options of a choice by `name`, by their name. */
export function optionsOf(choice: z.ZodDiscriminatedUnion): Map<string, z.ZodObject> {
  return new Map((choice.options as readonly z.ZodObject[]).map((o) => [optionName(o), o]));
}

/** The schema inside a wrapper (default, None, transform), or null. */
export function innerOf(schema: z.ZodType): z.ZodType | null {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable) return schema.unwrap() as z.ZodType;
  if (schema instanceof z.ZodPipe) return schema.in as z.ZodType;
  return null;
}

/** True for `{...}` and not for lists, None and class instances. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function findGroup(schema: z.ZodType): Group | null {
  if (schema instanceof z.ZodDiscriminatedUnion || schema instanceof z.ZodObject || schema instanceof z.ZodRecord) {
    return schema;
  }
  if (schema instanceof z.ZodUnion) {
    for (const option of schema.options as readonly z.ZodType[]) {
      const group = findGroup(option);
      if (group !== null) return group;
    }
    return null;
  }
  const inner = innerOf(schema);
  return inner === null ? null : findGroup(inner);
}

function optionNamed(choice: z.ZodDiscriminatedUnion, name: unknown): z.ZodObject | undefined {
  return typeof name === "string" ? optionsOf(choice).get(name) : undefined;
}

function optionName(option: z.ZodObject): string {
  const name: unknown = option.shape.name;
  return name instanceof z.ZodLiteral ? String(name.value) : "";
}

function catchallOf(group: z.ZodObject): z.ZodType | undefined {
  const rest = group.def.catchall;
  return rest === undefined || rest instanceof z.ZodNever ? undefined : rest as z.ZodType;
}
