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
@group(0) @binding(3) var<storage, read> object: array<vec2f>;
@group(0) @binding(4) var<storage, read> address: array<i32>;
@group(0) @binding(5) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(6) var<uniform> p: Params;

@compute @workgroup_size(256)
fn probe_update_shares(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let share = shareOf(flatIndex(group, groups, local), arrayLength(&norm));
  var total = vec2f();
  var weight = 0.0;
  for (var pod = share.begin; pod < share.end; pod++) {
    let row = p.address.x + pod * ADDRESS_COLUMNS;
    let pixel = share.element - u32(address[row + PROBE_START]);
    if (pixel < p.rows * p.cols) {
      let a = object[objectAt(row, pixel)];
      total += mulConj(a, exitWave[p.exitWave.x + pod * p.rows * p.cols + pixel]);
      weight += abs2(a);
    }
  }
  if (share.inside) {
    work[share.index] = vec4f(total, weight, 0.0);
  }
}

@compute @workgroup_size(256)
fn probe_update(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&norm)) {
    let total = sumShares(i, arrayLength(&norm));
    sum[i] += total.xy;
    norm[i] += total.z;
  }
}
