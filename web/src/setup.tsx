// SPDX-License-Identifier: Apache-2.0
// The card on Home until setting up is done: what is still missing, and one button a line that leads to where it is done.
import { Button, Group, Stack } from '@mantine/core';
import { IconCircle, IconCircleCheckFilled } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, tagOf, useApi, useChange, type Schemas } from './api';
import { Failed, Loading } from './basics';
import { CountInput, countIn } from './count';
import { Form } from './form';
import { useWords } from './i18n';
import { Card } from './parts';
import type { Word } from './words';

type State = Schemas['SetupState'];
interface Line {
  key: string;
  done: boolean;
  said: string;
  to: string;
}

const most = 100_000;
const wrong = (text: string) => text.trim() !== '' && countIn(text, 1, most) === null;

/** How many there are to be: nobody else knows. */
function HowMany({ state, close }: { state: State; close: () => void }) {
  const { t } = useWords();
  const [people, setPeople] = useState(String(state.people.of ?? ''));
  const [devices, setDevices] = useState(String(state.devices.of ?? ''));
  const [shown] = useState(tagOf(state));
  const save = useChange(
    () =>
      call(
        'PUT',
        '/setup-state',
        { people: countIn(people, 1, most), devices: countIn(devices, 1, most), away: false },
        shown,
      ),
    close,
  );
  return (
    <Form error={save.error} submit={() => save.mutate(undefined)}>
      <Group align="flex-end" gap="sm">
        <CountInput
          label={t('setupcard.howmany.people')}
          min={1}
          max={most}
          w="9rem"
          mayBeEmpty
          value={people}
          set={setPeople}
        />
        <CountInput
          label={t('setupcard.howmany.devices')}
          min={1}
          max={most}
          w="9rem"
          mayBeEmpty
          value={devices}
          set={setDevices}
        />
        <Button type="submit" loading={save.isPending} disabled={wrong(people) || wrong(devices)}>
          {t('app.save')}
        </Button>
      </Group>
      {save.error && <Failed error={save.error} />}
    </Form>
  );
}

function lines(state: State, questions: number, t: ReturnType<typeof useWords>['t']): Line[] {
  const of = (word: Word, done: number, all: number | null) =>
    all === null
      ? t(word, { n: done })
      : t(`${word}.${done > all ? 'more' : 'of'}` as Word, { n: done, of: all });
  const { devices, people } = state;
  return [
    {
      key: 'devices',
      done: devices.of !== null && devices.done >= devices.of,
      said: of('setupcard.devices', devices.done, devices.of),
      to: '/devices#add',
    },
    {
      key: 'people',
      done: people.of !== null && people.done >= people.of,
      said:
        of('setupcard.people', people.done, people.of) +
        (people.invited > 0 ? t('setupcard.invited', { n: people.invited }) : ''),
      to: '/people#invite',
    },
    {
      key: 'questions',
      done: questions === 0,
      said: questions === 0 ? t('setupcard.questions.done') : t('setupcard.questions', { n: questions }),
      to: '/questions',
    },
    { key: 'contact', done: state.contact, said: t('setupcard.contact'), to: '/settings#contacts' },
    { key: 'mail', done: state.mail, said: t('setupcard.mail'), to: '/settings#notices' },
    { key: 'lists', done: state.lists, said: t('setupcard.lists'), to: '/settings#feeds' },
    { key: 'backup', done: state.backup.fresh, said: t('setupcard.backup'), to: '/settings#backup' },
    {
      key: 'second',
      done: state.administrators > 1,
      said: t('setupcard.second'),
      to: '/people#invite-administrator',
    },
  ];
}

function Rows({ state, questions }: { state: State; questions: number }) {
  const { t } = useWords();
  const [asks, setAsks] = useState(false);
  const list = lines(state, questions, t);
  const done = list.filter((one) => one.done).length;
  const away = useChange(() =>
    call(
      'PUT',
      '/setup-state',
      { people: state.people.of, devices: state.devices.of, away: true },
      tagOf(state),
    ),
  );
  if (done === list.length) return null;
  return (
    <Card
      title={t('setupcard.title', { done, of: list.length })}
      flush
      aside={
        <Button
          size="compact-sm"
          variant="default"
          loading={away.isPending}
          onClick={() => away.mutate(undefined)}
        >
          {t('setupcard.away')}
        </Button>
      }
    >
      {away.error && <Failed error={away.error} />}
      {list.map((one) => (
        <div key={one.key} className="row" data-testid={`setup-${one.key}`}>
          <Group justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              {one.done ? (
                <IconCircleCheckFilled
                  size={20}
                  color="var(--met)"
                  role="img"
                  aria-label={t('setupcard.done')}
                  style={{ flexShrink: 0 }}
                />
              ) : (
                <IconCircle size={20} role="img" aria-label={t('setupcard.open')} style={{ flexShrink: 0 }} />
              )}
              <span>{one.said}</span>
            </Group>
            {!one.done && (
              <Button component={Link} href={one.to} size="compact-sm" style={{ flexShrink: 0 }}>
                {t(`setupcard.go.${one.key}` as Word)}
              </Button>
            )}
          </Group>
        </div>
      ))}
      <div className="row">
        {asks || (state.people.of === null && state.devices.of === null) ? (
          <Stack gap="xs">
            <span>{t('setupcard.howmany')}</span>
            <HowMany state={state} close={() => setAsks(false)} />
          </Stack>
        ) : (
          <Button size="compact-sm" variant="subtle" onClick={() => setAsks(true)}>
            {t('setupcard.howmany.change')}
          </Button>
        )}
      </div>
    </Card>
  );
}

/** For administrators; `questions` is how many wait for an answer. */
export function SetupCard({ questions }: { questions: number }) {
  const answer = useApi('/setup-state');
  if (answer.error) return <Failed error={answer.error} again={() => void answer.refetch()} />;
  if (!answer.data) return <Loading />;
  return answer.data.away ? null : <Rows state={answer.data} questions={questions} />;
}

/** On Settings: takes the card out again. */
export function SetupAgain() {
  const { t } = useWords();
  const answer = useApi('/setup-state');
  const state = answer.data;
  const again = useChange(() =>
    call(
      'PUT',
      '/setup-state',
      { people: state!.people.of, devices: state!.devices.of, away: false },
      tagOf(state!),
    ),
  );
  if (!state?.away) return null;
  return (
    <Group>
      <Button variant="default" loading={again.isPending} onClick={() => again.mutate(undefined)}>
        {t('setupcard.again')}
      </Button>
      {again.error && <Failed error={again.error} />}
    </Group>
  );
}
