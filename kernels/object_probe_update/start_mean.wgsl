struct Params {
  start: u32,
  count: u32,
  oldWeight: f32,
  normStart: f32,
}

@group(0) @binding(0) var<storage, read_write> sum: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<storage, read> array_: array<vec2f>;
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(256)
fn start_mean(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i >= p.start && i < p.start + p.count) {
    sum[i] = p.oldWeight * array_[i];
    norm[i] = p.normStart;
  }
}
