// Both precisions are the same on a GPU.

@group(0) @binding(0) var<storage, read_write> to: array<vec2f>;
@group(0) @binding(1) var<storage, read> from_: array<vec2f>;

@compute @workgroup_size(256)
fn narrow(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&to)) {
    to[i] = from_[i];
  }
}
