@group(0) @binding(0) var<storage, read_write> array_: array<vec2f>;
@group(0) @binding(1) var<storage, read> sum: array<vec2f>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;

@compute @workgroup_size(256)
fn finish_mean(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&norm) && norm[i] != 0.0) {
    array_[i] = sum[i] / norm[i];
  }
}
