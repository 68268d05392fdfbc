struct Params { value: f32 }

@group(0) @binding(0) var<storage, read_write> array_: array<vec2f>;
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(256)
fn fill_wide_complex(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&array_)) {
    array_[i] = vec2f(p.value);
  }
}
