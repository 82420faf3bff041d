// SPDX-License-Identifier: Apache-2.0
// By which address others reach this server: what is wrong with it, which one links are made with, and how to make it
// one that others can use.
import { Button, Group, Radio, Stack } from '@mantine/core';
import { useState } from 'react';
import { call, useApi, useChange, type Schemas } from './api';
import { Failed, ToCopy } from './basics';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { Ask, Card } from './parts';

type Addresses = Schemas['Addresses'];

function Start({ command }: { command: string }) {
  const { t } = useWords();
  return (
    <>
      <ToCopy text={command} />
      {command.includes('***') && <span className="soft">{t('command.stars')}</span>}
    </>
  );
}

function Unreachable({ given }: { given: Addresses }) {
  const { t } = useWords();
  return (
    <Stack gap="xs">
      <p role="status" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
        {t(given.state === 'plain' ? 'address.plain' : 'address.inside', { at: given.people })}
      </p>
      <span>{t('address.start')}</span>
      <Start command={given.start} />
      <span className="soft">
        {t('address.then', {
          hosts: given.hosts.map((host) => `https://${host}:${given.port || 8480}`).join(', ') || '―',
        })}
      </span>
    </Stack>
  );
}

/** Beside what makes links: says when they can be opened by nobody else. */
export function AddressWarning() {
  const { t } = useWords();
  const answer = useApi('/addresses');
  const given = answer.data;
  if (answer.error) return <Failed error={answer.error} again={() => void answer.refetch()} />;
  if (!given || (given.state === 'good' && given.devices_state === 'good')) return null;
  if (given.state === 'good')
    return (
      <Stack gap="xs">
        <p role="status" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
          {t(given.devices_state === 'off' ? 'address.nodevices' : 'address.devicesinside')}
        </p>
        <Start command={given.start} />
      </Stack>
    );
  return <Unreachable given={given} />;
}

function Choose({ given }: { given: Addresses }) {
  const { t } = useWords();
  const [people, setPeople] = useState(given.people);
  const save = useChange(() => call('PUT', '/addresses', { people }));
  return (
    <Form error={save.error} submit={() => save.mutate(undefined)}>
      <Stack gap="sm">
        <Field at="/people">
          <Radio.Group label={t('address.choose')} value={people} onChange={setPeople}>
            <Stack gap={6} mt={6}>
              {given.offered.map((one) => (
                <Radio key={one} value={one} label={one} />
              ))}
            </Stack>
          </Radio.Group>
        </Field>
        {save.error && <Failed error={save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending}>
            {save.isSuccess ? t('app.saved') : t('app.save')}
          </Button>
        </Group>
      </Stack>
    </Form>
  );
}

export function AddressCard() {
  const { t } = useWords();
  return (
    <Card title={t('address.title')}>
      <Ask path="/addresses">
        {(given) => (
          <Stack gap="sm">
            {given.state !== 'good' && <Unreachable given={given} />}
            {given.offered.length > 0 && <Choose key={given.people} given={given} />}
            <span>
              {given.devices ? t('address.devices', { at: given.devices }) : t('address.nodevices')}
            </span>
            {!given.devices && given.state === 'good' && <Start command={given.start} />}
            {given.authority && (
              <span>
                {t('address.own')} <a href="/trust">{t('trust.title')}</a>
              </span>
            )}
          </Stack>
        )}
      </Ask>
    </Card>
  );
}
