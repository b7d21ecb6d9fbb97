// Codes of peer links, the write-ahead log and signing.
// Part of the node's one catalogue: see types/errors.ts.

import { type ErrorEntry, entry } from "./error-entry.ts";

export const LINK_ERRORS = {
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
    "The address leads to this node itself, or p2p.refuse names it.",
    "Take this node's id out of p2p.refuse, or the address that leads to it out of p2p.peers.",
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
    "The peer's address does not answer.",
    "Nothing to do if the peer is down: the node keeps trying. Else check host name, port and firewall.",
  ),
  PEER_FRAME_TOO_LARGE: entry(
    "A message is larger than a frame may be.",
    "Upgrade the sender; the link was closed.",
  ),
  PEER_MALFORMED: entry(
    "A message breaks the rules of the link: it is not binary, is empty, or is no hello where one must come.",
    "Upgrade the sender; the link was closed.",
  ),
  PEER_TOO_MANY: entry(
    "The node has as many links or pending handshakes as it may, in total or from one address.",
    "Raise p2p.maxInbound or p2p.maxPerIp if the peers are wanted.",
  ),
  PEER_SLOW: entry(
    "The peer read too slowly what it was sent, and was disconnected.",
    "Look at the peer's CPU and at the network; the link comes back by itself.",
  ),
  PEER_BANNED: entry(
    "The peer is refused: for a while because it broke a rule, or always because p2p.refuse names it.",
    "Look for the reason in the log at the time of the ban, which ends by itself; or take the peer out of p2p.refuse.",
  ),
  PEER_DUPLICATE: entry(
    "There is a link to this peer already. The second one was closed.",
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
  BAN_TARGET_INVALID: entry(
    "What is to be banned is neither a node id nor an address.",
    "Give 40 hex digits, an address (10.1.2.3) or a range of addresses (10.1.2.0/24, 2001:db8::/64).",
  ),
  BAN_DURATION_INVALID: entry(
    "A ban lasts a whole number of milliseconds above 0 and at most ten years.",
    "Give a duration within these bounds.",
  ),
  BANS_FULL: entry(
    "As many bans of operators stand as the node keeps.",
    "Lift some (`time-cli list-banned` shows them), or ban a range of addresses in place of single ones.",
  ),
  P2P_FILE_UNREADABLE: entry(
    "The saved bans or addresses of peers cannot be read. The node began without them.",
    "Nothing to do: the file is written anew. Set the bans again that were an operator's wish, and check the disk.",
  ),
  P2P_FILE_UNWRITABLE: entry(
    "The bans or addresses of peers cannot be saved. They hold until the node stops.",
    "Check the space and the permissions of the data directory.",
  ),
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
    "Nothing to do at once: the log was set aside as wal.damaged, and the validator signs only above the height it signed last. Check the disk.",
  ),
  WAL_VERSION: entry(
    "The write-ahead log has a format that this binary does not know.",
    "Start the version that wrote it, let it commit one block, stop it, then upgrade.",
  ),
  WAL_DISK_FULL: entry(
    "The disk is full: the write-ahead log cannot grow.",
    "Free space or enlarge the volume, then restart.",
  ),
  WAL_IO: entry(
    "The write-ahead log cannot be read or written.",
    "Check the disk, the directory and its permissions, then restart.",
  ),
  SIGN_CONFLICT: entry(
    "Something else was signed at this height, round and step; signing this too would be a double sign.",
    "Nothing to do: nothing was signed twice. If it repeats, look for a second process with the same key.",
  ),
  SIGN_REGRESSION: entry(
    "The height, round and step lie before the last one signed, or at or below the floor.",
    "Nothing to do: nothing was signed twice. The validator signs again once the chain is past that place.",
  ),
  SIGN_STATE_DAMAGED: entry(
    "The last-sign state cannot be read, so nothing may be signed.",
    "Restore it only from this very node; else move it away and set keys.signAboveHeight to at least the network's height now.",
  ),
  SIGN_STATE_MISSING: entry(
    "The chain data shows that this key has signed, but its last-sign state is gone or belongs to another key.",
    "Make sure that no other process uses the key. Put the state back if it is this node's newest. Else stop the node and run `timed init --signed-up-to H`, where H is at least the network's height now and the key has signed nothing above it; or start with an empty data directory.",
  ),
  SIGN_STATE_OLD: entry(
    "The chain data shows a later signature of this key than its last-sign state: an older copy, or the key is in use elsewhere.",
    "Make sure that no other process uses the key, then set keys.signAboveHeight to at least the network's height now, or start with an empty data directory.",
  ),
  SIGN_STATE_UNKNOWN: entry(
    "A node was started here without a last-sign state, so it is not known what its key has signed.",
    "If data was lost and the chain goes on, do nothing: it signs again by itself, consensus.doubleSignCheckHeight blocks after it has caught up. A new validator: stop it, run `timed init --signed-up-to 0`, start it. In general, where the key has certainly signed nothing above a height H: `timed init --signed-up-to H`.",
  ),
  INIT_WITHOUT_KEY: entry(
    "The configuration names no validator key, and a node without one signs nothing.",
    "Set keys.validatorKeyFile if this is to be a validator; a full node needs no `timed init`.",
  ),
  SIGN_DISK: entry(
    "The last-sign state cannot be made durable, so nothing is signed.",
    "Check the disk's space and permissions, then restart.",
  ),
  CHAIN_FORKED: entry(
    "Two certified blocks exist at one height: more than f validators broke the protocol. The node has stopped for good.",
    "`timed halt show` tells who signed both. Agree with the other operators which chain goes on (usually a new genesis from the last common block); only then `timed halt clear`.",
  ),
  STATE_DIVERGED: entry(
    "Validators of quorum power certified a block that the ledger here refuses: this node's state is another than theirs (damage that no checksum shows, or another version of the rules), or more than f validators broke the protocol. The node has stopped for good.",
    "`timed halt show` tells at which block. Where the other nodes go on, it is this one: check its version, its disk and its memory, then `timed halt clear` sets its chain aside, and the next start fetches it anew. Where all stop at this block, keep the data directories and agree with the other operators.",
  ),
  NODE_HALTED: entry(
    "A halt marker stands in the data directory: this node saw two certified blocks at one height, or a certified block that its ledger refuses, and must not sign.",
    "`timed halt show` tells what it saw, and what to do before `timed halt clear`.",
  ),
  DATA_DIR_LOCKED: entry(
    "Another process uses the data directory.",
    "Stop that process, or give each node a data directory of its own.",
  ),
  DATA_DIR_LOCK_DAMAGED: entry(
    "The lock folder in the data directory cannot be read.",
    "It holds no data. Make sure that no node uses this data directory, remove its folder `lock`, and start again. Check the disk.",
  ),
  DATA_DIR_MISSING: entry(
    "The directory does not exist, or no node has ever used it.",
    "Check the path: it is the dataDir of the node's configuration.",
  ),
  DATA_DIR_UNUSABLE: entry(
    "The data directory cannot be created or written.",
    "Check the path, its owner and the space on its disk.",
  ),
} as const satisfies Record<string, ErrorEntry>;
