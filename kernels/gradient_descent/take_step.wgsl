@group(0) @binding(0) var<storage, read_write> array_: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> direction: array<vec2f>;
@group(0) @binding(2) var<storage, read> scalars: array<f32>;

const STEP = 2u;

@compute @workgroup_size(256)
fn take_step(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&array_)) {
    let change = scalars[STEP] * direction[i];
    direction[i] = change;
    array_[i] += change;
  }
}
