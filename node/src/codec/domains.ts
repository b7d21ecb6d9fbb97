// The domain of every signature and hash: 16 bytes that name its purpose. Without imports, so that
// key handling in operators and browsers does not carry the codec along.

function domain(name: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode(name));
  return bytes;
}

/** 16 bytes each, zero padded; a new purpose gets a new line, a changed rule a new suffix. */
export const DOMAINS = {
  vote: domain("TIME/vote/1"),
  proposal: domain("TIME/proposal/1"),
  transaction: domain("TIME/tx/1"),
  txSignature: domain("TIME/tx-sig/1"),
  witness: domain("TIME/witness/1"),
  header: domain("TIME/header/2"),
  certificate: domain("TIME/cert/1"),
  validatorSet: domain("TIME/valset/1"),
  state: domain("TIME/state/2"),
  validatorState: domain("TIME/vstate/1"),
  evidence: domain("TIME/evidence/1"),
  utxo: domain("TIME/utxo/1"),
  genesis: domain("TIME/genesis/1"),
  possession: domain("TIME/possess/1"),
  hello: domain("TIME/hello/1"),
  leaderOrder: domain("TIME/leader/1"),
} as const;
