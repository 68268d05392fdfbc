struct Params {
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read_write> object: array<vec2f>;
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(256)
fn clip_object(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i >= arrayLength(&object)) {
    return;
  }
  let modulus = length(object[i]);
  if (modulus == 0.0) {
    object[i] = vec2f(max(p.low, min(p.high, 0.0)), 0.0);
  } else if (modulus > p.high) {
    object[i] *= p.high / modulus;
  } else if (modulus < p.low) {
    object[i] *= p.low / modulus;
  }
}
