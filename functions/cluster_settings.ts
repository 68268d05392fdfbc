/** The settings of a server that shares its work with other processes: workers, an object store, a Restate server. */

import { z } from "zod";

/** An address without a path at its end. */
const ADDRESS = z.url({ protocol: /^https?$/ }).overwrite((url) => url.replace(/\/+$/, ""));

/** Where artifacts are, if not in a folder. The keys come from the environment. */
export const S3 = z.strictObject({
  endpoint: ADDRESS.meta({ description: "Address of the object store; the bucket becomes the first part of the path" }),
  bucket: z.string().min(3).meta({ description: "A bucket that exists" }),
  prefix: z.string().default("").meta({ description: "Begins the names of all objects" }),
  region: z.string().min(1).default("us-east-1").meta({ description: "Region of the bucket" }),
  cache: z.string().min(1).nullable().default(null).meta({
    description: "Folder of local copies; null for one in the state folder",
  }),
  cache_bytes: z.int().min(0).default(20e9).meta({ description: "Most bytes of local copies", unit: "bytes" }),
});

/** A Restate server that keeps the runs, instead of the journal in the state folder. */
export const RESTATE = z.strictObject({
  ingress: ADDRESS.default("http://127.0.0.1:8080").meta({ description: "Address where it takes runs" }),
  admin: ADDRESS.default("http://127.0.0.1:9070").meta({ description: "Address where it tells of them" }),
  identity_keys: z.array(z.string().regex(/^publickeyv1_\w+$/)).default([]).meta({
    description: "Public keys that its requests are signed with; unsigned ones are obeyed on a loopback address only",
  }),
  uri: ADDRESS.nullable().default(null).meta({
    description:
      "Address of this process, or of several behind one, as the Restate server reaches it, ending in /restate; null for where it listens",
  }),
});

/** Addresses of workers. */
export const WORKERS = z.array(ADDRESS).default([]);

/** After so many seconds an attempt of a step has failed, where other processes do it, unless told. */
export const DEFAULT_STEP_TIME = 3600;
