struct Params {
  start: u32,
  layers: u32,
  rows: u32,
  cols: u32,
  tolerance: f32,
}

@group(0) @binding(0) var<storage, read_write> probe: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(2) var<uniform> p: Params;

// The first elements of `work` hold shares of the masses, the rest the spline coefficients in .xy.
const SHARES = 256u;
const POLE = -0.267949192431123;

fn planePixel(layer: u32, y: u32, x: u32) -> u32 {
  return SHARES + (layer * p.rows + y) * p.cols + x;
}

// Shift of the centre of mass from the middle, (y, x), from the shares of so many workgroups.
fn shiftOf(local: u32, shares: u32) -> vec2f {
  let mass = sumGroup(select(vec4f(), work[local], local < shares), local);
  return vec2f(mass.y, mass.z) / mass.x;
}

// Turns samples into cubic B-spline coefficients, continued by mirroring about the first and last sample.
fn prefilter(start: u32, length: u32, step_: u32) {
  if (length < 2u) {
    return;
  }
  let gain = (1.0 - POLE) * (1.0 - 1.0 / POLE);
  var all = 1.0;
  for (var i = 1u; i < length; i++) {
    all *= POLE;
  }
  let last = start + (length - 1u) * step_;
  var first = work[start].xy + all * work[last].xy;
  var power = POLE;
  // Further samples weigh less than single precision sees.
  for (var i = 1u; i < min(length - 1u, 32u); i++) {
    first += power * (work[start + i * step_].xy + all * work[last - i * step_].xy);
    power *= POLE;
  }
  var c = gain * first / (1.0 - all * all);
  work[start] = vec4f(c, 0.0, 0.0);
  for (var i = 1u; i < length; i++) {
    let at = start + i * step_;
    c = gain * work[at].xy + POLE * c;
    work[at] = vec4f(c, 0.0, 0.0);
  }
  c = (POLE * work[last - step_].xy + work[last].xy) * POLE / (POLE * POLE - 1.0);
  work[last] = vec4f(c, 0.0, 0.0);
  for (var i = length - 1u; i > 0u; i--) {
    let at = start + (i - 1u) * step_;
    c = POLE * (c - work[at].xy);
    work[at] = vec4f(c, 0.0, 0.0);
  }
}

@compute @workgroup_size(256)
fn center_probe_mass(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  var sum = vec4f();
  for (var k = flatIndex(group, groups, local); k < p.layers * p.rows * p.cols; k += 256u * groups.x) {
    let pixel = k % (p.rows * p.cols);
    // From the middle, because small numbers round less.
    let y = f32(pixel / p.cols) - f32(p.rows / 2u);
    let x = f32(pixel % p.cols) - f32(p.cols / 2u);
    sum += abs2(probe[p.start + k]) * vec4f(1.0, y, x, 0.0);
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[group.x] = total;
  }
}

@compute @workgroup_size(256)
fn center_probe_rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  if (!(length(shiftOf(local, groups.x)) >= p.tolerance)) {
    return;
  }
  for (var line = flatIndex(group, groups, local); line < p.layers * p.rows; line += 256u * groups.x) {
    for (var x = 0u; x < p.cols; x++) {
      work[SHARES + line * p.cols + x] = vec4f(probe[p.start + line * p.cols + x], 0.0, 0.0);
    }
    prefilter(SHARES + line * p.cols, p.cols, 1u);
  }
}

@compute @workgroup_size(256)
fn center_probe_columns(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  if (!(length(shiftOf(local, groups.x)) >= p.tolerance)) {
    return;
  }
  for (var line = flatIndex(group, groups, local); line < p.layers * p.cols; line += 256u * groups.x) {
    prefilter(planePixel(line / p.cols, 0u, line % p.cols), p.rows, p.cols);
  }
}

fn taps(at: f32) -> vec4f {
  let t = at - floor(at);
  let u = 1.0 - t;
  return vec4f(u * u * u, 4.0 - 6.0 * t * t + 3.0 * t * t * t, 4.0 - 6.0 * u * u + 3.0 * u * u * u, t * t * t) / 6.0;
}

fn mirror(index: i32, length: u32) -> u32 {
  if (length < 2u) {
    return 0u;
  }
  let period = 2 * i32(length) - 2;
  let i = ((index % period) + period) % period;
  return u32(select(period - i, i, i < i32(length)));
}

@compute @workgroup_size(256)
fn center_probe(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let shift = shiftOf(local, groups.x);
  if (!(length(shift) >= p.tolerance)) {
    return;
  }
  for (var k = flatIndex(group, groups, local); k < p.layers * p.rows * p.cols; k += 256u * groups.x) {
    let layer = k / (p.rows * p.cols);
    let pixel = k % (p.rows * p.cols);
    let y = f32(pixel / p.cols) + shift.x;
    let x = f32(pixel % p.cols) + shift.y;
    var sum = vec2f();
    if (y >= 0.0 && x >= 0.0 && y <= f32(p.rows - 1u) && x <= f32(p.cols - 1u)) {
      let wy = taps(y);
      let wx = taps(x);
      for (var i = 0; i < 4; i++) {
        for (var j = 0; j < 4; j++) {
          let at = planePixel(layer, mirror(i32(floor(y)) - 1 + i, p.rows), mirror(i32(floor(x)) - 1 + j, p.cols));
          sum += wy[i] * wx[j] * work[at].xy;
        }
      }
    }
    probe[p.start + k] = sum;
  }
}
