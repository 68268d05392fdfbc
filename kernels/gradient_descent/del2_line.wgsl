struct Params {
  start: u32,
  rows: u32,
  cols: u32,
  amplitude: f32,
}

@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read> object: array<vec2f>;
@group(0) @binding(2) var<storage, read> direction: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(256)
fn del2_line_share(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  var sum = vec4f();
  for (var k = flatIndex(group, groups, local); k < p.rows * p.cols; k += 256u * groups.x) {
    let i = p.start + k;
    if (k / p.cols + 1u < p.rows) {
      let d = direction[i + p.cols] - direction[i];
      sum += vec4f(dot(object[i + p.cols] - object[i], d), abs2(d), 0.0, 0.0);
    }
    if (k % p.cols + 1u < p.cols) {
      let d = direction[i + 1u] - direction[i];
      sum += vec4f(dot(object[i + 1u] - object[i], d), abs2(d), 0.0, 0.0);
    }
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[group.x] = total;
  }
}

@compute @workgroup_size(256)
fn del2_line(@builtin(local_invocation_index) local: u32) {
  let total = sumWork(local);
  if (local == 0u) {
    // Every difference counts twice: to the next neighbour and, seen from there, to the previous one.
    sums[0] += 4.0 * p.amplitude * total.x;
    sums[1] += 2.0 * p.amplitude * total.y;
  }
}
