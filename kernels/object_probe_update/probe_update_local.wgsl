struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  difference: vec2u,
  address: vec2u,
  beta: f32,
  support: f32,
}

@group(0) @binding(0) var<storage, read_write> probe: array<vec2f>;
@group(0) @binding(1) var<storage, read> object: array<vec2f>;
@group(0) @binding(2) var<storage, read> difference: array<vec2f>;
@group(0) @binding(3) var<storage, read> address: array<i32>;
@group(0) @binding(4) var<storage, read> peak: array<f32>;
@group(0) @binding(5) var<uniform> p: Params;

const PI = 3.14159265358979;

@compute @workgroup_size(256)
fn probe_update_local(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = imagePlace(flatIndex(group, groups, local));
  if (!at.inside) {
    return;
  }
  var step_ = 0.0;
  if (peak[0] != 0.0) {
    step_ = p.beta / peak[0];
  }
  let row = itemAt(p.address, at.item);
  let place = vec2f(f32(at.pixel / p.cols), f32(at.pixel % p.cols));
  let middle = vec2f(0.5 * f32(p.rows) - 0.5, 0.5 * f32(p.cols) - 0.5);
  let inside = p.support < 0.0 || PI * abs2(place - middle) < p.support * f32(p.rows) * f32(p.cols);
  let i = probeAt(row, at.pixel);
  let change = mulConj(object[objectAt(row, at.pixel)], difference[waveAt(p.difference, at)]);
  probe[i] = select(vec2f(), probe[i] + step_ * change, inside);
}
