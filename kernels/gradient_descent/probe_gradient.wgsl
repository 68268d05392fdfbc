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
@group(0) @binding(2) var<storage, read> object: array<vec2f>;
@group(0) @binding(3) var<storage, read> address: array<i32>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(256)
fn probe_gradient_shares(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let share = shareOf(flatIndex(group, groups, local), arrayLength(&gradient));
  var sum = vec2f();
  for (var pod = share.begin; pod < share.end; pod++) {
    let row = p.address.x + pod * ADDRESS_COLUMNS;
    let pixel = share.element - u32(address[row + PROBE_START]);
    if (pixel < p.rows * p.cols) {
      sum += mulConj(object[objectAt(row, pixel)], wave[p.wave.x + pod * p.rows * p.cols + pixel]);
    }
  }
  if (share.inside) {
    work[share.index] = vec4f(2.0 * sum, 0.0, 0.0);
  }
}

@compute @workgroup_size(256)
fn probe_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < arrayLength(&gradient)) {
    gradient[i] += sumShares(i, arrayLength(&gradient)).xy;
  }
}
