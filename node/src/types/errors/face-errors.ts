// Codes of configuration, listeners, RPC, time-cli and the devnet.
// Part of the node's one catalogue: see types/errors.ts.

import { type ErrorEntry, entry } from "./error-entry.ts";

export const FACE_ERRORS = {
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
  RPC_ANSWER_TOO_LARGE: entry(
    "The answer, or the answers of a batch together, would be larger than 8 MiB.",
    "Ask for less: a smaller limit, a lower verbosity, fewer requests in a batch.",
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
    "As many calls wait for transactions, or as many bytes for their readers, as the node allows.",
    "Retry after a moment, or ask another node.",
  ),
  RPC_STOPPING: entry(
    "The node is shutting down. It says nothing of the transaction.",
    "Ask with gettransaction, here after the restart or another node now. Do not pay again.",
  ),
  RPC_INTERNAL: entry(
    "The node failed to answer; its log has the cause.",
    "Look for the request's method in the node's log at level error.",
  ),
  // admin API
  ADMIN_TOKEN_FILE: entry(
    "The admin token cannot be read, or is not one line of 32 to 512 printable characters.",
    "Write one, e.g. `openssl rand -hex 32 > admin-token`, chmod 600, and name the file in admin.tokenFile.",
  ),
  ADMIN_UNAUTHORIZED: entry(
    "The request shows no admin token, or a wrong one.",
    "Send the token of the node's admin.tokenFile: `time-cli … --token-file FILE`, or the header Authorization: Bearer TOKEN.",
  ),
  ADMIN_REQUEST: entry(
    "The admin request does not fit: an unknown path or method, or a body of another form.",
    "Compare it with docs/reference/admin.md.",
  ),
  ADMIN_NOT_FOUND: entry(
    "There is no such link or ban, so nothing was ended.",
    "`time-cli get-peer-info` and `time-cli list-banned` show what there is.",
  ),
  ADMIN_UNREACHABLE: entry(
    "Nothing answers at the admin address, or what answers is no admin API.",
    "Check --admin-url (TIME_ADMIN_URL), and that the node has admin.tokenFile set; its log names the admin address at the start.",
  ),
  ADMIN_IDENTITY: entry(
    "What answers at the admin address does not show the node id that was asked for. The token was not sent.",
    "Check --admin-url and --node-id; the node's /status has its node id.",
  ),
  // time-cli
  CLI_USAGE: entry(
    "The command line is not valid.",
    "Run the program with --help; each command has its own --help too.",
  ),
  CLI_FILE_EXISTS: entry(
    "The output file exists. It is never overwritten.",
    "Name another file, or move the existing one away first.",
  ),
  CLI_FILE: entry(
    "A file cannot be read or written.",
    "Check the path, the directory and the permissions.",
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
    "What answers at the RPC address is not a TimeCoin node, or one of another version.",
    "Check the URL, and that client and node have the same version.",
  ),
  FUNDS_INSUFFICIENT: entry(
    "The address does not hold the amount and the fee.",
    "Check get-balance and wait for pending transactions to become final.",
  ),
  FUNDS_FRAGMENTED: entry(
    "The amount needs more inputs than one transaction may have.",
    "Send smaller amounts, or merge outputs by sending to your own address first.",
  ),
  FEE_TOO_HIGH: entry(
    "The payment would cost more than 1 % of its amount and more than 0.1 TIME, or more than --max-fee.",
    "Pay from smaller coins (list-unspent shows them), or accept the fee with --max-fee.",
  ),
  NODE_BEHIND: entry(
    "The node still fetches older blocks, so it does not know which coins are spent.",
    "Ask another node, or wait until time-cli status says that it has caught up.",
  ),
  PAYMENT_KNOWN: entry(
    "The node holds this very payment already: another `send` of the same amount to the same address made it from the same coins at the same moment, or an earlier one that was interrupted. This command has paid nothing.",
    "Look at the named payment with time-cli get-transaction. To pay the same once more, wait until it is final, and send again.",
  ),
  PAYMENT_PENDING: entry(
    "The node took the payment; it was not final within --timeout. It did not fail.",
    "Do not pay again. Follow this one with time-cli wait-for-transaction and its txid. Where no node knows it any more (all that held it have ended before it was final), send the same bytes again: time-cli send-raw-transaction with the hex that send has shown. That cannot pay twice.",
  ),
  PAYMENT_UNKNOWN: entry(
    "The node's answer to a payment was lost, and the node did not show the payment afterwards. It may have taken it.",
    "Do not pay again before you know: ask for the txid with time-cli get-transaction, also at another node. Where no node knows it, send the same bytes: time-cli send-raw-transaction with the hex that send has shown. That cannot pay twice.",
  ),
  // devnet
  DEVNET_DIRECTORY: entry(
    "The devnet's directory is not empty or cannot be used.",
    "Name an empty or new directory with --dir.",
  ),
  DEVNET_NODE_EXITED: entry(
    "A node of the devnet ended unexpectedly, and the devnet with it.",
    "Read the last lines of its log above; the whole log is in the named file. To kill nodes and see the others go on, start the devnet with --restart.",
  ),
  DEVNET_NO_BLOCK: entry(
    "The devnet made no block in time.",
    "Read the nodes' logs in the named directory; a busy machine may need --first-block-timeout.",
  ),
  DEVNET_STOP: entry(
    "A node of the devnet did not stop in time and was killed.",
    "Nothing to do; if it happens again, read the end of its log.",
  ),
} as const satisfies Record<string, ErrorEntry>;
