// SPDX-License-Identifier: Apache-2.0
// Who changes the account itself shows password or second factor once more: a session may be in other hands.
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, type Me } from './api';
import { Failed } from './basics';
import { Dialog } from './dialog';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { passkeysWork, proveWithPasskey } from './passkey';

export default function Proof({ me, done }: { me: Me; done: (shown: boolean) => void }) {
  const { t } = useWords();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const [byCode, setByCode] = useState(!me.factors.password);
  const hasCode = me.stage === 'full' && (me.factors.totp || me.factors.recovery_codes > 0);
  const show = async (prove: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await prove();
      done(true);
    } catch (caught) {
      setError(caught as Error);
    }
    setBusy(false);
  };
  const submit = () =>
    void show(() => call('POST', '/me/proof', byCode ? { code: typed } : { password: typed }));
  const field = {
    value: typed,
    required: true,
    'data-autofocus': true,
    onChange: (e: { currentTarget: { value: string } }) => setTyped(e.currentTarget.value),
  };
  return (
    <Dialog title={t('proof.title')} close={() => done(false)}>
      <Stack>
        <p style={{ margin: 0 }}>{t('proof.text')}</p>
        {(me.factors.password || hasCode) && (
          <Form error={error} submit={submit}>
            <Stack>
              {byCode ? (
                <Field at="/code">
                  <TextInput label={t('enter.code')} autoComplete="one-time-code" {...field} />
                </Field>
              ) : (
                <Field at="/password">
                  <PasswordInput label={t('account.current')} autoComplete="current-password" {...field} />
                </Field>
              )}
              <Button type="submit" loading={busy}>
                {t('proof.go')}
              </Button>
              {me.factors.password && hasCode && (
                <Button
                  variant="subtle"
                  onClick={() => {
                    setTyped('');
                    setByCode(!byCode);
                  }}
                >
                  {t(byCode ? 'proof.bypassword' : 'proof.bycode')}
                </Button>
              )}
              {error && <Failed error={error} />}
            </Stack>
          </Form>
        )}
        {me.factors.passkeys > 0 && passkeysWork() && (
          <Button variant="default" onClick={() => void show(proveWithPasskey)}>
            {t('enter.passkey')}
          </Button>
        )}
        {me.factors.oidc && (
          <Button variant="default" component="a" href="/api/v1/sign-in/oidc">
            {t('proof.oidc')}
          </Button>
        )}
        {error && !me.factors.password && !hasCode && <Failed error={error} />}
      </Stack>
    </Dialog>
  );
}
