// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, SimpleGrid, Stack, Table } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Schemas } from '../api';
import { AnswerForm } from '../answer';
import { Away } from '../away';
import { useWords } from '../i18n';
import {
  administers,
  Ask,
  Assign,
  Card,
  Empty,
  Fix,
  Page,
  Plain,
  RequirementLink,
  seesAll,
  useCheck,
  useGuideline,
  useMe,
  VerdictTag,
  Why,
} from '../parts';

function Machines({ check }: { check: Schemas['CheckDetail'] }) {
  const { t, tx, time } = useWords();
  const [shown, setShown] = useState(25);
  if (check.machines.items.length === 0) return <Empty>{t('list.notlooked')}</Empty>;
  return (
    <Table.ScrollContainer minWidth={400}>
      <Table>
        <Table.Tbody>
          {check.machines.items.slice(0, shown).map((one, at) => (
            <Table.Tr key={one.device?.id ?? at}>
              <Table.Td>
                {one.device ? (
                  <Anchor component={Link} href={`/devices/${one.device.id}`}>
                    {one.device.name}
                  </Anchor>
                ) : (
                  '―'
                )}
              </Table.Td>
              <Table.Td>
                <VerdictTag verdict={one.verdict} />
              </Table.Td>
              <Table.Td>
                {one.evidence ? tx(one.evidence.detail) : <span className="soft">{t('list.notlooked')}</span>}
                {one.evidence && <Why evidence={one.evidence} />}
              </Table.Td>
              <Table.Td className="soft">
                {one.evidence && t('item.seenat', { at: time(one.evidence.observed_at) })}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {shown < check.machines.items.length && (
        <Button variant="default" m="md" onClick={() => setShown(shown + 100)}>
          {t('app.more')}
        </Button>
      )}
    </Table.ScrollContainer>
  );
}

/** As the server tells it of the newest. */
const saidPartly = (one: Schemas['Evidence']) =>
  one.verdict === 'fail' && one.basis.list.some((seen) => seen.source === 'person' && seen.seen === 'partly');

function Answers({ list }: { list: Schemas['Evidence'][] }) {
  const { t, tx, time, until } = useWords();
  if (list.length === 0) return <Empty>{t('list.nobody')}</Empty>;
  return (
    <Stack gap="xs">
      {list.map((one) => (
        <div key={one.id}>
          <VerdictTag verdict={one.verdict} partly={saidPartly(one)} /> {tx(one.detail)}{' '}
          {one.attachment && (
            <Anchor href={`/api/v1/attachments/${one.attachment.id}`} download>
              {one.attachment.name}
            </Anchor>
          )}
          <div className="soft">
            {t('item.by', {
              name:
                one.by ??
                (one.source === 'collector:clouds' ? t('nav.clouds') : one.source.replace(/^person:#?/, '')),
              at: time(one.observed_at),
            })}{' '}
            · {until(one.valid_until)}
          </div>
          <Why evidence={one} />
        </div>
      ))}
    </Stack>
  );
}

export default function CheckPage({ id }: { id: string }) {
  const { t, tx } = useWords();
  const me = useMe();
  const spec = useCheck(id);
  const guideline = useGuideline();
  if (!spec) return <Away why="gone" />;
  const serves =
    spec.serves ??
    [...guideline.checklist, ...guideline.measures]
      .filter((one) => one.checks.includes(id))
      .map((one) => one.ascii_id);
  const about = (
    <Stack>
      <Card title={t('act.why')}>
        <Plain>{tx(spec.why)}</Plain>
      </Card>
      <Card title={t('act.how')}>
        <Fix check={spec} />
        {spec.of_clouds && administers(me) && (
          <Anchor component={Link} href={`/clouds/guides?check=${id}`}>
            {t('check.guides')}
          </Anchor>
        )}
        {seesAll(me) && (
          <p className="soft">
            {t('act.serves')}:{' '}
            {serves.map((one, at) => (
              <span key={one}>
                {at > 0 && ', '}
                <RequirementLink id={one} />
              </span>
            ))}
          </p>
        )}
      </Card>
    </Stack>
  );
  if (!seesAll(me))
    return (
      <Page title={tx(spec.title)}>
        {about}
        {spec.asked && (
          <Ask path={`/checks/${id}/answers`}>{(check) => <AnswerForm check={check} begin />}</Ask>
        )}
      </Page>
    );
  return (
    <Page title={tx(spec.title)} text={t(spec.asked ? 'list.asked' : 'list.automatic')}>
      <Ask path={`/checks/${id}?limit=500`}>
        {(check) => (
          <>
            <div>
              <VerdictTag verdict={check.verdict} partly={check.partly} />{' '}
              <Assign item={id} assignment={check.assignment} />
            </div>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {spec.asked ? (
                <Card title={t('item.answers')}>
                  <AnswerForm check={check} />
                  <Answers list={check.answers} />
                </Card>
              ) : spec.of_clouds ? (
                <Card title={t('item.clouds')}>
                  <Answers list={check.answers} />
                  {administers(me) && (
                    <Anchor component={Link} href="/clouds">
                      {t('nav.clouds')}
                    </Anchor>
                  )}
                </Card>
              ) : (
                <Card title={t('item.machines')} flush>
                  <Machines check={check} />
                </Card>
              )}
              {about}
            </SimpleGrid>
          </>
        )}
      </Ask>
    </Page>
  );
}
