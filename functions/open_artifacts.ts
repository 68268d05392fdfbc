/** The artifact store that a configuration names. */

import { ParameterError } from "../core/errors.ts";
import type { ArtifactStore } from "./artifacts.ts";
import type { OpenBucket } from "./bucket_files.ts";
import { createLocalArtifacts } from "./local_artifacts.ts";
import { createS3Artifacts, type S3Artifacts } from "./s3_artifacts.ts";
import { createS3Client } from "./s3_client.ts";
import type { ServerConfig } from "./server_config.ts";

/** Names of the variables that hold the keys of an object store. */
const [ACCESS_KEY, SECRET_KEY] = ["EXITWAVE_S3_ACCESS_KEY", "EXITWAVE_S3_SECRET_KEY"] as const;

/** A store, until it is disposed of. */
export type OpenArtifacts = ArtifactStore & Pick<S3Artifacts, "removeLeftOvers" | typeof Symbol.dispose>;

/**
 * Opens it.
 *
 * @param environment finds a variable
 * @throws {ParameterError} if the keys of an object store are missing @throws {DataError} if its folder cannot be used
 */
export function openArtifacts(
  { artifacts, s3 }: Pick<ServerConfig, "artifacts" | "s3">,
  environment: (name: string) => string | undefined,
): OpenArtifacts {
  if (s3 === null) {
    // A folder is rid of left-overs as it is opened.
    const removeLeftOvers = () => Promise.resolve([]);
    return { ...createLocalArtifacts(artifacts), removeLeftOvers, [Symbol.dispose]: () => {} };
  }
  const { endpoint, bucket, prefix, region, cache, cache_bytes } = s3;
  try {
    return createS3Artifacts({
      ...{ endpoint, bucket, prefix, region, ...keysOf(environment) },
      cacheFolder: cache,
      cacheBytes: cache_bytes,
    });
  } catch (error) {
    // What only the store itself knows of buckets and prefixes.
    if (error instanceof RangeError) throw new ParameterError([{ path: "s3", message: error.message }], error);
    throw error;
  }
}

/**
 * Opens buckets of the object store that a configuration names, for new data; null if it names none.
 * @throws {ParameterError} if its keys are missing
 */
export function bucketOpener(
  { s3 }: Pick<ServerConfig, "s3">,
  environment: (name: string) => string | undefined,
): OpenBucket | null {
  if (s3 === null) return null;
  const { endpoint, region } = s3;
  const keys = keysOf(environment);
  return (bucket) => createS3Client({ endpoint, bucket, prefix: "", region, ...keys });
}

function keysOf(environment: (name: string) => string | undefined): { accessKey: string; secretKey: string } {
  const [accessKey, secretKey] = [ACCESS_KEY, SECRET_KEY].map((name) => {
    const value = environment(name);
    if (value !== undefined && value !== "") return value;
    throw new ParameterError([{ path: name, message: "found no such variable, expected the key of the object store" }]);
  });
  return { accessKey: accessKey!, secretKey: secretKey! };
}
