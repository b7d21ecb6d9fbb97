// The node's one error catalogue: every code a person or program can meet, what it means and what to
// do next. docs/reference/errors.md is generated from it. Operating errors are values or CodedErrors
// with one of these codes; a broken invariant throws InvariantError, is never caught, and ends the
// process (the log makes that safe).

/** What a code means, and the operator's next step. */
export interface ErrorEntry {
  readonly meaning: string;
  readonly action: string;
}

const entry = (meaning: string, action: string): ErrorEntry => ({ meaning, action });

export const ERRORS = {
  // codec
  CODEC_MALFORMED: entry(
    "Bytes do not decode as the type they claim to be.",
    "If they came from a peer, it was disconnected; if from a file, restore that file.",
  ),
  CODEC_TOO_LARGE: entry(
    "A message, frame or record is above its stated bound.",
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
  KEY_FILE_DAMAGED: entry(
    "A key file cannot be read as a TimeCoin key.",
    "Restore the file from its backup or Secret; a key is never regenerated over an old one.",
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
    "A genesis file breaks a rule; the message names the path in it and the reason.",
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
    "A transaction needs at least one input and one output, and no more than the limits.",
    "Build the transaction anew.",
  ),
  TX_PAYLOAD: entry(
    "Version 1 admits no payload.",
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
    "Pay at least the larger of the minimum fee and the permille of the outputs.",
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
    "Sign again, with the genesis hash of this very network.",
  ),
  TX_KNOWN: entry(
    "The mempool holds this transaction already.",
    "Nothing: it was accepted before.",
  ),
  TX_CONFLICT: entry(
    "Another pending transaction spends one of the inputs; the first one seen is kept.",
    "Wait for the other one, or spend other outputs.",
  ),
  TX_CHAIN_TOO_LONG: entry(
    "Too many unconfirmed transactions stand before this one.",
    "Send it again when the earlier ones are in a block.",
  ),
  MEMPOOL_FULL: entry(
    "The mempool is full of transactions that pay at least as much a byte.",
    "Pay a higher fee, or wait.",
  ),
  BLOCK_VERSION: entry(
    "A block's version is not known to this binary.",
    "Upgrade the node: the network has moved to later rules.",
  ),
  BLOCK_HEIGHT: entry("A block does not follow the height of its parent.", "None: it is refused."),
  BLOCK_PARENT: entry("A block names another parent than the tip.", "None: it is refused."),
  BLOCK_TIME: entry("A block is not later than its parent.", "None: it is refused."),
  BLOCK_VALIDATORS: entry(
    "A block commits to other validator sets than this node computed.",
    "If many blocks are refused, compare versions and the genesis hash with the other nodes.",
  ),
  BLOCK_PROPOSER: entry("A block's proposer is not in the validator set.", "None: it is refused."),
  BLOCK_LAST_COMMIT: entry(
    "A block's certificate is missing, of another block, or not the one its header names.",
    "None: it is refused.",
  ),
  BLOCK_TOO_LARGE: entry(
    "A block holds more bytes or transactions than its round allows.",
    "None: it is refused.",
  ),
  BLOCK_TX_ROOT: entry(
    "A block's transactions are not those its header commits to.",
    "None: it is refused.",
  ),
  BLOCK_TRANSACTION: entry(
    "A block holds a transaction that is not valid at its place.",
    "None: it is refused.",
  ),
  BLOCK_STATE_ROOT: entry(
    "A block commits to another state than this node computed.",
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
  // configuration and listeners
  CONFIG_INVALID: entry(
    "The configuration has an unknown key or a bad value.",
    "Correct each listed key at its source; docs/reference/config.md lists every key.",
  ),
  CONFIG_UNREADABLE: entry(
    "The configuration file cannot be read.",
    "Check the path and its permissions, or name another file with --config.",
  ),
  PORT_IN_USE: entry(
    "Another process listens on the address and port.",
    "Stop that process (ss -ltnp shows it) or configure another port.",
  ),
  PORT_DENIED: entry(
    "The system does not let this user listen on the port.",
    "Use a port above 1023, or grant the process CAP_NET_BIND_SERVICE.",
  ),
  HOST_UNAVAILABLE: entry(
    "The host to listen on is not an address of this machine.",
    "Use 0.0.0.0, 127.0.0.1 or an address that `ip addr` lists.",
  ),
  // RPC
  RPC_PARSE: entry("The request body is not JSON.", "Send one JSON-RPC 2.0 object or an array."),
  RPC_INVALID_REQUEST: entry(
    "The JSON is not a JSON-RPC 2.0 request.",
    'Send {"jsonrpc":"2.0","id":1,"method":"getblockcount","params":[]}.',
  ),
  RPC_METHOD_UNKNOWN: entry(
    "The node has no RPC method of this name.",
    "docs/reference/rpc.md lists the methods; compare the versions of client and node.",
  ),
  RPC_INVALID_PARAMS: entry(
    "The parameters do not fit the method.",
    "Compare them with the method in docs/reference/rpc.md.",
  ),
  RPC_BODY_TOO_LARGE: entry(
    "The request body is above rpc.maxBodyBytes.",
    "Send smaller requests, or raise rpc.maxBodyBytes on the node.",
  ),
  RPC_BATCH_TOO_LARGE: entry(
    "The batch holds more requests than rpc.maxBatch.",
    "Split the batch, or raise rpc.maxBatch on the node.",
  ),
  RPC_NOT_FOUND: entry(
    "The node knows no such block or transaction.",
    "Check the id and that the node has caught up (getblockchaininfo).",
  ),
  RPC_TIMEOUT: entry(
    "The transaction was not final within the time asked for.",
    "Ask again with gettransaction; if it stays pending, check getconsensusinfo.",
  ),
  RPC_BUSY: entry(
    "The node serves as many waiting requests as it may.",
    "Retry after a moment, or ask another node.",
  ),
  RPC_INTERNAL: entry(
    "The node failed to answer; its log has the cause.",
    "Look for the request's method in the node's log at level error.",
  ),
  // time-cli
  CLI_USAGE: entry("The command line is not valid.", "Run time-cli help, or <command> --help."),
  CLI_FILE_EXISTS: entry(
    "The output file exists, and is never overwritten.",
    "Name another file, or move the existing one away first.",
  ),
  CLI_FILE: entry(
    "A file cannot be read or written.",
    "Check the path, the directory and the permissions.",
  ),
  CLI_AMOUNT: entry(
    "The amount is not a decimal number of TIME.",
    "Write it like 12.5, with at most 8 decimals.",
  ),
  CLI_CHAIN_MISMATCH: entry(
    "The node serves another chain than the one that was asked for.",
    "Check --rpc-url and --genesis.",
  ),
  RPC_UNREACHABLE: entry(
    "No TimeCoin node answers at the RPC address.",
    "Start the node, or name it with --rpc-url or TIME_RPC_URL.",
  ),
  RPC_BAD_ANSWER: entry(
    "What answers at the RPC address does not speak as this client expects.",
    "Check the URL, and that client and node are of the same version.",
  ),
  FUNDS_INSUFFICIENT: entry(
    "The address does not hold the amount and the fee.",
    "Check get-balance and wait for pending transactions to become final.",
  ),
  FUNDS_FRAGMENTED: entry(
    "The amount needs more inputs than one transaction may have.",
    "Send smaller amounts, or merge outputs by sending to your own address first.",
  ),
  // devnet
  DEVNET_DIRECTORY: entry(
    "The devnet's directory is not empty or cannot be used.",
    "Name an empty or new directory with --dir.",
  ),
  DEVNET_NODE_EXITED: entry(
    "A node of the devnet ended unexpectedly.",
    "Read the last lines of its log above; the whole log is in the named file.",
  ),
  DEVNET_NO_BLOCK: entry(
    "The devnet made no block in time.",
    "Read the nodes' logs in the named directory; a busy machine may need --first-block-timeout.",
  ),
  DEVNET_STOP: entry(
    "A node of the devnet did not stop in time and was killed.",
    "Nothing to do; if it happens again, read the end of its log.",
  ),
  // peers
  PEER_ADDRESS_INVALID: entry(
    "A peer address is not of the form nodeId@host:port.",
    "Write 40 hex digits, @, a host name or address ([...] around IPv6), a colon and the port.",
  ),
  PEER_GENESIS_MISMATCH: entry(
    "The peer has another genesis file for the same chain id.",
    "Compare `time-cli genesis hash` on both nodes; replace the wrong genesis file.",
  ),
  PEER_CHAIN_MISMATCH: entry(
    "The peer belongs to another chain.",
    "Remove its address from p2p.peers, or check the genesis file of both nodes.",
  ),
  PEER_PROTOCOL_VERSION: entry(
    "The peer speaks another version of the peer protocol.",
    "Upgrade the older of the two nodes.",
  ),
  PEER_IDENTITY: entry(
    "The peer did not prove the node id that it was expected to have.",
    "Check the node id in p2p.peers against the peer's node key; if both are right, something sits between the nodes.",
  ),
  PEER_SELF: entry(
    "The address leads to this node itself.",
    "Remove the node's own address from p2p.peers.",
  ),
  PEER_HANDSHAKE_TIMEOUT: entry(
    "The peer did not complete the handshake in time.",
    "Check that the port is a node's P2P port and that the network between the two is not overloaded.",
  ),
  PEER_HANDSHAKE_FAILED: entry(
    "The other side does not speak TLS 1.3 and WebSocket as a node does, or closed too early.",
    "Check that the port is a node's P2P port; look at the other side's log for its reason.",
  ),
  PEER_UNREACHABLE: entry(
    "No connection to the peer's address.",
    "Nothing to do if the peer is down: the node keeps trying. Else check host name, port and firewall.",
  ),
  PEER_FRAME_TOO_LARGE: entry(
    "A message is above the frame limit.",
    "Upgrade the sender; the link was closed.",
  ),
  PEER_MALFORMED: entry(
    "A message breaks the rules of the link: not binary, empty, or not a hello where one must be.",
    "Upgrade the sender; the link was closed.",
  ),
  PEER_TOO_MANY: entry(
    "The node has as many links or pending handshakes as it may, in total or from one address.",
    "Raise p2p.maxInbound or p2p.maxPerIp if the peers are wanted.",
  ),
  PEER_SLOW: entry(
    "The peer took what it was sent too slowly and was disconnected.",
    "Look at the peer's CPU and at the network; the link comes back by itself.",
  ),
  PEER_BANNED: entry(
    "The peer is refused for a while because it broke a rule before.",
    "Look for the reason in the log at the time of the ban; it ends by itself.",
  ),
  PEER_DUPLICATE: entry(
    "There is a link to this peer already; the spare one was closed.",
    "Nothing to do; if it repeats, two processes use the same node key.",
  ),
  PEER_REPLACED: entry(
    "The peer opened a new link, so the old one was closed.",
    "Nothing to do; if it repeats, two processes use the same node key.",
  ),
  PEER_CLOSED: entry(
    "The peer closed the link, or it broke.",
    "Nothing to do: it is dialled again.",
  ),
  PEER_DISCONNECTED: entry(
    "The other node ended the link on purpose.",
    "Look at the other node's log for its reason.",
  ),
  PEER_STOPPING: entry("The peer is shutting down.", "Nothing to do."),
  P2P_PORT_IN_USE: entry(
    "Another program listens on the P2P port.",
    "Stop it (`ss -ltnp` shows which), or set another p2p.port.",
  ),
  P2P_LISTEN_FAILED: entry(
    "The node cannot listen on its P2P address.",
    "Set p2p.host to an address of this machine, and a port that this user may open.",
  ),
  // write-ahead log and signing
  WAL_CORRUPT: entry(
    "The write-ahead log is damaged before its end.",
    "Check the disk. Move the file aside only if this validator stays silent until the chain is past the height that the log was of.",
  ),
  WAL_VERSION: entry(
    "The write-ahead log has a format that this binary does not know.",
    "Start the version that wrote it, let it commit one block, stop it, then upgrade.",
  ),
  WAL_DISK_FULL: entry(
    "The disk is full: the write-ahead log cannot grow.",
    "Free space or enlarge the volume, then restart.",
  ),
  WAL_TOO_LARGE: entry(
    "The write-ahead log of one height reached its limit.",
    "The height did not decide for very long: check the quorum, then restart this node.",
  ),
  WAL_IO: entry(
    "The write-ahead log cannot be read or written.",
    "Check the disk, the directory and its permissions, then restart.",
  ),
  SIGN_CONFLICT: entry(
    "Something else was signed at this height, round and step; signing this too would be a double sign.",
    "Nothing to do: the guard held. If it repeats, look for a second process with the same key.",
  ),
  SIGN_REGRESSION: entry(
    "The height, round and step lie before the last one signed, or at or below the floor.",
    "Nothing to do: the guard held; the validator signs again once the chain is past that place.",
  ),
  SIGN_STATE_DAMAGED: entry(
    "The last-sign state cannot be read, so nothing may be signed.",
    "Restore it only from this very node; else remove it and start with a signing floor above the chain's tip.",
  ),
  SIGN_STATE_MISSING: entry(
    "There is a chain but no last-sign state of this key beside it.",
    "Start with a signing floor above the highest height that this key may have signed.",
  ),
  SIGN_DISK: entry(
    "The last-sign state cannot be made durable, so nothing is signed.",
    "Check the disk's space and permissions, then restart.",
  ),
  DATA_DIR_LOCKED: entry(
    "Another process uses the data directory.",
    "Stop that process, or give each node a data directory of its own.",
  ),
  DATA_DIR_UNUSABLE: entry(
    "The data directory cannot be created or written.",
    "Check the path, its owner and the space on its disk.",
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An operating error: a code of the catalogue, a message that names thing, place and reason. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, string | number | boolean> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CodedError";
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The operator's next step. */
  get action(): string {
    return ERRORS[this.code].action;
  }
}

/** A rule of the program itself is broken: the process must end. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`invariant broken: ${message}`);
    this.name = "InvariantError";
  }
}

/** Throws InvariantError unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The outcome of an operation that may fail for a reason the caller handles. */
export type Result<T, C extends string = ErrorCode> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: C; readonly reason: string };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const fail = <C extends string>(
  code: C,
  reason: string,
): { readonly ok: false; readonly code: C; readonly reason: string } => ({
  ok: false,
  code,
  reason,
});
