struct Params {
  ranks: u32,
}

@group(0) @binding(0) var<storage, read_write> object: array<vec2f>;
@group(0) @binding(1) var<storage, read> coverage: array<f32>;
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(256)
fn average_covered(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&coverage)) {
    let ranks = f32(p.ranks);
    object[i] *= select(0.0, ranks / (ranks + 1e-5), coverage[i] > 0.0);
  }
}
