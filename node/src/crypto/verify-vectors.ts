// The vectors of the start-up self-test: one row for each way in which signature backends differ, with
// the verdict of this network's rule. The RFC 8032 rows are the standard's; the others are made by
// testing/cases.ts, and a test holds this table against that maker.

export interface VerifyVector {
  readonly name: string;
  readonly valid: boolean;
  /** Hex, like message and signature. */
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

const row = (
  name: string,
  valid: boolean,
  hex: readonly [string, string, string],
): VerifyVector => ({
  name,
  valid,
  publicKey: hex[0],
  message: hex[1],
  signature: hex[2],
});

export const VERIFY_VECTORS: readonly VerifyVector[] = [
  row("RFC 8032 TEST 1", true, [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ]),
  row("RFC 8032 TEST 2", true, [
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ]),
  row("RFC 8032 TEST 3", true, [
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ]),
  row("another message", false, [
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "73",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ]),
  row("plain", true, [
    "7b5d9bcdd4ca834f9177cd5efe2b8feb95e05c083da48714df6715763f92cdc4",
    "74696d65636f696e",
    "82b7505a1f54af895afd20b92c44ff78b4165b8babfe84130af2eb67148f46d035d704d1bd777eb94df38b90f2c2593804fe818eb173fa048ee71d8e39cc6c0b",
  ]),
  row("S + L", false, [
    "7b5d9bcdd4ca834f9177cd5efe2b8feb95e05c083da48714df6715763f92cdc4",
    "74696d65636f696e",
    "82b7505a1f54af895afd20b92c44ff78b4165b8babfe84130af2eb67148f46d022abfa2dd8da901124908333d1bc384d04fe818eb173fa048ee71d8e39cc6c1b",
  ]),
  row("S + 14 L", false, [
    "7b5d9bcdd4ca834f9177cd5efe2b8feb95e05c083da48714df6715763f92cdc4",
    "74696d65636f696e",
    "82b7505a1f54af895afd20b92c44ff78b4165b8babfe84130af2eb67148f46d02b6e76e62ee37f8a0687167a1f6d8b5c05fe818eb173fa048ee71d8e39cc6ceb",
  ]),
  row("A and R of small order", false, [
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "33",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc850000000000000000000000000000000000000000000000000000000000000000",
  ]),
  row("A of small order", false, [
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "33",
    "c80a9f66a7c2c49e35c613766ce11c01db65606399263e8635fbec9ba66ebd1e09b1625c73e4bc2f2c23af49ac19e3d7882092ce62597d12f5bfe263ab718605",
  ]),
  row("R of small order", false, [
    "fcefb003f1731c6bfce72ebe72685be1b6dd17d7a6b9c1849c130d1f20bff71d",
    "35",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc8550f4af193a3403c0412eb7f76dc9052420ed3b726714a727d34ee6bab3004702",
  ]),
  row("R the identity", false, [
    "7b5d9bcdd4ca834f9177cd5efe2b8feb95e05c083da48714df6715763f92cdc4",
    "74696d65636f696e",
    "010000000000000000000000000000000000000000000000000000000000000083c3d4a00d94cc430f3058a9d4b0e1b9983b63e9c560f1d46ef98216b35daf08",
  ]),
  row("R not canonical", false, [
    "7b5d9bcdd4ca834f9177cd5efe2b8feb95e05c083da48714df6715763f92cdc4",
    "74696d65636f696e",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f67209b45e41df56b093be08a1593072dc4915278288b4894831539088033430e",
  ]),
  row("A not canonical", false, [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "3136",
    "6b48afa5e0ab5076a502df46d3bb00874be9a47454017becf50d1498eb70b92f09b1625c73e4bc2f2c23af49ac19e3d7882092ce62597d12f5bfe263ab718605",
  ]),
  row("torsion in R only", false, [
    "7b5d9bcdd4ca834f9177cd5efe2b8feb95e05c083da48714df6715763f92cdc4",
    "74696d65636f696e",
    "c80a9f66a7c2c49e35c613766ce11c01db65606399263e8635fbec9ba66ebd1e438407b42bf65daae1a1da02090a0cda9d3601d01968ff34e3f8d73547505008",
  ]),
  row("torsion in A, not cancelled", false, [
    "fcefb003f1731c6bfce72ebe72685be1b6dd17d7a6b9c1849c130d1f20bff71d",
    "30",
    "82b7505a1f54af895afd20b92c44ff78b4165b8babfe84130af2eb67148f46d0edfd4db664bdb6f5ce9deebe64b6d5d5c41dbe75831f816515beefd9627fa60a",
  ]),
  row("torsion in A, cancelled by k", true, [
    "fcefb003f1731c6bfce72ebe72685be1b6dd17d7a6b9c1849c130d1f20bff71d",
    "39",
    "82b7505a1f54af895afd20b92c44ff78b4165b8babfe84130af2eb67148f46d01cdded2fa3d5be21d8ea1a540b2fa9bb9afe26434508e3eac7a1ee20dfa8b90d",
  ]),
  row("torsion in A and R, cancelled", true, [
    "fcefb003f1731c6bfce72ebe72685be1b6dd17d7a6b9c1849c130d1f20bff71d",
    "32",
    "c80a9f66a7c2c49e35c613766ce11c01db65606399263e8635fbec9ba66ebd1e5a5c2981ee41853d41115e6d083aa74dda361928b490494da0be1ce707c4ac0b",
  ]),
  row("torsion in A and R, left", false, [
    "fcefb003f1731c6bfce72ebe72685be1b6dd17d7a6b9c1849c130d1f20bff71d",
    "30",
    "c80a9f66a7c2c49e35c613766ce11c01db65606399263e8635fbec9ba66ebd1ee6589c5bfc91fc7d0d2b7dc1e25faf3256576249a493d2d431b5836385dbce01",
  ]),
];
