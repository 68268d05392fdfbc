struct Params {
  start: u32,
  rows: u32,
  cols: u32,
  amplitude: f32,
}

@group(0) @binding(0) var<storage, read_write> gradient: array<vec2f>;
@group(0) @binding(1) var<storage, read> object: array<vec2f>;
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(256)
fn del2_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < p.start || i >= p.start + p.rows * p.cols || i >= arrayLength(&gradient)) {
    return;
  }
  let y = (i - p.start) / p.cols;
  let x = (i - p.start) % p.cols;
  var sum = vec2f();
  if (y > 0u) {
    sum += object[i] - object[i - p.cols];
  }
  if (y + 1u < p.rows) {
    sum += object[i] - object[i + p.cols];
  }
  if (x > 0u) {
    sum += object[i] - object[i - 1u];
  }
  if (x + 1u < p.cols) {
    sum += object[i] - object[i + 1u];
  }
  gradient[i] += 2.0 * p.amplitude * sum;
}
