// SPDX-License-Identifier: Apache-2.0
// Suspending by hand, in a dialog; and what is suspended, with the way back.
import { Button, Group, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, useApi, useChange, type Schemas } from '../api';
import { Failed } from '../basics';
import { Dialog } from '../dialog';
import { Field, Form } from '../form';
import { useWords } from '../i18n';
import { administers, Card, useMe } from '../parts';

export type Ref = { id: number; name: string };
export interface Targets {
  people: Ref[];
  devices: Ref[];
}
/** What was begun, to be undone. */
export type Begun = { id: number; name: string };

const hour = 3600_000;
const lengths = [1, 8, 24, 24 * 7];

/** Without targets of its own it asks for whom. */
export function SuspendDialog({
  targets,
  done,
}: {
  targets: Targets | null;
  done: (begun: Begun[]) => void;
}) {
  const { t } = useWords();
  const [kind, setKind] = useState<'people' | 'devices'>(
    targets && targets.people.length === 0 ? 'devices' : 'people',
  );
  const [one, setOne] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const [length, setLength] = useState('');
  const asks = targets === null;
  const people = useApi('/people?limit=500', { enabled: asks });
  const devices = useApi('/devices?limit=500', { enabled: asks });
  const known: Ref[] = asks
    ? ((kind === 'people'
        ? people.data?.items.filter((person) => person.state === 'active')
        : devices.data?.items.filter((device) => device.appliance === null)) ?? [])
    : targets[kind];
  const chosen = asks ? known.filter((each) => String(each.id) === one) : known;
  const send = useChange(
    async () => {
      const until = length === '' ? undefined : new Date(Date.now() + Number(length) * hour).toISOString();
      const begun: Begun[] = [];
      // One after the other: where one is refused, those before it stay and are told.
      for (const each of chosen) {
        const body = {
          [kind === 'people' ? 'person' : 'device']: each.id,
          reason,
          ...(until ? { until: until.replace(/\.\d+/, '') } : {}),
        };
        const { id } = await call('POST', '/access/suspensions', body);
        begun.push({ id, name: each.name });
      }
      return begun;
    },
    (begun) => done(begun),
  );
  const both = asks || (targets.people.length > 0 && targets.devices.length > 0);
  const failed = people.error ?? devices.error;
  return (
    <Dialog title={t('access.suspend.title')} close={() => done([])}>
      <Form error={send.error} submit={() => send.mutate(undefined)}>
        <Stack gap="sm">
          <p style={{ margin: 0 }}>{t('access.suspend.text')}</p>
          {both && (
            <SegmentedControl
              aria-label={t('access.suspend.what')}
              fullWidth
              orientation="vertical"
              value={kind}
              onChange={(value) => {
                setKind(value as typeof kind);
                setOne(null);
              }}
              data={[
                { value: 'people', label: t('access.suspend.people') },
                { value: 'devices', label: t('access.suspend.devices') },
              ]}
            />
          )}
          {asks ? (
            <Field at={kind === 'people' ? '/person' : '/device'}>
              <Select
                key={kind}
                label={t('access.suspend.who')}
                searchable
                required
                value={one}
                onChange={setOne}
                nothingFoundMessage={t('app.none')}
                data={known.map((each) => ({ value: String(each.id), label: each.name }))}
              />
            </Field>
          ) : (
            <strong>{chosen.map((each) => each.name).join(', ')}</strong>
          )}
          <Field at="/reason">
            <TextInput
              label={t('access.suspend.reason')}
              description={t('access.suspend.reason.why')}
              required
              data-autofocus
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
            />
          </Field>
          <Field at="/until">
            <Select
              label={t('access.suspend.until')}
              allowDeselect={false}
              value={length}
              onChange={(value) => setLength(value ?? '')}
              data={[
                { value: '', label: t('access.suspend.open') },
                ...lengths.map((n) => ({
                  value: String(n),
                  label: n < 24 ? t('access.suspend.hours', { n }) : t('access.suspend.days', { n: n / 24 }),
                })),
              ]}
            />
          </Field>
          {failed && <Failed error={failed} />}
          {send.error && <Failed error={send.error} />}
          <Group>
            <Button
              type="submit"
              loading={send.isPending}
              disabled={chosen.length === 0 || reason.trim() === ''}
            >
              {t('access.suspend')}
            </Button>
            <Button variant="default" onClick={() => done([])}>
              {t('app.cancel')}
            </Button>
          </Group>
        </Stack>
      </Form>
    </Dialog>
  );
}

/** Restores several, one after the other. */
export function useRestore(done?: () => void) {
  return useChange(async (ids: number[]) => {
    for (const id of ids) await call('DELETE', `/access/suspensions/${id}`);
  }, done);
}

function Row({ one }: { one: Schemas['Suspension'] }) {
  const { t, time } = useWords();
  const restore = useRestore();
  const name = (one.person ?? one.device)?.name ?? '';
  return (
    <div className="row">
      <Group justify="space-between" align="flex-start">
        <div>
          <strong>{name}</strong>{' '}
          <span className="soft">{t(one.person ? 'access.person' : 'access.device')}</span>
          <div>{one.reason}</div>
          <div className="soft">
            {t('access.suspended.by', {
              at: time(one.begun_at),
              name: one.begun_by?.name ?? t('access.cli'),
            })}
            {' · '}
            {one.until ? t('access.rests.until', { at: time(one.until) }) : t('access.suspend.open')}
          </div>
        </div>
        {administers(useMe()) && (
          <Button
            size="xs"
            variant="default"
            loading={restore.isPending}
            aria-label={t('access.restore.one', { name })}
            onClick={() => restore.mutate([one.id])}
          >
            {t('access.restore')}
          </Button>
        )}
      </Group>
      {restore.error && <Failed error={restore.error} />}
    </div>
  );
}

/** What is suspended now; nothing where nothing is. */
export function Suspended() {
  const { t } = useWords();
  const answer = useApi('/access/suspensions?limit=500', {
    every: 10_000,
  });
  if (answer.error) return <Failed error={answer.error} again={() => void answer.refetch()} />;
  if (!answer.data || answer.data.items.length === 0) return null;
  return (
    <Card title={t('access.suspended')} flush>
      {answer.data.items.map((one) => (
        <Row key={one.id} one={one} />
      ))}
    </Card>
  );
}
