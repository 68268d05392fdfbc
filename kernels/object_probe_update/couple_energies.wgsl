struct Params {
  start: u32,
  stride: u32,
  energies: u32,
}

const MOST_ENERGIES = 32u;

@group(0) @binding(0) var<storage, read_write> array_: array<vec2f>;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(256)
fn couple_energies(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i >= p.stride) {
    return;
  }
  let count = min(p.energies, MOST_ENERGIES);
  var old: array<vec2f, MOST_ENERGIES>;
  for (var j = 0u; j < count; j++) {
    old[j] = array_[p.start + j * p.stride + i];
  }
  for (var row = 0u; row < count; row++) {
    var sum = vec2f();
    for (var j = 0u; j < count; j++) {
      sum += matrix[row * count + j] * old[j];
    }
    array_[p.start + row * p.stride + i] = sum;
  }
}
