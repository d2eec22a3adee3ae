/** The nine 256-bit parameter sets of GOST R 34.10-2012: RFC 4357 §11.4, RFC 7091, RFC 7836 appendix A. */
import { type WeierstrassPoint, type WeierstrassPointCons, weierstrass } from '@noble/curves/abstract/weierstrass.js';

export type CurveName = 'A' | 'B' | 'C' | 'XA' | 'XB' | 'TCA' | 'TCB' | 'TCC' | 'TCD';

export interface Curve {
  readonly name: CurveName;
  readonly oid: string;
  /** Order of the subgroup of the base point. */
  readonly order: bigint;
  readonly Point: WeierstrassPointCons<bigint>;
}

export type Point = WeierstrassPoint<bigint>;

interface Equation {
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly n: bigint;
  readonly h: bigint;
  readonly Gx: bigint;
  readonly Gy: bigint;
}

const cryptoProA: Equation = {
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97n,
  a: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd94n,
  b: 0xa6n,
  n: 0xffffffffffffffffffffffffffffffff6c611070995ad10045841b09b761b893n,
  h: 1n,
  Gx: 1n,
  Gy: 0x8d91e471e0989cda27df505a453f2b7635294f2ddf23e3b122acc99c9e9f1e14n,
};

const cryptoProB: Equation = {
  p: 0x8000000000000000000000000000000000000000000000000000000000000c99n,
  a: 0x8000000000000000000000000000000000000000000000000000000000000c96n,
  b: 0x3e1af419a269a5f866a7d3c25c3df80ae979259373ff2b182f49d4ce7e1bbc8bn,
  n: 0x800000000000000000000000000000015f700cfff1a624e5e497161bcc8a198fn,
  h: 1n,
  Gx: 1n,
  Gy: 0x3fa8124359f96680b83d1c3eb2c070e5c545c9858d03ecfb744bf8d717717efcn,
};

const cryptoProC: Equation = {
  p: 0x9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d759bn,
  a: 0x9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d7598n,
  b: 0x805an,
  n: 0x9b9f605f5a858107ab1ec85e6b41c8aa582ca3511eddfb74f02f3a6598980bb9n,
  h: 1n,
  Gx: 0n,
  Gy: 0x41ece55743711a8c3cbf3783cd08c0ee4d4dc440d4641a8f366e550dfdb3bb67n,
};

/** A twisted Edwards curve in the Weierstrass form in which its keys are written. */
const tc26A: Equation = {
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97n,
  a: 0xc2173f1513981673af4892c23035a27ce25e2013bf95aa33b22c656f277e7335n,
  b: 0x295f9bae7428ed9ccc20e7c359a9d41a22fccd9108e17bf7ba9337a6f8ae9513n,
  n: 0x400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67n,
  h: 4n,
  Gx: 0x91e38443a5e82c0d880923425712b2bb658b9196932e02c78b2582fe742daa28n,
  Gy: 0x32879423ab1a0375895786c4bb46e9565fde0b5344766740af268adb32322e5cn,
};

/** One curve has up to three names: CryptoPro's for signatures, CryptoPro's for key exchange, TC 26's. */
const names: readonly (readonly [CurveName, string, Equation])[] = [
  ['A', '1.2.643.2.2.35.1', cryptoProA],
  ['B', '1.2.643.2.2.35.2', cryptoProB],
  ['C', '1.2.643.2.2.35.3', cryptoProC],
  ['XA', '1.2.643.2.2.36.0', cryptoProA],
  ['XB', '1.2.643.2.2.36.1', cryptoProC],
  ['TCA', '1.2.643.7.1.2.1.1.1', tc26A],
  ['TCB', '1.2.643.7.1.2.1.1.2', cryptoProA],
  ['TCC', '1.2.643.7.1.2.1.1.3', cryptoProB],
  ['TCD', '1.2.643.7.1.2.1.1.4', cryptoProC],
];

const points = new Map(
  [cryptoProA, cryptoProB, cryptoProC, tc26A].map((equation) => [equation, weierstrass(equation)] as const),
);

export const curves: readonly Curve[] = names.map(([name, oid, equation]) => ({
  name,
  oid,
  order: equation.n,
  Point: points.get(equation)!,
}));

/** @throws Error for an OID that is none of the nine */
export function curveOf(oid: string): Curve {
  const curve = curves.find((one) => one.oid === oid);
  if (curve === undefined) throw new Error(`unknown parameter set ${oid} of GOST R 34.10-2012`);
  return curve;
}
