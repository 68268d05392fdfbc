// Gathering onto the probe: the pods are cut into eight shares that are added separately and then in order, which keeps more of a GPU busy
// and the sums shorter. Leaves the sums in `work: array<vec4f>`.

const SHARES = 8u;

struct Share {
  inside: bool,
  index: u32,
  element: u32,
  begin: u32,
  end: u32,
}

fn shareOf(index: u32, elements: u32) -> Share {
  let share = index / elements;
  let pods = p.items * p.modes;
  let size = (pods + SHARES - 1u) / SHARES;
  let inside = share < SHARES;
  let begin = min(pods, size * share);
  return Share(inside, index, index % elements, begin, select(begin, min(pods, begin + size), inside));
}

fn sumShares(element: u32, elements: u32) -> vec4f {
  var sum = vec4f();
  for (var share = 0u; share < SHARES; share++) {
    sum += work[share * elements + element];
  }
  return sum;
}
