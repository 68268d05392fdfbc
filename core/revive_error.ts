/** Errors that came as JSON, from a journal or over HTTP. */

import { DataError, DivergedError, ParameterError, type ParameterIssue, UnsupportedError } from "./errors.ts";
import { DeviceError, ShapeError } from "../kernels/errors.ts";

/** An error as plain JSON. */
export interface ErrorJson {
  /** The tag of an Exitwave error, or the name of another. */
  readonly tag: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The error that `json` was made from: of its class if it is one of Exitwave's, else an Error of its name. */
export function reviveError({ tag, message, fields }: ErrorJson, cause?: unknown): Error {
  if (tag === "ParameterError") return new ParameterError((fields.issues ?? []) as readonly ParameterIssue[], cause);
  const classes = { DataError, ShapeError, DivergedError, UnsupportedError, DeviceError };
  if (Object.hasOwn(classes, tag)) return new classes[tag as keyof typeof classes](message, { ...fields }, cause);
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.name = tag;
  return error;
}
