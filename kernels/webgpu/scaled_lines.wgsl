// Multiplies every line of many images by the matrix of the image's propagator, in place: a workgroup holds a line.

struct Lines {
  images: u32,
  wave: u32,
  address: u32,
  // 0 for rows, 1 for columns.
  axis: u32,
  rows: u32,
  cols: u32,
}

const LONGEST = 2048u;
const ADDRESS_COLUMNS = 7u;
const PROPAGATOR = 5u;

@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
// (propagator, in, out), so that neighbouring invocations read neighbouring elements.
@group(0) @binding(1) var<storage, read> matrices: array<vec2f>;
@group(0) @binding(2) var<storage, read> address: array<i32>;
@group(0) @binding(3) var<uniform> p: Lines;

var<workgroup> line: array<vec2f, LONGEST>;

@compute @workgroup_size(256)
fn scaled_lines(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = flatGroup(group, groups);
  let alongRows = p.axis == 0u;
  let length = select(p.rows, p.cols, alongRows);
  let lines = select(p.cols, p.rows, alongRows);
  let image = index / lines;
  if (image >= p.images) {
    return;
  }
  let step = select(p.cols, 1u, alongRows);
  let first = p.wave + image * p.rows * p.cols + (index % lines) * select(1u, p.cols, alongRows);
  for (var i = local; i < length; i += 256u) {
    line[i] = wave[first + i * step];
  }
  workgroupBarrier();
  let matrix = u32(address[p.address + image * ADDRESS_COLUMNS + PROPAGATOR]) * length * length;
  for (var i = local; i < length; i += 256u) {
    var sum = vec2f();
    for (var k = 0u; k < length; k++) {
      sum += mul(matrices[matrix + k * length + i], line[k]);
    }
    wave[first + i * step] = sum;
  }
}
