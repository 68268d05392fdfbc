/** An OpenAPI document as a test uses it: its operations, and whether a response is as it says. */

import assert from "node:assert/strict";
import Ajv2020 from "ajv/dist/2020.js";
import type { Schema } from "./schema_values.ts";

/** A path and a method of a document. */
export interface Operation {
  readonly method: string;
  /** With `{id}` and the like in it. */
  readonly path: string;
  /** Its part of the document. */
  readonly content: Schema;
}

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];

/** Every operation of a document. */
export function operationsOf(document: Schema): Operation[] {
  return Object.entries<Schema>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => ({ method, path, content: item[method] }))
  );
}

/** Checks responses against a document. */
export interface Conformance {
  /** @param operation null for a request that the document has nothing for: then only errors are right */
  check(operation: Operation | null, answer: Answer): void;
}

/** A response with what was read of its body. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Compiles the schemas of a document as they are needed. */
export function conformanceTo(document: Schema): Conformance {
  const ajv = new Ajv2020.default({ strict: false, validateFormats: false });
  ajv.addSchema(document, "document");
  const validators = new Map<string, (value: unknown) => boolean>();

  function checkJson(pointer: string, value: unknown): void {
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` });
    validators.set(pointer, validate);
    const isSo = validate(value);
    assert.ok(isSo, `not as ${pointer} says: ${JSON.stringify((validate as Schema).errors)}`);
  }

  return {
    check(operation, { status, headers, text }) {
      const type = headers.get("content-type")?.split(";")[0] ?? null;
      if (operation === null) {
        assert.ok(status >= 400, `the status ${status}, where nothing is described`);
        assert.equal(type, "application/json", `the type of ${text}`);
        return checkJson("/components/schemas/Error", JSON.parse(text));
      }
      const described = operation.content.responses[status];
      assert.ok(described !== undefined, `the status ${status} is not described`);
      const types = Object.keys(followed(described, document).content ?? {});
      if (types.length === 0) return assert.equal(text, "", "the body where none is described");
      assert.ok(type !== null && types.includes(type), `the type ${type}, where ${types} are described`);
      if (type !== "application/json") return;
      const at = described.$ref?.slice(1) ?? pointerTo("paths", operation.path, operation.method, "responses", status);
      checkJson(`${at}/content/${escaped(type)}/schema`, JSON.parse(text));
    },
  };
}

function followed(part: Schema, document: Schema): Schema {
  return part.$ref === undefined
    ? part
    : part.$ref.slice(2).split("/").reduce((at: Schema, name: string) => at[name], document);
}

function pointerTo(...names: readonly (string | number)[]): string {
  return names.map((name) => `/${escaped(String(name))}`).join("");
}

/** As a JSON pointer in a URI has it. */
function escaped(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
