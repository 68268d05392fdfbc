@group(0) @binding(0) var<storage, read_write> direction: array<vec2f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec2f>;
@group(0) @binding(2) var<storage, read> scalars: array<f32>;

const TURN = 1u;

@compute @workgroup_size(256)
fn object_direction(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&direction)) {
    direction[i] = scalars[TURN] * direction[i] - gradient[i];
  }
}
