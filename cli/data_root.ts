/** The data root of a configuration. */

import { DataError } from "../core/errors.ts";
import { below, type FindFiles } from "../functions/data_root.ts";
import type { ServerConfig } from "../functions/server_config.ts";

/** Trees are kept away from what the server itself has below its data root. @throws {DataError} if there is no data root */
export function dataRootOf({ data_root, state, artifacts, s3, access }: ServerConfig): FindFiles {
  try {
    return below(data_root, [state, artifacts, access.tokens, ...(s3 === null ? [] : [s3.cache])]);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : cause;
    throw new DataError(`Cannot use the data root "${data_root}": found ${found}, expected a folder`, {
      file: data_root,
    }, cause);
  }
}
