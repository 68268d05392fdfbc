/** Errors as HTTP says them: one table from tag to status, and whether to try again. */

import { isPtychoError } from "../core/errors.ts";
import type { ErrorTag } from "../kernels/errors.ts";

/** What the body of an error response holds under `error`. Plain JSON. */
export interface HttpError {
  readonly tag:
    | ErrorTag
    | "InternalError"
    | "NotFound"
    | "Unauthorized"
    | "Forbidden"
    | "TooLarge"
    | "Conflict"
    | "Busy";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether the same call may succeed later. */
  readonly retry: boolean;
}

const STATUS: Readonly<Record<ErrorTag, { readonly status: 422 | 501 | 503; readonly retry: boolean }>> = {
  ParameterError: { status: 422, retry: false },
  DataError: { status: 422, retry: false },
  ShapeError: { status: 422, retry: false },
  DivergedError: { status: 422, retry: false },
  UnsupportedError: { status: 501, retry: false },
  DeviceError: { status: 503, retry: true },
};

/** The response for what a stage threw. What is not an Exitwave error is ours: its text stays in the log. */
export function errorResponse(error: unknown): { readonly status: 422 | 500 | 501 | 503; readonly error: HttpError } {
  if (!isPtychoError(error)) {
    const message = "Cannot answer: found a mistake in Exitwave itself; the log of the server says which";
    return { status: 500, error: { tag: "InternalError", message, fields: {}, retry: true } };
  }
  const { status, retry } = STATUS[error._tag];
  return { status, error: { tag: error._tag, message: error.message, fields: error.fields, retry } };
}
