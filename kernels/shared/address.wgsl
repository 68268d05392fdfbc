// Rows of the address table (see ADDRESS in reconstruction.ts). Used with `address: array<i32>` and the frame's Params.

const ADDRESS_COLUMNS = 7u;
const PROBE_START = 0u;
const OBJECT_START = 1u;
const OBJECT_STRIDE = 2u;
const OY = 3u;
const OX = 4u;
const OBJECT = 6u;

// Row of a pod.
fn addressAt(record: vec2u, at: Place) -> u32 {
  return record.x + at.item * record.y + at.mode * ADDRESS_COLUMNS;
}

// Element of the probe that a pixel of a view sees.
fn probeAt(row: u32, pixel: u32) -> u32 {
  return u32(address[row + PROBE_START]) + pixel;
}

// Element of the object that a pixel of a view sees.
fn objectAt(row: u32, pixel: u32) -> u32 {
  let y = u32(address[row + OY]) + pixel / p.cols;
  let x = u32(address[row + OX]) + pixel % p.cols;
  return u32(address[row + OBJECT_START]) + y * u32(address[row + OBJECT_STRIDE]) + x;
}
