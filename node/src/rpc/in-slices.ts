// Long lists, made into answers a few items at a time: between two slices everything else of the node has
// its turn. Used by methods whose answers can have thousands of parts.

/** A few milliseconds of the dearest items, which are whole transactions. */
const SLICE = 16;

export async function mapInSlices<T, R>(
  items: readonly T[],
  map: (item: T) => R,
): Promise<readonly R[]> {
  const mapped: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    mapped.push(map(item));
  }
  return mapped;
}
