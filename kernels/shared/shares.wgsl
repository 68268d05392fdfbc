// Gathering onto the probe: the pods are cut into shares that are added separately and then in order, which keeps more of a GPU busy and
// the sums shorter. Leaves the sums in `work: array<vec4f>`, as many per element as it has room for.

struct Share {
  inside: bool,
  index: u32,
  element: u32,
  begin: u32,
  end: u32,
}

fn shareOf(index: u32, elements: u32) -> Share {
  let shares = arrayLength(&work) / elements;
  let share = index / elements;
  let pods = p.items * p.modes;
  let size = (pods + shares - 1u) / shares;
  let inside = share < shares;
  let begin = min(pods, size * share);
  return Share(inside, index, index % elements, begin, select(begin, min(pods, begin + size), inside));
}

fn sumShares(element: u32, elements: u32) -> vec4f {
  let shares = arrayLength(&work) / elements;
  var sum = vec4f();
  for (var share = 0u; share < shares; share++) {
    sum += work[share * elements + element];
  }
  return sum;
}
