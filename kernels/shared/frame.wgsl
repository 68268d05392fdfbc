// Where the records of a frame lie. Every frame kernel declares its own `p: Params`, which begins with items, modes, rows and cols; a
// record is (first element of item 0, elements from one item to the next).

struct Place {
  inside: bool,
  item: u32,
  mode: u32,
  pixel: u32,
}

// One index per pixel, mode and item.
fn wavePlace(index: u32) -> Place {
  let points = p.rows * p.cols;
  let pod = index / points;
  return Place(pod < p.items * p.modes, pod / p.modes, pod % p.modes, index % points);
}

// One index per pixel and item.
fn imagePlace(index: u32) -> Place {
  let points = p.rows * p.cols;
  let item = index / points;
  return Place(item < p.items, item, 0u, index % points);
}

// Element of a record with one image per mode.
fn waveAt(record: vec2u, at: Place) -> u32 {
  return record.x + at.item * record.y + at.mode * p.rows * p.cols + at.pixel;
}

// Element of a record with one image.
fn imageAt(record: vec2u, at: Place) -> u32 {
  return record.x + at.item * record.y + at.pixel;
}

// First element of a record.
fn itemAt(record: vec2u, item: u32) -> u32 {
  return record.x + item * record.y;
}

// Bytes are packed in words of four.
fn isValid(word: u32, byte: u32) -> bool {
  return ((word >> (8u * (byte & 3u))) & 255u) != 0u;
}
