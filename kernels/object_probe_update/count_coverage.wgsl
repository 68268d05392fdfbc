struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  address: vec2u,
}

@group(0) @binding(0) var<storage, read_write> coverage: array<f32>;
@group(0) @binding(1) var<storage, read> address: array<i32>;
@group(0) @binding(2) var<storage, read> tiles: array<vec4u>;
@group(0) @binding(3) var<storage, read> pods: array<u32>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(256)
fn count_coverage(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = tilePixel(flatGroup(group, groups), local);
  if (!at.inside) {
    return;
  }
  var views = 0.0;
  for (var k = at.begin; k < at.end; k++) {
    if (viewPixel(p.address.x + pods[k] * ADDRESS_COLUMNS, at) != OUTSIDE) {
      views += 1.0;
    }
  }
  coverage[at.element] += views;
}
