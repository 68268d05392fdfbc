/** A resident whose frames all stay on the GPU: work goes there as it is recorded, and loops are left there. */

import type { Resident } from "../device.ts";
import type { Pass } from "../pass.ts";
import { collectArrays } from "../state_arrays.ts";
import { createLoops, type LoopCondition } from "./loops.ts";
import { readNumbers } from "./read_back.ts";
import { freeBuffer, type ResidentParts, saveArrays } from "./resident_parts.ts";

/** A resident of parts whose blocks have no windows. */
export function createWholeResident(parts: ResidentParts): Resident {
  const { gpu, recorder, arrays, store, calls, passes, common } = parts;
  const loops = createLoops({ programs: gpu.programs, arrays, recorder });
  let condition: LoopCondition | null = null;
  let pause = 0;

  function runPass(pass: Pass): void {
    const open = passes.open(pass);
    const { block, chunks } = open.loaded;
    if (open.oneByOne) {
      const count = pass.order?.length ?? block.frames * (pass.each === "pod" ? block.modes : 1);
      for (let i = 0; i < count; i++) open.recordItem(pass.order?.[i] ?? i, condition);
    } else {
      for (const chunk of chunks) open.recordChunk(chunk, condition);
    }
    open.close();
  }

  return {
    ...common,
    free: (buffer) => freeBuffer(parts, buffer),
    write(buffer, values) {
      recorder.submit();
      arrays.upload(store.get(buffer).segments[0]!, Float32Array.from(values));
    },
    run: (item) => "calls" in item ? runPass(item) : calls.recordWhole(item, condition),
    loop({ max, until }, body) {
      // Lists that are made within a round are not made where the round is left out.
      passes.refreshLists(condition);
      const outer = condition;
      const inner = loops.condition(store.get(until).segments[0]!, outer);
      for (let round = 0; round < max; round++) {
        loops.decide(inner);
        condition = inner;
        body();
        condition = outer;
      }
    },
    pause: (seconds) => void (pause += seconds),
    async flush(read) {
      const wait = 1000 * pause;
      pause = 0;
      const numbers = await readNumbers(parts, read.map((buffer) => store.get(buffer).segments[0]!));
      await new Promise<void>((resolve) => setTimeout(resolve, wait));
      return numbers;
    },
    save: (isWanted) => collectArrays((sink) => saveArrays(parts, sink, { isWanted })),
    saveInto: (sink, isWanted) => saveArrays(parts, sink, { isWanted }),
    [Symbol.dispose]() {
      recorder.dispose();
      arrays.dispose();
    },
  };
}
