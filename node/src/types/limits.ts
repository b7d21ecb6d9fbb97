// The protocol's bounds, in one place. Every list in a schema, every frame and every buffer takes its
// bound from here, so a decoder can refuse before it allocates.

export const MAX_VALIDATORS = 256;
export const MAX_TX_INPUTS = 512;
export const MAX_TX_OUTPUTS = 512;
export const MAX_TX_PAYLOAD_BYTES = 1024;
export const MAX_TX_BYTES = 64 * 1024;
/** A validator is convicted once, so a block needs no more. */
export const MAX_BLOCK_EVIDENCE = 256;
export const MAX_BLOCK_TXS = 5_000;
/** Block body limit of the ledger rule; genesis may lower it. */
export const MAX_BLOCK_BYTES = 1024 * 1024;
/** One WebSocket message: a block, a PoLC and a proposal fit with room to spare. */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024;
export const MAX_SYNC_BLOCKS = 64;
/** A sync answer stays this small, whatever was asked for. */
export const MAX_SYNC_ANSWER_BYTES = 1536 * 1024;
export const MAX_TX_IDS = 1_000;
export const MAX_PEER_ADDRESSES = 64;
export const MAX_PEER_ADDRESS_BYTES = 300;
export const MAX_CHAIN_ID_BYTES = 48;
export const MAX_ALLOCATIONS = 4_096;
/** An unspent output in a chunk of a snapshot: txid, index, value, address, height. */
export const OUTPUT_RECORD_BYTES = 72;
export const MAX_CHUNK_OUTPUTS = 8_192;
/** With these a manifest fits into a frame: 7.3 million unspent outputs. */
export const MAX_SNAPSHOT_CHUNKS = 900;
