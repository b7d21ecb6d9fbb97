// IP addresses as bytes, and ranges of them: "10.1.2.0/24", "2001:db8::/64". Limits, bans and address
// buckets all speak of ranges. An IPv4 address that is written inside IPv6 (::ffff:10.0.0.1) is the
// IPv4 address. A range has one text, so texts can be compared. Pure.

export interface IpRange {
  /** 4 or 16 bytes; the bits after the prefix are zero. */
  readonly bytes: readonly number[];
  readonly prefixBits: number;
  /** The one text of the range; of a single address the address alone. */
  readonly text: string;
}

const IPV4_BITS = 32;
const IPV6_BITS = 128;

/** The bytes of an address (4 or 16), or undefined where the text is none. A zone (%eth0) is dropped. */
export function parseIp(text: string): readonly number[] | undefined {
  const plain = text.replace(/%.*$/, "");
  if (!plain.includes(":")) return parseIpv4(plain);
  const bytes = parseIpv6(plain.toLowerCase());
  const isMapped = bytes?.slice(0, 10).every((byte) => byte === 0) === true;
  return isMapped && bytes[10] === 0xff && bytes[11] === 0xff ? bytes.slice(12) : bytes;
}

/** "address" or "address/bits"; undefined where it is neither. Bits after the prefix are cleared. */
export function parseIpRange(text: string): IpRange | undefined {
  const match = /^([^/]+)(?:\/([0-9]{1,3}))?$/.exec(text);
  const bytes = parseIp(match?.[1] ?? "");
  if (bytes === undefined) return undefined;
  const prefixBits = match?.[2] === undefined ? bytes.length * 8 : Number(match[2]);
  return prefixBits > bytes.length * 8 ? undefined : rangeOf(bytes, prefixBits);
}

/** The range of the given width around an address. */
export function rangeOf(address: readonly number[], prefixBits: number): IpRange {
  const bytes = address.map((byte, i) => byte & maskOf(prefixBits - 8 * i));
  const isSingle = prefixBits === bytes.length * 8;
  const text = isSingle ? formatIp(bytes) : `${formatIp(bytes)}/${prefixBits}`;
  return { bytes, prefixBits, text };
}

export function isInRange(address: readonly number[], range: IpRange): boolean {
  if (address.length !== range.bytes.length) return false;
  return range.bytes.every(
    (byte, i) => ((address[i] ?? 0) & maskOf(range.prefixBits - 8 * i)) === byte,
  );
}

/** The bits of one byte that belong to a prefix of which `bits` are left. */
const maskOf = (bits: number): number => (0xff00 >> Math.max(0, Math.min(8, bits))) & 0xff;

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  const isSound = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part));
  const bytes = parts.map(Number);
  return isSound && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): readonly number[] | undefined {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const before = groupBytes(head, tail === undefined);
  const after = groupBytes(tail ?? "", true);
  if (before === undefined || after === undefined) return undefined;
  const missing = IPV6_BITS / 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...before, ...Array<number>(missing).fill(0), ...after];
}

/** Groups of hex digits as bytes; the last one may be an IPv4 address where the text ends with it. */
function groupBytes(text: string, endsAddress: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    const isLast = i === groups.length - 1;
    if (isLast && endsAddress && group.includes(".")) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-f]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function formatIp(bytes: readonly number[]): string {
  if (bytes.length * 8 === IPV4_BITS) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(":");
  const head = groups.slice(0, zeros.start).join(":");
  return `${head}::${groups.slice(zeros.start + zeros.length).join(":")}`;
}

/** The first longest run of zero groups, which RFC 5952 writes as "::". */
function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== "0") start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  }
  return best;
}
