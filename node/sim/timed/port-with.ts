// A port with some of its methods replaced: all others go to the port itself, getters too. For what stands
// between a node and its ports and changes one or two of them. Called by charged-ports.ts and
// node/bench/costs/meter.ts.

/** `port` with `changes` in place of its own members. */
export function portWith<T extends object>(port: T, changes: Partial<T>): T {
  const made: Record<PropertyKey, unknown> = {};
  for (const name of membersOf(port)) {
    const value = (port as Record<PropertyKey, unknown>)[name];
    if (typeof value === "function") made[name] = value.bind(port);
    else {
      const get = (): unknown => (port as Record<PropertyKey, unknown>)[name];
      Object.defineProperty(made, name, { get, enumerable: true, configurable: true });
    }
  }
  return Object.defineProperties(made, Object.getOwnPropertyDescriptors(changes)) as T;
}

function membersOf(port: object): readonly PropertyKey[] {
  const names = new Set<PropertyKey>();
  let at: object | null = port;
  while (at !== null && at !== Object.prototype) {
    for (const name of Reflect.ownKeys(at)) if (name !== "constructor") names.add(name);
    at = Object.getPrototypeOf(at) as object | null;
  }
  return [...names];
}
