// Room for small encodings. A byte array of its own outside the heap costs half a microsecond, more than
// writing a vote into it; a view into a larger array costs a sixth. Never reused, so a view stays what
// it was; but it keeps its slab alive, so what is stored for long is copied out of frames by decoding.
// Nobody may use the `buffer` of such a view without its byteOffset: others live beside it.

const SLAB_BYTES = 64 * 1024;
/** Larger ones get an array of their own. */
const LARGEST_BYTES = 1024;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/** `sizeBytes` zero bytes that belong to the caller. */
export function allocate(sizeBytes: number): Uint8Array {
  if (sizeBytes > LARGEST_BYTES) return new Uint8Array(sizeBytes);
  if (used + sizeBytes > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const room = new Uint8Array(slab, used, sizeBytes);
  used += sizeBytes;
  return room;
}
