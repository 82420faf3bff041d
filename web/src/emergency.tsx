// SPDX-License-Identifier: Apache-2.0
// Emergency access (break-glass): codes that are sealed away, and a word over every page while one is open.
import { Button, Code, Group, Select, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { call, useApi, useChange, type Schemas } from './api';
import { Failed } from './basics';
import { Dialog } from './dialog';
import { Field, Form, NewPerson } from './form';
import { learn, useWords } from './i18n';
import { administers, Ask, Card, seesAll, Tag, useMe } from './parts';
import { words, type Word } from './words';
import { emergency } from './words/emergency';

learn(emergency);

type Seal = Schemas['EmergencySeal'];
const kinds = { sealed: 'pass', open: 'fail', over: 'unknown', taken_back: 'unknown' } as const;
const year = 365 * 24 * 3600_000;
const lengths = [1, 2, 4, 8, 12];

function EndButton({ seal }: { seal: Seal }) {
  const { t } = useWords();
  const end = useChange(() => call('DELETE', `/emergency-seals/${seal.id}`));
  const what = t(seal.state === 'open' ? 'emergency.end.open' : 'emergency.end.sealed');
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={end.isPending}
        onClick={() => end.mutate(undefined)}
        aria-label={t('emergency.end.of', { what, name: seal.person?.name })}
      >
        {what}
      </Button>
      {end.error && <Failed error={end.error} />}
    </>
  );
}

/** What was changed in it stays when it is over: to be looked through, and taken back. */
function Changes({ changes }: { changes: Seal['changes'] }) {
  const { t, time } = useWords();
  if (changes.length === 0) return <div className="soft">{t('emergency.changes.none')}</div>;
  return (
    <details className="why">
      <summary>{t('emergency.changes', { n: changes.length })}</summary>
      <p style={{ margin: '0.25rem 0' }}>{t('emergency.changes.text')}</p>
      <ul className="plain">
        {changes.map((one, n) => (
          <li key={n}>
            {time(one.at)} {`audit.${one.action}` in words ? t(`audit.${one.action}` as Word) : one.action}{' '}
            {one.item}
          </li>
        ))}
      </ul>
    </details>
  );
}

function OneSeal({ seal }: { seal: Seal }) {
  const { t, day, time } = useWords();
  const old = seal.state === 'sealed' && Date.now() - Date.parse(seal.sealed_at) > year;
  return (
    <Group justify="space-between" data-testid="emergency-seal">
      <div>
        {seal.person?.name} <Tag kind={kinds[seal.state]}>{t(`emergency.state.${seal.state}`)}</Tag>
        <div className="soft">
          {t('emergency.since', {
            day: day(seal.sealed_at),
            by: seal.sealed_by?.name ?? t('emergency.machine'),
            n: seal.hours,
          })}
        </div>
        {seal.opened_at && (
          <div className="soft">
            {t('emergency.opened', {
              at: time(seal.opened_at),
              from: seal.opened_from || '―',
              reason: seal.reason,
            })}
          </div>
        )}
        {seal.ended_at && (
          <div className="soft">
            {seal.ended_by
              ? t('emergency.ended.by', { at: time(seal.ended_at), by: seal.ended_by.name })
              : t('emergency.ended', { at: time(seal.ended_at) })}
          </div>
        )}
        {seal.opened_at && <Changes changes={seal.changes} />}
        {old && <div className="say warn">{t('emergency.old')}</div>}
      </div>
      {(seal.state === 'sealed' || seal.state === 'open') && <EndButton seal={seal} />}
    </Group>
  );
}

interface Made {
  code: string;
  name: string;
  hours: number;
}

/** What is printed and sealed. */
function Paper({ made, done }: { made: Made; done: () => void }) {
  const { t } = useWords();
  return (
    <Stack className="sealed">
      <strong>{t('emergency.shown')}</strong>
      <Code block fz="lg" data-testid="emergency-code">
        {made.code}
      </Code>
      <p style={{ margin: 0, overflowWrap: 'anywhere' }}>
        {t('emergency.paper', {
          place: `${location.origin}/emergency-access`,
          name: made.name,
          n: made.hours,
        })}
      </p>
      <p className="soft" style={{ margin: 0 }}>
        {t('emergency.advice')}
      </p>
      <Group>
        <Button variant="default" onClick={() => window.print()}>
          {t('emergency.print')}
        </Button>
        <Button onClick={done}>{t('emergency.done')}</Button>
      </Group>
    </Stack>
  );
}

function Make({ close }: { close: () => void }) {
  const { t } = useWords();
  const people = useApi('/people?role=administrator&state=active&limit=500');
  const [who, setWho] = useState('new');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [hours, setHours] = useState('4');
  const chosen = people.data?.items.find((one) => String(one.id) === who);
  const make = useChange(async () => {
    const body = chosen ? { person: chosen.id } : { name, email };
    const { code } = await call('POST', '/emergency-seals', {
      ...body,
      hours: Number(hours),
    });
    return { code, name: chosen?.name ?? name, hours: Number(hours) };
  });
  if (make.data) return <Paper made={make.data} done={close} />;
  return (
    <Form error={make.error} submit={() => make.mutate(undefined)}>
      <Stack gap="sm">
        <Field at="/person">
          <Select
            label={t('emergency.who')}
            description={chosen ? undefined : t('emergency.new.text')}
            allowDeselect={false}
            value={who}
            onChange={(value) => setWho(value ?? 'new')}
            data={[
              { value: 'new', label: t('emergency.new') },
              ...(people.data?.items ?? []).map((one) => ({
                value: String(one.id),
                label: `${one.name} (${one.email})`,
              })),
            ]}
          />
        </Field>
        {!chosen && <NewPerson name={name} setName={setName} email={email} setEmail={setEmail} />}
        <Field at="/hours">
          <Select
            label={t('emergency.hours')}
            allowDeselect={false}
            value={hours}
            onChange={(value) => setHours(value ?? '4')}
            data={lengths.map((n) => ({ value: String(n), label: t('emergency.hours.n', { n }) }))}
          />
        </Field>
        {make.error && <Failed error={make.error} />}
        <Group>
          <Button type="submit" loading={make.isPending}>
            {t('emergency.go')}
          </Button>
        </Group>
      </Stack>
    </Form>
  );
}

/** About which something can still be done. */
const toDo = (one: Seal) => one.state === 'sealed' || one.state === 'open';

export function EmergencyAccess() {
  const { t } = useWords();
  const me = useMe();
  const [making, make] = useDisclosure(false);
  return (
    <Card title={t('emergency.title')}>
      <Stack>
        <p className="soft" style={{ margin: 0 }}>
          {t('emergency.text')}
        </p>
        <Ask path="/emergency-seals">
          {({ items }) => (
            <>
              {items.every((one) => one.state !== 'sealed') && (
                <div className="say warn">{t('emergency.none')}</div>
              )}
              {items.filter(toDo).map((one) => (
                <OneSeal key={one.id} seal={one} />
              ))}
              {!items.every(toDo) && (
                <details className="why">
                  <summary>{t('emergency.past', { n: items.filter((one) => !toDo(one)).length })}</summary>
                  <Stack mt="xs">
                    {items
                      .filter((one) => !toDo(one))
                      .map((one) => (
                        <OneSeal key={one.id} seal={one} />
                      ))}
                  </Stack>
                </details>
              )}
            </>
          )}
        </Ask>
        {!me.emergency_until && (
          <div>
            <Button variant="default" onClick={make.open}>
              {t('emergency.make')}
            </Button>
          </div>
        )}
      </Stack>
      {making && (
        <Dialog title={t('emergency.make')} close={make.close}>
          <Make close={make.close} />
        </Dialog>
      )}
    </Card>
  );
}

/** Over every page of whoever answers for it, while it is open. */
export function EmergencyBanner() {
  const { t, time } = useWords();
  const me = useMe();
  const open = useApi('/emergency-seals?state=open', { enabled: seesAll(me), every: 60_000 });
  if (!open.data?.items.length) return null;
  return (
    <div role="status" data-testid="emergency-banner" style={{ marginBottom: '1rem' }}>
      {open.data.items.map((one) => (
        <Group key={one.id} justify="space-between" mt={4}>
          <span className="tag fail" style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
            {one.person?.id === me.id && one.open_until === me.emergency_until
              ? t('emergency.mine', { at: time(one.open_until) })
              : t('emergency.banner', {
                  name: one.person?.name,
                  at: time(one.open_until),
                  from: one.opened_from || '―',
                  reason: one.reason,
                })}
          </span>
          {administers(me) && <EndButton seal={one} />}
        </Group>
      ))}
    </div>
  );
}
