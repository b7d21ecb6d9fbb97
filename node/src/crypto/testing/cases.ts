// The named families of hard signatures, made by forge.ts: the 196 pairs of small-order encodings that
// ZIP 215 lists, and the twelve cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko,
// 2020, table 5) from the properties that the table gives each of them.

import { Point } from "@noble/ed25519";
import { concatBytes } from "../../codec/bytes.ts";
import {
  encodingsOf,
  type Forged,
  forge,
  forgeUntil,
  type SignatureCase,
  scalarOf,
  TORSION,
} from "./forge.ts";

const ORDER = Point.CURVE().n;

/** The 14 encodings that decode to a point of order 1, 2, 4 or 8. */
export const SMALL_ORDER_ENCODINGS: readonly Uint8Array[] = TORSION.flatMap(encodingsOf);

/** S = 0 with each small-order A and R: 196 signatures that ZIP 215 demands and our rule refuses. */
export function zip215Cases(): SignatureCase[] {
  const message = new TextEncoder().encode("Zcash");
  return SMALL_ORDER_ENCODINGS.flatMap((publicKey) =>
    SMALL_ORDER_ENCODINGS.map((r) => ({
      publicKey,
      message,
      signature: concatBytes(r, new Uint8Array(32)),
    })),
  );
}

export interface NamedCase extends Forged {
  readonly name: string;
}

const a = scalarOf(1);
const r = scalarOf(2);
const holds = (forged: Forged): boolean => forged.isCofactorless;
const fails = (forged: Forged): boolean => !forged.isCofactorless;
/** A verifier that reduces 8k modulo L before it multiplies A gets another point. */
const failsPreReduced = (forged: Forged): boolean =>
  fails(forged) && ((8n * forged.challenge) % ORDER) % 8n !== 0n;

/** Cases 0 to 11 in the table's order. Under our rule only case 3 is valid. */
export function speccheckCases(): NamedCase[] {
  const list: [name: string, forged: Forged][] = [
    ["A and R small", forgeUntil({ torsionA: 1, torsionR: 5 }, holds)],
    ["A small, R mixed", forgeUntil({ torsionA: 1, r, torsionR: 3 }, holds)],
    ["A mixed, R small", forgeUntil({ a, torsionA: 1, torsionR: 5 }, holds)],
    ["A and R mixed, both equations", forgeUntil({ a, r, torsionA: 1, torsionR: 3 }, holds)],
    ["A and R mixed, cofactored only", forgeUntil({ a, r, torsionA: 1, torsionR: 3 }, fails)],
    ["A mixed, 8k not pre-reduced", forgeUntil({ a, r, torsionA: 1 }, failsPreReduced)],
    ["S + L", forgeUntil({ a, r, addOrders: 1n }, holds)],
    ["S + 14 L", forgeUntil({ a, r, addOrders: 14n }, holds)],
    [
      "R small, not canonical, hashed canonical",
      forgeUntil({ a, torsionA: 1, encodingR: 3, hashCanonical: true }, holds),
    ],
    ["R small, not canonical, hashed as sent", forgeUntil({ a, torsionA: 1, encodingR: 3 }, holds)],
    [
      "A small, not canonical, hashed canonical",
      forgeUntil({ r, torsionA: 2, torsionR: 4, encodingA: 1, hashCanonical: true }, holds),
    ],
    [
      "A small, not canonical, hashed as sent",
      forgeUntil({ r, torsionA: 2, torsionR: 4, encodingA: 1 }, holds),
    ],
  ];
  return list.map(([name, forged]) => ({ ...forged, name }));
}

/** What the start-up table holds beside RFC 8032: one case for each way a backend can differ. */
export function selfTestCases(): (NamedCase & { valid: boolean })[] {
  const sent = { a, r, message: new TextEncoder().encode("timecoin") };
  const list: [name: string, valid: boolean, forged: Forged][] = [
    ["plain", true, forge(sent)],
    ["S + L", false, forge({ ...sent, addOrders: 1n })],
    ["S + 14 L", false, forge({ ...sent, addOrders: 14n })],
    ["A and R of small order", false, forgeUntil({ torsionA: 1, torsionR: 5 }, holds)],
    ["A of small order", false, forgeUntil({ torsionA: 1, r, torsionR: 3 }, holds)],
    ["R of small order", false, forgeUntil({ a, torsionA: 1, torsionR: 5 }, holds)],
    ["R the identity", false, forge({ ...sent, r: 0n })],
    ["R not canonical", false, forge({ ...sent, r: 0n, encodingR: 2 })],
    ["A not canonical", false, forgeUntil({ r, torsionA: 2, torsionR: 4, encodingA: 1 }, holds)],
    ["torsion in R only", false, forge({ ...sent, torsionR: 3 })],
    ["torsion in A, not cancelled", false, forgeUntil({ a, r, torsionA: 1 }, failsPreReduced)],
    ["torsion in A, cancelled by k", true, forgeUntil({ a, r, torsionA: 1 }, holds)],
    ["torsion in A and R, cancelled", true, forgeUntil({ a, r, torsionA: 1, torsionR: 3 }, holds)],
    ["torsion in A and R, left", false, forgeUntil({ a, r, torsionA: 1, torsionR: 3 }, fails)],
  ];
  return list.map(([name, valid, forged]) => ({ ...forged, name, valid }));
}
