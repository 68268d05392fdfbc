struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  address: vec2u,
}

@group(0) @binding(0) var<storage, read_write> gradient: array<vec2f>;
@group(0) @binding(1) var<storage, read> wave: array<vec2f>;
@group(0) @binding(2) var<storage, read> probe: array<vec2f>;
@group(0) @binding(3) var<storage, read> address: array<i32>;
@group(0) @binding(4) var<storage, read> tiles: array<vec4u>;
@group(0) @binding(5) var<storage, read> pods: array<u32>;
@group(0) @binding(6) var<uniform> p: Params;

@compute @workgroup_size(256)
fn object_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = tilePixel(flatGroup(group, groups), local);
  if (!at.inside) {
    return;
  }
  var sum = vec2f();
  for (var k = at.begin; k < at.end; k++) {
    let pod = pods[k];
    let row = p.address.x + pod * ADDRESS_COLUMNS;
    let pixel = viewPixel(row, at);
    if (pixel != OUTSIDE) {
      sum += mulConj(probe[probeAt(row, pixel)], wave[p.wave.x + pod * p.rows * p.cols + pixel]);
    }
  }
  gradient[at.element] += 2.0 * sum;
}
