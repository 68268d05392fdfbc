/** The table of a batch. */

import assert from "node:assert/strict";
import type { BatchRow } from "./batch_service.ts";
import { tableCsv } from "./batch_table.ts";

const ROW: BatchRow = {
  id: "b-00000",
  name: "b_0",
  varied: {},
  status: "pending",
  iterations: null,
  errors: null,
  seconds: null,
  error: null,
};

Deno.test("tableCsv() has a column for everything that is varied in any run, and quotes what needs it", () => {
  const done: BatchRow = {
    ...ROW,
    varied: { "a.x": [1, 2], "a.s": "p" },
    status: "done",
    iterations: 5,
    seconds: 0.25,
  };
  const failed: BatchRow = {
    ...ROW,
    id: "b-00001",
    varied: { "a.y": 'say "no"' },
    status: "failed",
    error: "one\ntwo, three",
  };
  assert.equal(
    tableCsv([{ ...done, errors: [1, 2.5, 3] }, failed]),
    [
      "id,name,a.x,a.s,a.y,status,iterations,fourier_error,photon_error,exit_error,seconds,error,result",
      'b-00000,b_0,"[1,2]",p,,done,5,1,2.5,3,0.25,,/v1/runs/b-00000/result',
      'b-00001,b_0,,,"say ""no""",failed,,,,,,"one\ntwo, three",/v1/runs/b-00001/result',
      "",
    ].join("\r\n"),
  );
});
