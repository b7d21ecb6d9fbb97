// Codes of the codec, of keys, and of the ledger, mempool and store.
// Part of the node's one catalogue: see types/errors.ts.

import { type ErrorEntry, entry } from "./error-entry.ts";

export const CHAIN_ERRORS = {
  // codec
  CODEC_MALFORMED: entry(
    "Bytes do not decode as the type they claim to be.",
    "From a peer: nothing to do, it was disconnected. From a file: restore that file. To the RPC: the transaction format is in docs/reference/rpc.md.",
  ),
  CODEC_TOO_LARGE: entry(
    "A message, frame or record is larger than its bound allows.",
    "The sender breaks the protocol's limits; check its version.",
  ),
  CODEC_UNKNOWN_MESSAGE: entry(
    "A frame's type byte names no message of this protocol version.",
    "Upgrade the older of the two nodes.",
  ),
  // crypto and keys
  CRYPTO_VERIFY_RULE: entry(
    "The installed signature backend does not follow this network's verify rule.",
    "Install the pinned dependencies (npm ci) or use the published image; do not run this build.",
  ),
  KEY_FILE_UNREADABLE: entry(
    "The key file is not there, or cannot be read.",
    "Check the path in the configuration, the file's owner and its permissions. `time-cli keys generate` makes a new key, which is no validator of an old genesis.",
  ),
  KEY_FILE_OPEN: entry(
    "Every user of this machine can read the validator key, or the node key.",
    "Run chmod 600 on the file. If anybody else may have read it, the key is not yours alone any more.",
  ),
  KEY_NOT_VALIDATOR: entry(
    "The validator key is none of the chain's validators, so the node has no vote.",
    "Check keys.validatorKeyFile and genesisFile: is it the key that the genesis was made with? A node without a vote needs no validator key.",
  ),
  KEY_PAIR_MISMATCH: entry(
    "The genesis names another node key for this validator. The other nodes take its votes only over links of that key, so it could never sign.",
    "Set keys.nodeKeyFile to the key that this member's genesis entry was made with.",
  ),
  KEY_FILE_DAMAGED: entry(
    "A key file cannot be read as a TimeCoin key.",
    "Restore the file from its backup or Secret. A new key is never written over an old one.",
  ),
  ADDRESS_PREFIX: entry(
    "The text is not a TIME address.",
    "Use an address that starts with TIME0 or TIME1.",
  ),
  ADDRESS_LENGTH: entry("An address has 38 characters.", "Copy the whole address."),
  ADDRESS_CHECKSUM: entry("The address has a typing error.", "Copy the address again."),
  ADDRESS_NETWORK: entry(
    "The address belongs to another kind of network.",
    "Use TIME0 addresses on testnets and devnets, TIME1 on mainnet.",
  ),
  // ledger
  GENESIS_INVALID: entry(
    "A genesis file breaks a rule. The message names the field and the reason.",
    "Correct that field and distribute the same file to every node.",
  ),
  AMOUNT_INVALID: entry(
    "The text is not an amount of TIME.",
    "Write a decimal number with at most 8 digits after the point, e.g. 12.5.",
  ),
  TX_VERSION: entry(
    "The transaction's version is not known to this binary.",
    "Build the transaction with version 1, or upgrade the node.",
  ),
  TX_STRUCTURE: entry(
    "A transaction has 1 to 512 inputs and 1 to 512 outputs.",
    "Build the transaction anew, in several parts if it is too large.",
  ),
  TX_PAYLOAD: entry(
    "A transaction of version 1 has no payload.",
    "Leave the payload empty, or use a network that knows this kind.",
  ),
  TX_TOO_LARGE: entry("A transaction has at most 64 KiB.", "Split it into several."),
  TX_DUPLICATE_INPUT: entry("The same output is spent twice in one transaction.", "Name it once."),
  TX_DUST: entry("An output is below the dust limit.", "Send a larger amount, or drop the output."),
  TX_AMOUNT_OVERFLOW: entry("The amounts add up to more than 64 bits.", "Correct the amounts."),
  TX_INPUT_MISSING: entry(
    "An input does not exist or is spent already.",
    "List the unspent outputs again and build the transaction anew.",
  ),
  TX_INSUFFICIENT: entry(
    "The outputs are worth more than the inputs.",
    "Add inputs or lower the outputs.",
  ),
  TX_FEE_TOO_LOW: entry(
    "The fee is below the network's minimum.",
    "Pay the larger of two: the minimum fee, and the fee permille of the outputs. getmempoolinfo shows both.",
  ),
  TX_WITNESS_COUNT: entry(
    "A transaction needs exactly one witness for each input.",
    "Sign every input.",
  ),
  TX_WITNESS_KEY: entry(
    "A witness's key does not belong to the address it spends from.",
    "Sign the input with the key of its address.",
  ),
  TX_SIGNATURE: entry(
    "A witness's signature does not verify.",
    "Sign again with the genesis hash of this network.",
  ),
  TX_KNOWN: entry(
    "The mempool holds this transaction already.",
    "Nothing to do: it was accepted before.",
  ),
  TX_CONFLICT: entry(
    "Another pending transaction spends one of the inputs; the first one seen is kept.",
    "Wait for the other one, or spend other outputs.",
  ),
  TX_CHAIN_TOO_LONG: entry(
    "The transaction builds on too many others that still wait for a block.",
    "Send it again when the earlier ones are in a block.",
  ),
  MEMPOOL_FULL: entry(
    "The mempool is full, and all that waits there pays at least as much for each byte.",
    "Pay a higher fee, or wait.",
  ),
  BLOCK_VERSION: entry(
    "A block's version is not known to this binary.",
    "Upgrade the node: the network has moved to later rules.",
  ),
  BLOCK_HEIGHT: entry(
    "A block does not follow the height of its parent.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_PARENT: entry(
    "A block names another parent than this node's newest block.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_TIME: entry(
    "A block is not later than its parent.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_VALIDATORS: entry(
    "A block names other validator sets than this node computed.",
    "If many blocks are refused, compare versions and the genesis hash with the other nodes.",
  ),
  BLOCK_PROPOSER: entry(
    "A block's proposer is not in the validator set.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_LAST_COMMIT: entry(
    "A block's certificate is missing, is of another block, or is not the one that its header names.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_TOO_LARGE: entry(
    "A block holds more bytes or transactions than its round allows.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_TX_ROOT: entry(
    "A block's transactions are not those that its header names.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_EVIDENCE: entry(
    "A block's evidence is not that of its header, proves nothing, or must not stand in this block.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_TRANSACTION: entry(
    "A block holds a transaction that is not valid at its place.",
    "Nothing to do: the block is refused.",
  ),
  BLOCK_STATE_ROOT: entry(
    "A block names another state than this node computed.",
    "If certified blocks are refused, stop this node and compare versions: its state or its rules differ.",
  ),
  STORE_LOCKED: entry(
    "Another process has the chain database open.",
    "Stop the process that the message names, or use another data directory.",
  ),
  STORE_CORRUPT: entry(
    "A record of the chain database is damaged or missing.",
    "Keep the directory for analysis, start with an empty one and sync again; check the disk.",
  ),
  SNAPSHOT_FALSE: entry(
    "A peer's snapshot is not the state that the header of its block names.",
    "Nothing to do: it was not used, and the peer was refused for a while.",
  ),
  SNAPSHOT_TOO_LARGE: entry(
    "The chain has more unspent outputs than a snapshot can hold, so this node offers none.",
    "Nodes that join follow from block 1. Set store.snapshotEveryBlocks: 0 to try no more.",
  ),
  TRUST_MISMATCH: entry(
    "The chain has another block at the trusted height than sync.trust (--trust) names.",
    "Compare height and hash with a source that you trust: `time-cli get-block-hash HEIGHT` on a node of your own. Where the hash is right, this node's peers or data are of another chain.",
  ),
  SYNC_PRUNED: entry(
    "No peer keeps the next block that this node needs.",
    "Give it a recent block that you trust (sync.trust or --trust HEIGHT:HASH), so that it joins by snapshot; or add a peer that keeps all blocks (store.retainBlocks: 0).",
  ),
  STORE_SUSPECT: entry(
    "Processes ended again and again within a minute after they had opened the chain database. Where a table's keys are damaged, LevelDB aborts the process with an assertion.",
    "Look at the last lines before each end. An assertion that names leveldb: stop the node, move the directory `chain` away (keep keys, sign state and log), and start: it fetches the chain anew. Else look for what kills the process.",
  ),
  STORE_DISK_FULL: entry(
    "The disk of the data directory is full; nothing of the block was written.",
    "Free space or enlarge the volume, then start the node again.",
  ),
  STORE_IO: entry(
    "The chain database cannot be read or written.",
    "Check that the directory exists, its permissions and the disk.",
  ),
  STORE_GENESIS_MISMATCH: entry(
    "The chain database belongs to another genesis.",
    "Use the genesis file that belongs to this data directory, or an empty directory.",
  ),
  STORE_VERSION: entry(
    "The chain database was written in another format.",
    "Use the version of the node that wrote it, or start with an empty directory and sync again.",
  ),
} as const satisfies Record<string, ErrorEntry>;
