struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  moved: vec2u,
  address: vec2u,
  position: vec2u,
  trials: vec2u,
  outcome: vec2u,
  trial: u32,
}

@group(0) @binding(0) var<storage, read_write> moved: array<i32>;
@group(0) @binding(1) var<storage, read> address: array<i32>;
@group(0) @binding(2) var<storage, read> position: array<f32>;
@group(0) @binding(3) var<storage, read> trials: array<f32>;
@group(0) @binding(4) var<storage, read> objects: array<f32>;
@group(0) @binding(5) var<storage, read_write> outcome: array<f32>;
@group(0) @binding(6) var<uniform> p: Params;

const OBJECT_TABLE_COLUMNS = 6u;

@compute @workgroup_size(256)
fn place_trial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let item = flatIndex(group, groups, local);
  if (item >= p.items) {
    return;
  }
  let from_ = itemAt(p.address, item);
  let to = itemAt(p.moved, item);
  for (var i = 0u; i < ADDRESS_COLUMNS * p.modes; i++) {
    moved[to + i] = address[from_ + i];
  }
  let result = itemAt(p.outcome, item) + 2u;
  outcome[result] = 1.0;
  if (p.trial == 0u) {
    return;
  }
  let t = itemAt(p.trials, item) + 2u * (p.trial - 1u);
  let at = itemAt(p.position, item);
  let y = position[at] + trials[t];
  let x = position[at + 1u] + trials[t + 1u];
  var inside = isFinite(trials[t]) && isFinite(trials[t + 1u]);
  for (var row = 0u; row < ADDRESS_COLUMNS * p.modes; row += ADDRESS_COLUMNS) {
    let object = OBJECT_TABLE_COLUMNS * u32(address[from_ + row + OBJECT]);
    let oy = i32(round((y - objects[object]) / objects[object + 2u] + 1e-5)) - i32(p.rows >> 1u);
    let ox = i32(round((x - objects[object + 1u]) / objects[object + 3u] + 1e-5)) - i32(p.cols >> 1u);
    let fits = oy + i32(p.rows) <= i32(objects[object + 4u]) && ox + i32(p.cols) <= i32(objects[object + 5u]);
    inside = inside && oy >= 0 && ox >= 0 && fits;
    moved[to + row + OY] = oy;
    moved[to + row + OX] = ox;
  }
  if (inside) {
    return;
  }
  outcome[result] = 0.0;
  for (var i = 0u; i < ADDRESS_COLUMNS * p.modes; i++) {
    moved[to + i] = address[from_ + i];
  }
}
