/** Files as responses. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ApiError } from "../http_errors.ts";
import { fileResponse } from "./file_response.ts";

const BYTES = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 5);

interface Sender {
  send(headers?: Record<string, string>, method?: string): Response;
  /** How often the file was disposed of. */
  disposed(): number;
}

const inFile = (test: (sender: Sender) => Promise<void>, name = "result.ptyr") => async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "file");
    Deno.writeFileSync(path, BYTES);
    let disposed = 0;
    const file = { path, bytes: BYTES.length, [Symbol.dispose]: () => void disposed++ };
    await test({
      send: (headers = {}, method = "GET") =>
        fileResponse(new Request("http://x/", { method, headers }), { file, name, type: "a/b", tag: "t" }),
      disposed: () => disposed,
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
};

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

Deno.test(
  "a whole file is sent with its length, name and tag, and closed",
  inFile(async ({ send, disposed }) => {
    const response = send();
    const { status, headers } = response;
    assert.deepEqual([status, headers.get("content-length"), headers.get("etag")], [200, "3000000", '"t"']);
    assert.equal(headers.get("content-disposition"), 'attachment; filename="result.ptyr"');
    assert.ok(isDeepStrictEqual(await bytesOf(response), BYTES));
    assert.equal(disposed(), 1);
  }),
);

for (
  const [range, start, end] of [
    ["bytes=0-0", 0, 1],
    ["bytes=1048570-2097160", 1048570, 2097161],
    ["bytes=2999999-", 2999999, 3000000],
    ["bytes=-5", 2999995, 3000000],
    ["bytes=-4000000", 0, 3000000],
    ["bytes=2999990-9999999", 2999990, 3000000],
  ] as const
) {
  Deno.test(
    `${range} of 3000000 bytes are those from ${start} to before ${end}`,
    inFile(async ({ send, disposed }) => {
      const response = send({ range });
      assert.equal(response.status, 206);
      assert.equal(response.headers.get("content-range"), `bytes ${start}-${end - 1}/3000000`);
      assert.ok(isDeepStrictEqual(await bytesOf(response), BYTES.slice(start, end)));
      assert.equal(disposed(), 1);
    }),
  );
}

Deno.test(
  "what is no range, several of them, and one of another version get the whole file",
  inFile(async ({ send }) => {
    const cases = [{ range: "bytes=5-2" }, { range: "bytes=-" }, { range: "lines=1-2" }, { range: "bytes=0-1,4-5" }];
    for (const headers of [...cases, { range: "bytes=0-1", "if-range": '"old"' }]) {
      const response = send(headers);
      assert.deepEqual([response.status, response.headers.get("content-range")], [200, null]);
      await response.body!.cancel();
    }
    assert.equal((await bytesOf(send({ range: "bytes=0-1", "if-range": '"t"' }))).length, 2);
  }),
);

Deno.test(
  "a range that the file does not have is refused; HEAD, a known version and a client that goes leave nothing open",
  inFile(async ({ send, disposed }) => {
    for (const range of ["bytes=3000000-", "bytes=-0"]) {
      assert.throws(() => send({ range }), (e) => e instanceof ApiError && e.refusal === "BadRange");
    }
    const head = send({}, "HEAD");
    assert.deepEqual([head.status, head.headers.get("content-length"), head.body], [200, "3000000", null]);
    assert.equal(send({ "if-none-match": '"a", W/"t"' }).status, 304);
    assert.equal(disposed(), 4);
    const reader = send().body!.getReader();
    await reader.read();
    await reader.cancel();
    assert.equal(disposed(), 5);
  }),
);

Deno.test(
  "names beyond ASCII and quotes cannot break out of the header",
  inFile(async ({ send }) => {
    const response = send();
    await response.body!.cancel();
    assert.equal(
      response.headers.get("content-disposition"),
      "attachment; filename=\"a_b_.ptyr\"; filename*=UTF-8''a%22b%C3%BC.ptyr",
    );
  }, 'a"bü.ptyr'),
);
