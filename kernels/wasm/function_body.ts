/**
 * The body of one function under construction: locals, stores, loops, calls.
 *
 * Every method appends code. Locals taken inside `scope`, `sweep`, `repeat` or `when` are given back at its end and used
 * again by the next, so that a long generated function keeps few of them.
 */

import { type Code, createByteList } from "./code.ts";
import { TYPE_CODES, unsigned, type ValueType, vector } from "./encoding.ts";
import { type Expression, type F32, type F64, type I32, i32, memoryArgument, type V128 } from "./expressions.ts";

/** A variable of a function; as an expression it is its value at the time of evaluation. */
export interface Local<T extends ValueType = ValueType> extends Expression<T> {
  readonly index: number;
}

/** The value of a call of a function with one result. */
export function callResult<T extends ValueType>(
  handle: FunctionHandle,
  { type, args }: { type: T; args: readonly Expression[] },
): Expression<T> {
  return { type, code: [args.map((a) => a.code), 0x10, unsigned(handle.index)] };
}

/** What a function may be called with: its place in the module and its types. */
export interface FunctionHandle {
  readonly index: number;
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** How a loop over memory moves: after each turn every local grows by its step; it ends when the first reaches `until`. */
export interface Sweep {
  readonly move: readonly (readonly [Local<"i32">, number])[];
  readonly until: I32;
}

/** See the header. */
export interface FunctionBody {
  /** A variable without a value yet. It may hold an earlier variable's value: set it before use. */
  local<T extends ValueType>(type: T): Local<T>;
  /** A variable that starts with this value. */
  keep<T extends ValueType>(value: Expression<T>): Local<T>;
  set<T extends ValueType>(variable: Local<T>, value: Expression<T>): void;
  /** Adds a constant to an address. */
  advance(variable: Local<"i32">, bytes: number): void;
  storeI32(address: I32, value: I32, at?: { offset: number }): void;
  storeF32(address: I32, value: F32, at?: { offset: number }): void;
  storeF64(address: I32, value: F64, at?: { offset: number }): void;
  storeV128(address: I32, value: V128, at?: { offset: number }): void;
  /** Fills bytes with zeros. */
  clear(address: I32, bytes: I32): void;
  /** Runs `turn`, then moves, as long as the first local is below `until`: at least once. */
  sweep(loop: Sweep, turn: () => void): void;
  /** Runs `turn` a constant number of times; code for one turn is written once. */
  repeat(times: number, turn: () => void): void;
  /** Runs `then` if the condition is not 0. */
  when(condition: I32, then: () => void): void;
  /** Gives back, at its end, the locals taken inside. */
  scope(inside: () => void): void;
  /** Calls a function that returns nothing. */
  call(handle: FunctionHandle, args: readonly Expression[]): void;
  /** Ends the function with these results; must be the last statement. */
  result(values: readonly Expression[]): void;
}

/** An open body and the way to its bytes. */
export interface OpenBody {
  readonly body: FunctionBody;
  readonly params: readonly Local[];
  /** Locals and code, without the length in front. */
  finish(): Code;
}

const VOID_BLOCK = 0x40;
const END = 0x0b;

/** Opens the body of a function with these parameter types. */
export function openBody(paramTypes: readonly ValueType[]): OpenBody {
  const code = createByteList();
  const types: ValueType[] = [];
  const free: Record<ValueType, number[]> = { i32: [], f32: [], f64: [], v128: [] };
  let taken: number[] = [];
  const at = <T extends ValueType>(index: number, type: T): Local<T> => ({
    index,
    type,
    code: [0x20, unsigned(index)],
  });

  const emit = code.add;

  function take<T extends ValueType>(type: T): Local<T> {
    const index = free[type].pop() ?? paramTypes.length + types.push(type) - 1;
    taken.push(index);
    return at(index, type);
  }

  function store(opcode: readonly number[], alignment: number) {
    return (address: I32, value: Expression, { offset }: { offset: number } = { offset: 0 }) =>
      emit(address.code, value.code, opcode, memoryArgument(alignment, offset));
  }

  const body: FunctionBody = {
    local: take,
    keep(value) {
      const variable = take(value.type);
      body.set(variable, value);
      return variable;
    },
    set: (variable, value) => emit(value.code, 0x21, unsigned(variable.index)),
    advance: (variable, bytes) => {
      if (bytes !== 0) body.set(variable, i32.add(variable, i32.const(bytes)));
    },
    storeI32: store([0x36], 2),
    storeF32: store([0x38], 2),
    storeF64: store([0x39], 3),
    storeV128: store([0xfd, 0x0b], 4),
    clear: (address, bytes) => emit(address.code, i32.const(0).code, bytes.code, 0xfc, 0x0b, 0),
    sweep({ move, until }, turn) {
      emit(0x03, VOID_BLOCK);
      body.scope(turn);
      for (const [variable, step] of move) body.advance(variable, step);
      emit(i32.ltU(move[0]![0], until).code, 0x0d, 0, END);
    },
    repeat(times, turn) {
      if (times === 1) return body.scope(turn);
      body.scope(() => {
        const left = body.keep(i32.const(times));
        emit(0x03, VOID_BLOCK);
        body.scope(turn);
        body.advance(left, -1);
        emit(left.code, 0x0d, 0, END);
      });
    },
    when(condition, then) {
      emit(condition.code, 0x04, VOID_BLOCK);
      body.scope(then);
      emit(END);
    },
    scope(inside) {
      const outer = taken;
      taken = [];
      inside();
      for (const index of taken) free[types[index - paramTypes.length]!].push(index);
      taken = outer;
    },
    call: (handle, args) => emit(args.map((a) => a.code), 0x10, unsigned(handle.index)),
    result: (values) => emit(values.map((v) => v.code)),
  };

  return {
    body,
    params: paramTypes.map((type, index) => at(index, type)),
    finish: () => {
      const locals = types.map((type) => [1, TYPE_CODES[type]]);
      return [vector(locals), code.bytes(), END];
    },
  };
}
