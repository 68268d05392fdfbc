/** What an orchestrator refuses, as HTTP says it. */

import { ApiError } from "../functions/http_errors.ts";
import { RunError } from "./orchestrator.ts";

/** Does work whose RunError is thrown as HTTP says it. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RunError ? refusalOf(error) : error;
  }
}

/** What to throw instead of a RunError. */
export function refusalOf(error: RunError): Error {
  const refusals = {
    "conflict": "Conflict",
    "wrong state": "Conflict",
    "missing": "NotFound",
    "journal": "Busy",
    "owned": "Busy",
    "unreachable": "Busy",
    "unknown workflow": null,
    "bad id": null,
  } as const;
  const refusal = refusals[error.reason];
  return refusal === null ? error : new ApiError(refusal, error.message, { fields: error.fields, cause: error });
}
