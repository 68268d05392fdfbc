/** Errors as HTTP says them: one table from tag to status, and whether to try again. */

import { isPtychoError } from "../core/errors.ts";
import type { ErrorTag } from "../kernels/errors.ts";

/** What the body of an error response holds under `error`. Plain JSON. */
export interface HttpError {
  readonly tag: ErrorTag | "InternalError" | Refusal;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether the same call may succeed later. */
  readonly retry: boolean;
}

/** Why a request is refused that is no matter of parameters, data or devices. */
export type Refusal = keyof typeof REFUSALS;

const REFUSALS = {
  BadRequest: { status: 400, retry: false },
  Unauthorized: { status: 401, retry: false },
  Forbidden: { status: 403, retry: false },
  NotFound: { status: 404, retry: false },
  Conflict: { status: 409, retry: false },
  TooLarge: { status: 413, retry: false },
  BadRange: { status: 416, retry: false },
  Busy: { status: 503, retry: true },
} as const;

/** A refusal as an error; its message reads as those of Exitwave's errors do. */
export class ApiError extends Error {
  readonly refusal: Refusal;
  /** What a program may want to know. Plain JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly retry: boolean;
  readonly status: ErrorStatus;
  /** After how many seconds the same request may succeed, where that is known. */
  readonly retryAfter: number | undefined;

  constructor(
    refusal: Refusal,
    message: string,
    { fields = {}, retry = REFUSALS[refusal].retry, status = REFUSALS[refusal].status, retryAfter, cause }: {
      readonly fields?: Readonly<Record<string, unknown>>;
      readonly retry?: boolean;
      /** The one of the refusal if left out. */
      readonly status?: ErrorStatus;
      readonly retryAfter?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = refusal;
    this.refusal = refusal;
    this.fields = fields;
    this.retry = retry;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Statuses of errors. */
export type ErrorStatus = (typeof REFUSALS)[Refusal]["status"] | 422 | 429 | 500 | 501;

const STATUS: Readonly<Record<ErrorTag, { readonly status: 422 | 501 | 503; readonly retry: boolean }>> = {
  ParameterError: { status: 422, retry: false },
  DataError: { status: 422, retry: false },
  ShapeError: { status: 422, retry: false },
  DivergedError: { status: 422, retry: false },
  UnsupportedError: { status: 501, retry: false },
  DeviceError: { status: 503, retry: true },
};

/** The response for what was thrown. What is not an Exitwave error or a refusal is ours: its text stays in the log. */
export function errorResponse(
  error: unknown,
): { readonly status: ErrorStatus; readonly error: HttpError; readonly retryAfter?: number } {
  if (error instanceof ApiError) {
    const { refusal, message, fields, retry, status, retryAfter } = error;
    const wait = retryAfter === undefined ? {} : { retryAfter };
    return { status, error: { tag: refusal, message, fields, retry }, ...wait };
  }
  if (!isPtychoError(error)) {
    const message = "Cannot answer: found a mistake in Exitwave itself; the log of the server says which";
    return { status: 500, error: { tag: "InternalError", message, fields: {}, retry: true } };
  }
  const { status, retry } = STATUS[error._tag];
  return { status, error: { tag: error._tag, message: error.message, fields: error.fields, retry } };
}
