// SPDX-License-Identifier: Apache-2.0
// Opening emergency access by a code that was sealed away, without signing in.
import { Anchor, Button, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { call, queries } from '../api';
import { Failed } from '../basics';
import { Field, Form } from '../form';
import { Gate } from '../gate';
import { learn, useWords } from '../i18n';
import { emergency } from '../words/emergency';

learn(emergency);

export default function EmergencyAccess() {
  const { t } = useWords();
  const [, go] = useLocation();
  const [code, setCode] = useState('');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const open = async () => {
    setBusy(true);
    setError(null);
    try {
      await call('POST', '/emergency-seals/open', { code, reason });
      await queries.invalidateQueries({ queryKey: ['/me'] });
      go('/');
    } catch (caught) {
      setError(caught as Error);
    }
    setBusy(false);
  };
  return (
    <Gate title={t('emergency.title')} text={t('emergency.open.text')}>
      <Form error={error} submit={() => void open()}>
        <Stack>
          <Field at="/code">
            <TextInput
              label={t('emergency.code')}
              required
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              maxLength={60}
              value={code}
              onChange={(e) => setCode(e.currentTarget.value)}
            />
          </Field>
          <Field at="/reason">
            <Textarea
              label={t('emergency.reason')}
              description={t('emergency.reason.why')}
              required
              maxLength={500}
              autosize
              minRows={2}
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
            />
          </Field>
          {error && <Failed error={error} />}
          <Button type="submit" loading={busy}>
            {t('emergency.open')}
          </Button>
        </Stack>
      </Form>
      <Anchor component={Link} href="/" underline="always" mt="md" display="inline-block" lh="1.75rem">
        {t('emergency.back')}
      </Anchor>
    </Gate>
  );
}
