// SPDX-License-Identifier: Apache-2.0
// The law's duty to report a leak: what decides it, and the days by which it must be done.
import { Anchor, Button, Group, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, useChange, type Schemas } from './api';
import { Failed } from './basics';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { Card, manages, Tag, useGuideline, useMe } from './parts';

type Incident = Schemas['Incident'];
type Duty = Schemas['Duty'];

/** What the list says of an open report: the next day that counts, or nothing. */
export function DutyLine({ one }: { one: Incident }) {
  const { t, day } = useWords();
  if (one.state !== 'open' || one.duty.state === 'free' || one.duty.final) return null;
  const first = !one.duty.preliminary;
  return (
    <div className="soft">
      <Tag kind={one.duty.state === 'due' ? 'fail' : 'unknown'}>{t(`duty.state.${one.duty.state}`)}</Tag>{' '}
      {t(first ? 'duty.preliminary' : 'duty.final')}:{' '}
      {day(first ? one.duty.preliminary_due : one.duty.final_due)}
    </div>
  );
}

/** On Home: reports whose days run. */
export function DeadlineCard({ list }: { list: Schemas['Deadline'][] }) {
  const { t, tx, day } = useWords();
  const { responses } = useGuideline();
  if (list.length === 0) return null;
  return (
    <Card title={t('duty.title')}>
      <Stack gap={4}>
        {list.map((one) => (
          <div key={one.incident}>
            <strong>{day(one.day)}</strong> {t(one.preliminary ? 'duty.preliminary' : 'duty.final')}{' '}
            <Tag kind={one.certain ? 'fail' : 'unknown'}>
              {t(one.certain ? 'duty.state.due' : 'duty.state.unknown')}
            </Tag>{' '}
            <Anchor component={Link} underline="always" href={`/incidents/${one.incident}`}>
              {tx(responses.find((entry) => entry.id === one.kind)?.title)}
            </Anchor>
          </div>
        ))}
      </Stack>
    </Card>
  );
}

function Days({ duty }: { duty: Duty }) {
  const { t, day } = useWords();
  if (duty.state === 'free') return <p role="status">{t('duty.free')}</p>;
  return (
    <>
      <p role="status">
        <Tag kind={duty.state === 'due' ? 'fail' : 'unknown'}>{t(`duty.state.${duty.state}`)}</Tag>{' '}
        {t(duty.state === 'due' ? 'duty.due' : 'duty.maybe')}
      </p>
      <ul style={{ margin: 0 }}>
        <li>
          {t('duty.preliminary')}:{' '}
          <strong>{`${day(duty.preliminary_from)} – ${day(duty.preliminary_due)}`}</strong>{' '}
          {duty.preliminary && <Tag kind="pass">{`${t('duty.made')} ${day(duty.preliminary)}`}</Tag>}
        </li>
        <li>
          {t('duty.final')}: <strong>{day(duty.final_due)}</strong>{' '}
          {duty.final && <Tag kind="pass">{`${t('duty.made')} ${day(duty.final)}`}</Tag>}
        </li>
      </ul>
    </>
  );
}

export function DutyCard({ one }: { one: Incident }) {
  const { t, tx, day } = useWords();
  const { duty } = useGuideline();
  const may = manages(useMe());
  const [known, setKnown] = useState(one.duty.known_said ? one.duty.known : '');
  const [preliminary, setPreliminary] = useState(one.duty.preliminary ?? '');
  const [final, setFinal] = useState(one.duty.final ?? '');
  const [answers, setAnswers] = useState(one.duty.answers);
  const save = useChange(() =>
    call('PUT', `/incidents/${one.id}/duty`, {
      known: known || null,
      answers,
      preliminary: preliminary || null,
      final: final || null,
    }),
  );
  return (
    <Card title={t('duty.title')}>
      <Days duty={one.duty} />
      {one.duty.entrusted && <p>{tx(duty.entruster)}</p>}
      <Stack gap="sm">
        {duty.questions.map((question) => (
          <div key={question.id} role="group" aria-label={tx(question.text)}>
            <div>{tx(question.text)}</div>
            <div className="soft">{tx(question.help)}</div>
            {may ? (
              <SegmentedControl
                size="xs"
                value={answers[question.id] ?? 'unknown'}
                onChange={(value) =>
                  setAnswers({ ...answers, [question.id]: value as 'yes' | 'no' | 'unknown' })
                }
                data={(['yes', 'no', 'unknown'] as const).map((value) => ({
                  value,
                  label: t(`duty.${value}`),
                }))}
              />
            ) : (
              <strong>{t(`duty.${answers[question.id] ?? 'unknown'}`)}</strong>
            )}
          </div>
        ))}
      </Stack>
      {may && (
        <Form error={save.error} submit={() => save.mutate(undefined)}>
          <Group align="flex-end" mt="sm">
            <Field at="/known">
              <TextInput
                type="date"
                label={t('duty.known')}
                description={
                  one.duty.known_said ? undefined : t('duty.knownfrom', { day: day(one.duty.known) })
                }
                value={known}
                onChange={(e) => setKnown(e.currentTarget.value)}
              />
            </Field>
            <Field at="/preliminary">
              <TextInput
                type="date"
                label={t('duty.preliminarymade')}
                value={preliminary}
                onChange={(e) => setPreliminary(e.currentTarget.value)}
              />
            </Field>
            <Field at="/final">
              <TextInput
                type="date"
                label={t('duty.finalmade')}
                value={final}
                onChange={(e) => setFinal(e.currentTarget.value)}
              />
            </Field>
          </Group>
          {save.error && <Failed error={save.error} />}
          <Button mt="sm" type="submit" loading={save.isPending}>
            {t('app.save')}
          </Button>
        </Form>
      )}
      <p>{tx(duty.text)}</p>
      <p>{tx(duty.persons)}</p>
      <p className="soft">
        {t('duty.basis')}:{' '}
        {duty.basis.map((one, at) => (
          <span key={one.url}>
            {at > 0 && ', '}
            <a href={one.url} target="_blank" rel="noreferrer">
              {tx(one.text)}
            </a>
          </span>
        ))}
      </p>
    </Card>
  );
}
