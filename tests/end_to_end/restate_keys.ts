/** Keys that a Restate server signs its requests with, and signatures by another. */

import { Buffer } from "node:buffer";

/** A new private key, in the form that the server takes. */
export async function newRestateKey(): Promise<string> {
  const { privateKey } = await newPair();
  const bytes = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${bytes.toBase64()}\n-----END PRIVATE KEY-----\n`;
}

/** The public key that a server says it has. */
export function publicKeyIn(log: string): string {
  return /publickeyv1_\w+/.exec(log)![0];
}

/** Headers as the server sends them, which name its public key but are signed by somebody else. */
export async function forgedSignature(publicKey: string, path: string): Promise<Record<string, string>> {
  const { privateKey } = await newPair();
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { aud: path, exp: now + 60, iat: now, nbf: now - 60 };
  const text = `${part({ typ: "JWT", alg: "EdDSA", kid: publicKey })}.${part(claims)}`;
  const signature = await crypto.subtle.sign("Ed25519", privateKey, new TextEncoder().encode(text));
  return {
    "x-restate-signature-scheme": "v1",
    "x-restate-jwt-v1": `${text}.${Buffer.from(signature).toString("base64url")}`,
  };
}

async function newPair(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
}
