// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, Group, SimpleGrid, Stack, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, useChange, type Schemas } from '../api';
import { Failed } from '../basics';
import { Field, Form } from '../form';
import { Away } from '../away';
import { useWords } from '../i18n';
import {
  Ask,
  Assign,
  Card,
  Empty,
  manages,
  Page,
  ourMark,
  Plain,
  roleWord,
  seesAll,
  ShareBar,
  StatusTag,
  Steps,
  Tag,
  useGuideline,
  useMe,
  useRequirement,
  useRequirementName,
} from '../parts';
import type { Word } from '../words';
import { words } from '../words';
import { CheckLine } from './Lists';

export function Remarks({
  list,
  path,
}: {
  list: Schemas['Remarks'];
  path: `/${'items' | 'incidents'}/${string}/remarks`;
}) {
  const { t, time } = useWords();
  const me = useMe();
  const [text, setText] = useState('');
  const send = useChange(
    () => call('POST', path, { text }),
    () => setText(''),
  );
  return (
    <Stack gap="xs">
      {list.length === 0 && <span className="soft">{t('item.noremarks')}</span>}
      {list.map((remark) => (
        <div key={remark.id}>
          <span className="soft">{t('item.by', { name: remark.person.name, at: time(remark.at) })}</span>
          <div style={{ whiteSpace: 'pre-wrap' }}>{remark.text}</div>
        </div>
      ))}
      {(manages(me) || !seesAll(me) || path.startsWith('/incidents')) && (
        <Form error={send.error} submit={() => send.mutate(undefined)}>
          <Field at="/text">
            <Textarea
              label={t('item.remark')}
              autosize
              minRows={2}
              value={text}
              onChange={(e) => setText(e.currentTarget.value)}
            />
          </Field>
          {send.error && <Failed error={send.error} />}
          <Button type="submit" size="xs" mt="xs" disabled={!text.trim()} loading={send.isPending}>
            {t('item.send')}
          </Button>
        </Form>
      )}
    </Stack>
  );
}

export default function RequirementPage({ id }: { id: string }) {
  const { t, tx, day, time } = useWords();
  const guideline = useGuideline();
  const name = useRequirementName();
  const { known, measure } = useRequirement(id);
  if (!known) return <Away why="gone" />;
  const category = guideline.categories.find((one) => one.letter === known.category);
  return (
    <Page
      title={`${name(id)} ${tx(known.text)}`}
      text={`${tx(category?.name)}${measure?.role ? ` · ${t(roleWord(measure.role))}` : ''} · ${t(`priority.${known.priority}`)}${ourMark(known) ? t('item.ourpriority') : ''} · ${t(`level.${known.level}`)}`}
    >
      <Ask path={`/requirements/${id}`}>
        {(one) => (
          <>
            <Group>
              <StatusTag status={one.status} />
              <Assign item={id} assignment={one.assignment} />
            </Group>
            {one.applies ? (
              <ShareBar share={one.share} label={name(id)} />
            ) : (
              <p className="soft">{`${t('item.na')}: ${tx(one.reason)}`}</p>
            )}
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Stack>
                <Card title={t('item.checks')}>
                  {one.checks.map((check) => (
                    <CheckLine key={check.id} check={check} />
                  ))}
                </Card>
                {measure?.steps && (
                  <Card title={t('item.steps')}>
                    <Steps steps={measure.steps} />
                  </Card>
                )}
                {one.days.length > 1 && (
                  <Card title={t('item.days')}>
                    <div className="days" role="img" aria-label={t('item.days')}>
                      {one.days.map((point) => (
                        <i
                          key={point.day}
                          className={point.status}
                          title={`${day(point.day)} ${t(`status.${point.status}`)}`}
                        />
                      ))}
                    </div>
                  </Card>
                )}
                <Card title={t('item.remarks')}>
                  <Remarks list={one.remarks} path={`/items/${id}/remarks`} />
                </Card>
              </Stack>
              <Stack>
                <Card title={t('item.why')}>
                  {known.why && (
                    <p style={{ marginTop: 0 }}>
                      <Plain>{tx(known.why)}</Plain>
                    </p>
                  )}
                  <strong>{t('item.threats')}</strong>
                  <ul style={{ margin: '0.25rem 0 0.75rem' }}>
                    {known.threats.map((threat) => {
                      const found = guideline.threats.find((entry) => entry.id === threat);
                      return (
                        <li key={threat}>
                          <strong>{tx(found?.name)}</strong> <span className="soft">{tx(found?.text)}</span>
                        </li>
                      );
                    })}
                  </ul>
                  <strong>{t('item.cases')}</strong>
                  {one.cases.length === 0 ? (
                    <div className="soft">{t('app.none')}</div>
                  ) : (
                    <ul style={{ margin: '0.25rem 0' }}>
                      {one.cases.map((number) => (
                        <li key={number}>
                          <Anchor component={Link} href={`/cases#case-${number}`}>
                            {number}.{' '}
                            {tx(guideline.incidents.find((entry) => entry.number === number)?.title)}
                          </Anchor>
                        </li>
                      ))}
                    </ul>
                  )}
                  <p className="soft">
                    {t('item.source')}: {t(`item.source.${known.from.source}` as Word)}
                    {known.from.source !== 'project' &&
                      known.from.confidence === 'INF' &&
                      t('item.source.inferred')}
                  </p>
                </Card>
                <Card title={t('item.history')}>
                  {one.history.length === 0 && <Empty>{t('item.nohistory')}</Empty>}
                  <Stack gap={4}>
                    {one.history.map((entry, at) => {
                      const word = `audit.${entry.action}`;
                      const detail = entry.detail as {
                        reply?: string;
                        note?: string;
                        to?: string;
                        due?: string;
                      };
                      return (
                        <div key={at}>
                          <span className="soft">{time(entry.at)}</span> {entry.actor.replace(/ <.*/, '')}{' '}
                          {word in words ? t(word as Word) : entry.action}{' '}
                          {detail.reply && (
                            <Tag
                              kind={
                                detail.reply === 'yes'
                                  ? 'pass'
                                  : detail.reply === 'no'
                                    ? 'fail'
                                    : 'not_applicable'
                              }
                            >
                              {t(
                                detail.reply === 'yes'
                                  ? 'item.yes'
                                  : detail.reply === 'no'
                                    ? 'item.no'
                                    : 'item.notapplicable',
                              )}
                            </Tag>
                          )}{' '}
                          {detail.to} {detail.due} {detail.note}
                        </div>
                      );
                    })}
                  </Stack>
                </Card>
              </Stack>
            </SimpleGrid>
          </>
        )}
      </Ask>
    </Page>
  );
}
