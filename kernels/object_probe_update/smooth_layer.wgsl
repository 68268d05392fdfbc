struct Params {
  start: u32,
  rows: u32,
  cols: u32,
  sigma: f32,
}

@group(0) @binding(0) var<storage, read_write> array_: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> work: array<vec2f>;
@group(0) @binding(2) var<uniform> p: Params;

// The Gaussian is cut off at four standard deviations.
fn radius() -> i32 {
  return i32(floor(4.0 * p.sigma + 0.5));
}

fn weight(j: i32) -> f32 {
  let t = f32(j) / p.sigma;
  return exp(-0.5 * t * t);
}

// Edges continue by reflection about the border between pixels.
fn reflect_(index: i32, length: i32) -> u32 {
  let period = 2 * length;
  let i = ((index % period) + period) % period;
  return u32(select(period - 1 - i, i, i < length));
}

@compute @workgroup_size(256)
fn smooth_layer_columns(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i >= p.rows * p.cols) {
    return;
  }
  let y = i32(i / p.cols);
  let x = i % p.cols;
  var sum = array_[p.start + i];
  var total = 1.0;
  for (var j = 1; j <= radius(); j++) {
    let before = array_[p.start + reflect_(y - j, i32(p.rows)) * p.cols + x];
    let after = array_[p.start + reflect_(y + j, i32(p.rows)) * p.cols + x];
    sum += weight(j) * (before + after);
    total += 2.0 * weight(j);
  }
  work[i] = sum / total;
}

@compute @workgroup_size(256)
fn smooth_layer(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i >= p.rows * p.cols) {
    return;
  }
  let row = i / p.cols * p.cols;
  let x = i32(i % p.cols);
  var sum = work[i];
  var total = 1.0;
  for (var j = 1; j <= radius(); j++) {
    sum += weight(j) * (work[row + reflect_(x - j, i32(p.cols))] + work[row + reflect_(x + j, i32(p.cols))]);
    total += 2.0 * weight(j);
  }
  array_[p.start + i] = sum / total;
}
