struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  exitWave: vec2u,
  address: vec2u,
}

@group(0) @binding(0) var<storage, read_write> sum: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<storage, read> exitWave: array<vec2f>;
@group(0) @binding(3) var<storage, read> probe: array<vec2f>;
@group(0) @binding(4) var<storage, read> address: array<i32>;
@group(0) @binding(5) var<storage, read> tiles: array<vec4u>;
@group(0) @binding(6) var<storage, read> pods: array<u32>;
@group(0) @binding(7) var<uniform> p: Params;

@compute @workgroup_size(256)
fn object_update(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = tilePixel(flatGroup(group, groups), local);
  if (!at.inside) {
    return;
  }
  var total = vec2f();
  var weight = 0.0;
  for (var k = at.begin; k < at.end; k++) {
    let pod = pods[k];
    let row = p.address.x + pod * ADDRESS_COLUMNS;
    let pixel = viewPixel(row, at);
    if (pixel != OUTSIDE) {
      let a = probe[probeAt(row, pixel)];
      total += mulConj(a, exitWave[p.exitWave.x + pod * p.rows * p.cols + pixel]);
      weight += abs2(a);
    }
  }
  sum[at.element] += total;
  norm[at.element] += weight;
}
