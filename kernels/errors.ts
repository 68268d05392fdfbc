/** The tagged base of every Exitwave error, and the two errors that numerics can raise. */

/** Names of all Exitwave errors; callers branch on these, never on the text. */
export type ErrorTag =
  | "ParameterError"
  | "DataError"
  | "ShapeError"
  | "DivergedError"
  | "UnsupportedError"
  | "DeviceError";

/**
 * An error with a literal `_tag` and structured fields. The message reads "Cannot do X: found Y, expected Z" and ends with
 * what to do where that is known.
 */
export class TaggedError<Tag extends ErrorTag = ErrorTag> extends Error {
  /** Which of the closed set this is. */
  readonly _tag: Tag;
  /** What a program may want to know: file, dataset, parameter path, shapes. Plain JSON. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(tag: Tag, message: string, fields: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = tag;
    this._tag = tag;
    this.fields = fields;
  }
}

/** Arrays whose shapes do not fit together. */
export class ShapeError extends TaggedError<"ShapeError"> {
  constructor(message: string, fields: Record<string, unknown> = {}, cause?: unknown) {
    super("ShapeError", message, fields, cause);
  }
}

/** A device that is missing, lost or too small. */
export class DeviceError extends TaggedError<"DeviceError"> {
  constructor(message: string, fields: Record<string, unknown> = {}, cause?: unknown) {
    super("DeviceError", message, fields, cause);
  }
}
