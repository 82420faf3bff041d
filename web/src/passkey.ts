// SPDX-License-Identifier: Apache-2.0
// Passkeys in the browser: what navigator.credentials wants and gives, as the API has it.
import { call } from './api';

const bytes = (text: string) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

/** Browsers make passkeys for names only, never for bare addresses. */
export const passkeysWork = () =>
  window.isSecureContext && 'PublicKeyCredential' in window && !/^[\d.]+$|^\[/.test(location.hostname);

export async function makePasskey(name: string): Promise<string[]> {
  const o = await call('POST', '/me/passkeys/options');
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: bytes(o.challenge),
      rp: { id: o.rp_id, name: 'Sekisho' },
      user: { id: bytes(o.user_id), name: o.user_name, displayName: o.display_name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key' as const, alg })),
      excludeCredentials: o.exclude.map((id) => ({ type: 'public-key' as const, id: bytes(id) })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  const done = await call('POST', '/me/passkeys', {
    name,
    client_data: text(response.clientDataJSON),
    attestation_object: text(response.attestationObject),
  });
  return done.recovery_codes;
}

/** What a passkey answers to a challenge of now. */
async function passkeyAnswer() {
  const o = await call('POST', '/sign-in/passkey/options');
  const got = (await navigator.credentials.get({
    publicKey: { challenge: bytes(o.challenge), rpId: o.rp_id, userVerification: 'required' },
  })) as PublicKeyCredential;
  const response = got.response as AuthenticatorAssertionResponse;
  return {
    challenge: o.challenge,
    credential: text(got.rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
  };
}

export const signInWithPasskey = async () => call('POST', '/sign-in/passkey', await passkeyAnswer());
export const proveWithPasskey = async () => call('POST', '/me/proof', { passkey: await passkeyAnswer() });
