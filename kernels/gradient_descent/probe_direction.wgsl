@group(0) @binding(0) var<storage, read_write> direction: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> oldGradient: array<vec2f>;
@group(0) @binding(2) var<storage, read> gradient: array<vec2f>;
@group(0) @binding(3) var<storage, read> scalars: array<f32>;

const SCALE = 0u;
const TURN = 1u;

@compute @workgroup_size(256)
fn probe_direction(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&direction)) {
    let scaled = scalars[SCALE] * gradient[i];
    oldGradient[i] = scaled;
    direction[i] = scalars[TURN] * direction[i] - scaled;
  }
}
