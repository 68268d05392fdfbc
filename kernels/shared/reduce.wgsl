// Sums and maxima of a workgroup in a fixed tree, so that they are the same in every run.

var<workgroup> tree: array<vec4f, 256>;

fn sumGroup(value: vec4f, local: u32) -> vec4f {
  tree[local] = value;
  for (var half = 128u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (local < half) {
      tree[local] += tree[local + half];
    }
  }
  workgroupBarrier();
  let total = tree[0];
  workgroupBarrier();
  return total;
}

fn maxGroup(value: vec4f, local: u32) -> vec4f {
  tree[local] = value;
  for (var half = 128u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (local < half) {
      tree[local] = max(tree[local], tree[local + half]);
    }
  }
  workgroupBarrier();
  let total = tree[0];
  workgroupBarrier();
  return total;
}
