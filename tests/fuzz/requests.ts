/** Requests for every operation of an OpenAPI document: right, nearly right, and wrong in every way that HTTP allows. */

import fc from "fast-check";
import type { Operation } from "./document.ts";
import { hostileJson, hostileText } from "./hostile_values.ts";
import { parameterTree } from "./parameter_trees.ts";
import { nearlyValueOf, type Schema, type SchemaOptions, spoiled, valueOf } from "./schema_values.ts";

/** A request as a test sends it; `known-run-3` and the like stand for the names of things that are there then. */
export interface FuzzRequest {
  readonly method: string;
  /** Path and query. */
  readonly address: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

/** What is made requests of. */
export interface RequestOptions {
  readonly document: Schema;
  /** Bodies that an operation is known to take. */
  readonly examples: (operation: Operation) => readonly unknown[];
}

/** Kinds of things with names. */
export type KnownKind = "run" | "batch" | "schedule" | "upload" | "artifact" | "file";

/** The name of something that is there, by its kind and a number. */
export function knownName(kind: KnownKind): fc.Arbitrary<string> {
  return fc.nat({ max: 9 }).map((index) => `known-${kind}-${index}`);
}

/** Requests for an operation. */
export function requestFor(operation: Operation, options: RequestOptions): fc.Arbitrary<FuzzRequest> {
  const { method, content } = operation;
  const schemas: SchemaOptions = { document: options.document, known: knownMember };
  const parameters: Schema[] = content.parameters ?? [];
  return fc.record({
    method: often(
      fc.constant(method),
      fc.constantFrom("get", "post", "put", "patch", "delete", "head", "options", "purge"),
    ),
    address: fc.tuple(pathOf(operation, parameters), queryOf(parameters, schemas)).map(([path, query]) => path + query),
    content: bodyOf(operation, { schemas, examples: options.examples(operation) }),
    headers: headersOf(parameters, schemas),
  }).map(({ method, address, content: { type, body }, headers }) => ({
    method: method.toUpperCase(),
    address,
    headers: [...(type === null ? [] : [["content-type", type] as const]), ...headers],
    body: method === "get" || method === "head" ? null : body,
  }));
}

/** Requests for nothing that is described. */
export const strayRequest: fc.Arbitrary<FuzzRequest> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PROPFIND"),
  address: fc.array(
    fc.oneof(hostileText.map(encoded), fc.constantFrom("v1", "runs", "stages", "uploads", "..", "healthz")),
    {
      maxLength: 5,
    },
  ).map((parts) => `/${parts.join("/")}`),
  headers: fc.constant([]),
  body: fc.constant(null),
});

/** Mostly the first. */
function often<T>(first: fc.Arbitrary<T>, ...others: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: first }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));
}

/** In one case of four; else the second. */
function rarely<T, N>(value: fc.Arbitrary<T>, none: N): fc.Arbitrary<T | N> {
  return fc.oneof<fc.MaybeWeightedArbitrary<T | N>[]>({ weight: 3, arbitrary: fc.constant(none) }, {
    weight: 1,
    arbitrary: value,
  });
}

function kindIn(path: string): KnownKind {
  const [, , things] = path.split("/");
  return things === "batches" ? "batch" : things === "schedules" ? "schedule" : things === "uploads" ? "upload" : "run";
}

/** Members of bodies that name things which may be there. */
function knownMember(name: string, { type }: Schema): fc.Arbitrary<unknown> | null {
  if (name === "run" || name === "id") return often<unknown>(knownName("run"), hostileText);
  if (["prepared", "base", "key"].includes(name)) return often<unknown>(knownName("artifact"), hostileText);
  if (name === "parameters") return type === "string" ? knownName("artifact") : parameterTree;
  return null;
}

function pathOf({ path }: Operation, parameters: readonly Schema[]): fc.Arbitrary<string> {
  const names = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name as string);
  const values = names.map((name) =>
    fc.oneof(
      { weight: 6, arbitrary: knownName(name === "name" ? "file" : kindIn(path)) },
      { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/) },
      { weight: 3, arbitrary: hostileText.map(encoded) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("%", "%2", "%ff%fe", "%00", "..%2f..%2fetc", "%252e", ";a=b", "%E0%A4%A"),
      },
    )
  );
  return fc.tuple(...values).map((found) =>
    names.reduce((text, name, i) => text.replace(`{${name}}`, found[i]!.replaceAll("$", "%24")), path)
  );
}

function queryOf(parameters: readonly Schema[], schemas: SchemaOptions): fc.Arbitrary<string> {
  const declared = parameters.filter((parameter) => parameter.in === "query");
  const pair = (name: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>) =>
    fc.tuple(name, value).map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`);
  const right = declared.map(({ name, schema }) =>
    rarely(pair(fc.constant(name), often<unknown>(valueOf(schema, schemas), knownName("run"), hostileText)), "")
  );
  const odd = fc.oneof(
    pair(hostileText, hostileText),
    fc.constantFrom(
      "=",
      "&&",
      "limit",
      "limit=1&limit=2",
      "name=a&name=b",
      "a[b]=c",
      "%",
      "a=%ff",
      "?",
      "#x",
      "__proto__=1",
    ),
  );
  return fc.tuple(...right, often(fc.constant(""), odd)).map((parts) => {
    const query = parts.filter((part) => part !== "").join("&");
    return query === "" ? "" : `?${query}`;
  });
}

interface Body {
  readonly type: string | null;
  readonly body: FuzzRequest["body"];
}

function bodyOf(
  { content }: Operation,
  { schemas, examples }: { readonly schemas: SchemaOptions; readonly examples: readonly unknown[] },
): fc.Arbitrary<Body> {
  const types: Readonly<Record<string, Schema>> = content.requestBody?.content ?? {};
  const none: fc.Arbitrary<Body> = fc.constant({ type: null, body: null });
  const json = types["application/json"]?.schema;
  if (json === undefined) {
    return "application/octet-stream" in types ? often(bytes, none, wrongBody) : often(none, wrongBody);
  }
  const example = examples.length === 0 ? valueOf(json, schemas) : fc.constantFrom(...examples);
  const spoiledExample = fc.tuple(example, fc.nat(), hostileText, hostileJson).map(([value, at, name, wrong]) =>
    spoiled(value, { at, name, wrong })
  );
  const value = fc.oneof(
    { weight: 3, arbitrary: example },
    { weight: 4, arbitrary: spoiledExample },
    { weight: 3, arbitrary: valueOf(json, schemas) },
    { weight: 3, arbitrary: nearlyValueOf(json, schemas) },
    { weight: 1, arbitrary: hostileJson },
  ).map((value) => ({ type: "application/json", body: JSON.stringify(value) ?? "null" }));
  return "application/yaml" in types
    ? fc.oneof({ weight: 5, arbitrary: often(value, none, wrongBody) }, yaml)
    : often(value, none, wrongBody);
}

const bytes: fc.Arbitrary<Body> = fc.uint8Array({ maxLength: 200 }).map((bytes) => ({
  type: "application/octet-stream",
  body: new Uint8Array(bytes),
}));

/** JSON is YAML; the rest is what YAML alone can do. */
const yaml: fc.Arbitrary<Body> = fc.oneof(
  parameterTree.map((tree) => JSON.stringify(tree) ?? ""),
  hostileText,
  fc.constantFrom(
    "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\n" +
      "d: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e]",
    ...[
      "a: &a\n  b: *a",
      "&a [*a]",
      "!!js/function 'x'",
      "!!python/object:os.system x",
      "? [a]\n: b",
      "a: 1\na: 2",
      "--- a\n--- b",
    ],
    ...[
      "scans: .nan",
      "seed: .inf",
      "seed: 0o17",
      "<<: {a: 1}",
      "a: !!binary aGk=",
      "\ta: 1",
      "a: |\n  b",
      "%YAML 9.9\n---\na: 1",
    ],
    "[".repeat(5000),
    "a: ".repeat(2000),
    "- ".repeat(5000),
  ),
).map((body) => ({ type: "application/yaml", body }));

const wrongBody: fc.Arbitrary<Body> = fc.tuple(
  fc.constantFrom(
    ...["application/json", "application/json; charset=utf-16", "application/yaml", "text/plain", "text/html", ""],
    ...[
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
      "application/vnd.x+json",
      "application/octet-stream",
    ],
  ),
  fc.oneof<fc.Arbitrary<string | Uint8Array<ArrayBuffer>>[]>(
    hostileText,
    fc.uint8Array({ maxLength: 50 }).map((bytes) => new Uint8Array(bytes)),
    fc.constantFrom(
      "{",
      "[1,",
      '{"a":1,}',
      "{'a': 1}",
      '{"a":1}{"b":2}',
      "\ufeff{}",
      '{"a":NaN}',
      '"',
      "nul",
      "1e999",
      "-",
      '"\\ud800"',
    ),
    fc.constantFrom("[".repeat(100_000), '{"a":'.repeat(3000), `"${"x".repeat(2 << 20)}"`),
  ),
).map(([type, body]) => ({ type: type === "" ? null : type, body }));

function headersOf(parameters: readonly Schema[], schemas: SchemaOptions): fc.Arbitrary<(readonly [string, string])[]> {
  const declared = parameters.filter((parameter) => parameter.in === "header").map(({ name, schema }) =>
    rarely(
      fc.oneof(valueOf(schema, schemas), fc.constantFrom("a", "b"), hostileText).map((value) =>
        [name, String(value)] as const
      ),
      null,
    )
  );
  const odd = fc.constantFrom(
    ...[["range", "bytes=0-"], ["range", "bytes=-1"], ["range", "bytes=9-1,2-3"], [
      "range",
      "bytes=99999999999999999999-",
    ], ["range", "x"]],
    ...[["if-none-match", "*"], ["if-none-match", '"x", W/"y"'], ["if-range", "x"], ["accept", "text/nothing"], [
      "expect",
      "x",
    ]],
    ...[["authorization", "Bearer x"], ["authorization", "Basic eDp4"], ["host", "evil.example"], [
      "origin",
      "http://evil.example",
    ]],
    ...[["content-length", "-1"], ["transfer-encoding", "x"], ["x-forwarded-for", "1.2.3.4"], [
      "x-http-method-override",
      "DELETE",
    ]],
    ...[["content-encoding", "gzip"], ["last-event-id", "done-3-1"], ["idempotency-key", "a"], [
      "x-long",
      "y".repeat(20_000),
    ]],
  ).map(([name, value]) => [name!, value!] as const);
  return fc.tuple(...declared, rarely(odd, null)).map((found) =>
    found.filter((pair): pair is readonly [string, string] => pair !== null)
  );
}

/** As it stands in an address; lone surrogates cannot. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
