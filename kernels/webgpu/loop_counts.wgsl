// Turns the flag that ends a loop into workgroup counts: those of every dispatch of the next round, or zeros.
// The first row of `counts` and `outer` says whether the loop, and the loop around it, still runs.

@group(0) @binding(0) var<storage, read_write> counts: array<vec4u>;
@group(0) @binding(1) var<storage, read> wanted: array<vec4u>;
@group(0) @binding(2) var<storage, read> until: array<f32>;
@group(0) @binding(3) var<storage, read> outer: array<vec4u>;

@compute @workgroup_size(256)
fn loop_counts(@builtin(local_invocation_index) local: u32) {
  let runs = outer[0].w == 1u && until[0] == 0.0;
  for (var i = local; i < arrayLength(&counts); i += 256u) {
    counts[i] = select(vec4u(), wanted[i], runs);
  }
}

// The same for counts that became known within a round, whatever its flag is by then.
@compute @workgroup_size(256)
fn more_loop_counts(@builtin(local_invocation_index) local: u32) {
  let runs = counts[0].w == 1u;
  for (var i = 1u + local; i < arrayLength(&counts); i += 256u) {
    counts[i] = select(vec4u(), wanted[i], runs);
  }
}
