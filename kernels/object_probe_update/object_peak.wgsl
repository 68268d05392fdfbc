struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  count: u32,
}

@group(0) @binding(0) var<storage, read_write> peak: array<f32>;
@group(0) @binding(1) var<storage, read> object: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(3) var<uniform> p: Params;

// The larger of two complex numbers as numpy orders them: by the real part, then by the imaginary part.
fn larger(a: vec4f, b: vec4f) -> vec4f {
  return select(a, b, b.x > a.x || (b.x == a.x && b.y > a.y));
}

fn largest(value: vec4f, local: u32) -> vec4f {
  tree[local] = value;
  for (var half = 128u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (local < half) {
      tree[local] = larger(tree[local], tree[local + half]);
    }
  }
  workgroupBarrier();
  return tree[0];
}

@compute @workgroup_size(256)
fn object_peak_share(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  var most = vec4f(object[0], 0.0, 0.0);
  for (var i = flatIndex(group, groups, local); i < p.count; i += 256u * groups.x) {
    most = larger(most, vec4f(object[i], 0.0, 0.0));
  }
  let total = largest(most, local);
  if (local == 0u) {
    work[group.x] = total;
  }
}

@compute @workgroup_size(256)
fn object_peak(@builtin(local_invocation_index) local: u32) {
  let total = largest(work[min(local, arrayLength(&work) - 1u)], local);
  if (local == 0u) {
    peak[0] = abs2(total.xy);
  }
}
