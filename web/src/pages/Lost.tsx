// SPDX-License-Identifier: Apache-2.0
// Reporting a lost telephone or PC without signing in: to whoever lost it, signing in may be what they can't.
import { Anchor, Button, Stack, Textarea, TextInput } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { call, useApi, type Answer } from '../api';
import { CallFirst, Failed } from '../basics';
import { Field, Form } from '../form';
import { useWords } from '../i18n';
import { Gate } from '../gate';

type Emergency = Answer<'/emergency'>;

function Sent({ emergency }: { emergency: Emergency | undefined }) {
  const { t, tx } = useWords();
  return (
    <Gate title={t('lost.sent')}>
      <div role="status">
        <ol style={{ paddingLeft: '1.3rem' }}>
          {emergency?.steps.map((step, at) => (
            <li key={at} style={{ marginBottom: 8 }}>
              {tx(step)}
            </li>
          ))}
        </ol>
        <CallFirst number={emergency?.contact ?? ''} />
        <p>
          <strong>{t('incidents.hear')}</strong>
          <br />
          {tx(emergency?.hear)}
        </p>
      </div>
      <Anchor component={Link} href="/" underline="always">
        {t('lost.back')}
      </Anchor>
    </Gate>
  );
}

const draftKey = 'sekisho.lost';
/** What was typed before the page was loaded again, in this window. */
function keptDraft() {
  const none = { caller: '', callback: '', text: '' };
  try {
    return { ...none, ...(JSON.parse(sessionStorage.getItem(draftKey) ?? '{}') as Partial<typeof none>) };
  } catch {
    return none;
  }
}

export default function Lost() {
  const { t } = useWords();
  const emergency = useApi('/emergency');
  const before = useMemo(keptDraft, []);
  const [caller, setCaller] = useState(before.caller);
  const [callback, setCallback] = useState(before.callback);
  const [text, setText] = useState(before.text);
  useEffect(
    () => sessionStorage.setItem(draftKey, JSON.stringify({ caller, callback, text })),
    [caller, callback, text],
  );
  const [state, setState] = useState<'writing' | 'sending' | 'sent'>('writing');
  const [error, setError] = useState<Error | null>(null);
  const send = async () => {
    setState('sending');
    setError(null);
    try {
      await call('POST', '/emergency', { caller, callback, text });
      sessionStorage.removeItem(draftKey);
      setState('sent');
    } catch (caught) {
      setError(caught as Error);
      setState('writing');
    }
  };
  if (state === 'sent') return <Sent emergency={emergency.data} />;
  return (
    <Gate title={t('lost.title')} text={t('lost.calm')}>
      {emergency.data?.contact && <CallFirst number={emergency.data.contact} />}
      <Form error={error} submit={() => void send()}>
        <Stack>
          <Field at="/caller">
            <TextInput
              label={t('lost.caller')}
              required
              maxLength={40}
              autoComplete="name"
              value={caller}
              onChange={(e) => setCaller(e.currentTarget.value)}
            />
          </Field>
          <Field at="/callback">
            <TextInput
              label={t('lost.callback')}
              description={t('lost.callbackhint')}
              required
              maxLength={40}
              autoComplete="tel"
              value={callback}
              onChange={(e) => setCallback(e.currentTarget.value)}
            />
          </Field>
          <Field at="/text">
            <Textarea
              label={t('lost.words')}
              autosize
              minRows={2}
              maxLength={400}
              value={text}
              onChange={(e) => setText(e.currentTarget.value)}
            />
          </Field>
          {error && <Failed error={error} />}
          <Button type="submit" color="red.9" loading={state === 'sending'}>
            {t('lost.send')}
          </Button>
          <Anchor component={Link} href="/" underline="always">
            {t('lost.back')}
          </Anchor>
        </Stack>
      </Form>
    </Gate>
  );
}
