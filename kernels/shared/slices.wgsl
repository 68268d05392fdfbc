// Sums over the pixels of a frame in two stages: a workgroup per slice of 2048 pixels leaves its share in `work: array<vec4f>`, and a
// workgroup per frame adds the shares, as many as there are.

const SLICE = 2048u;

struct Slice {
  inside: bool,
  item: u32,
  begin: u32,
  end: u32,
}

fn slicesPerItem() -> u32 {
  return (p.rows * p.cols + SLICE - 1u) / SLICE;
}

fn sliceOf(index: u32) -> Slice {
  let count = slicesPerItem();
  let begin = SLICE * (index % count);
  return Slice(index / count < p.items, index / count, begin, min(begin + SLICE, p.rows * p.cols));
}

fn sumSlices(item: u32, local: u32) -> vec4f {
  let count = arrayLength(&work) / p.items;
  var sum = vec4f();
  for (var i = local; i < count; i += 256u) {
    sum += work[item * count + i];
  }
  return sumGroup(sum, local);
}

fn maxSlices(item: u32, local: u32) -> vec4f {
  let count = slicesPerItem();
  var most = vec4f();
  for (var i = local; i < count; i += 256u) {
    most = max(most, work[item * count + i]);
  }
  return maxGroup(most, local);
}
