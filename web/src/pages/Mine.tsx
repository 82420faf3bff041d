// SPDX-License-Identifier: Apache-2.0
// An employee's own page, made for a telephone first.
import { Anchor, Button, Group, Modal, SimpleGrid, Stack } from '@mantine/core';
import { IconAlertTriangle, IconDeviceMobileOff } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Schemas } from '../api';
import { DeviceState } from '../device';
import { useWords } from '../i18n';
import { Ask, Card, Due, Empty, Fix, Page, Plain, Tag, useGuideline, useMe } from '../parts';
import { Enrol } from '../enrol';
import { MyData } from '../privacy';
import { MyQuestions } from '../asked';
import { ReportForm } from './Incidents';

function Todo({ todo }: { todo: Schemas['MyPage']['todos'][number] }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const check = guideline.checks.find((one) => one.id === todo.item);
  const requirement = [...guideline.checklist, ...guideline.measures].find(
    (one) => one.ascii_id === todo.item,
  );
  const title = tx(check?.title ?? requirement?.text);
  return (
    <div className="row">
      <Group justify="space-between" wrap="nowrap">
        <Anchor component={Link} href={check ? `/checks/${check.id}` : `/requirements/${todo.item}`}>
          {title}
        </Anchor>
        <span>{todo.done ? <Tag kind="pass">{t('verdict.pass')}</Tag> : <Due due={todo.due} />}</span>
      </Group>
    </div>
  );
}

/** What is done stays to be seen, and out of the way of what isn't. */
function Done({ todos }: { todos: Schemas['MyPage']['todos'] }) {
  const { t } = useWords();
  if (todos.length === 0) return null;
  return (
    <details className="row">
      <summary>{t('mine.done', { n: todos.length })}</summary>
      {todos.map((todo) => (
        <Todo key={todo.item} todo={todo} />
      ))}
    </details>
  );
}

function MyDevice({ device }: { device: Schemas['Device'] }) {
  const { t, tx } = useWords();
  const guideline = useGuideline();
  const shown = 5;
  const one = (id: string) => {
    const check = guideline.checks.find((each) => each.id === id);
    return (
      <details key={id}>
        <summary>{tx(check?.title)}</summary>
        <p style={{ margin: '0.2rem 0' }}>{tx(check?.why)}</p>
        <Fix check={check} device={device} />
      </details>
    );
  };
  return (
    <div className="row">
      <Anchor component={Link} href={`/devices/${device.id}`} fw={600}>
        {device.name}
      </Anchor>{' '}
      <DeviceState device={device} />{' '}
      {device.failing.length > 0 ? (
        <Tag kind="fail">{t('mine.devicebad', { n: device.failing.length })}</Tag>
      ) : device.tally.unknown > 0 ? (
        <Tag kind="unknown">{t('mine.deviceunknown', { n: device.tally.unknown })}</Tag>
      ) : (
        <Tag kind="pass">{t('mine.devicegood')}</Tag>
      )}
      {device.failing.slice(0, shown).map(one)}
      {device.failing.length > shown && (
        <details>
          <summary>{t('mine.more', { n: device.failing.length - shown })}</summary>
          {device.failing.slice(shown).map(one)}
        </details>
      )}
    </div>
  );
}

export default function Mine() {
  const { t, tx, time } = useWords();
  const me = useMe();
  const guideline = useGuideline();
  const [, go] = useLocation();
  const [kind, setKind] = useState<string | null>(null);
  return (
    <Page title={t('mine.title')} text={me.name}>
      {me.roles.some((role) => role !== 'auditor') && (
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Button
            size="lg"
            color="red.9"
            leftSection={<IconDeviceMobileOff />}
            onClick={() => setKind('lost_device')}
          >
            {t('mine.lost')}
          </Button>
          <Button
            size="lg"
            variant="default"
            leftSection={<IconAlertTriangle />}
            onClick={() => setKind('suspicious_mail')}
          >
            {t('mine.suspicious')}
          </Button>
        </SimpleGrid>
      )}
      <Ask path="/me/page">
        {(page) => (
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Stack>
              <MyQuestions questions={page.questions} />
              <Card title={t('mine.todos')} flush>
                {page.todos.every((todo) => todo.done) && <Empty>{t('mine.notodos')}</Empty>}
                {page.todos
                  .filter((todo) => !todo.done)
                  .map((todo) => (
                    <Todo key={todo.item} todo={todo} />
                  ))}
                <Done todos={page.todos.filter((todo) => todo.done)} />
              </Card>
              <Card title={t('mine.devices')} flush>
                {page.devices.length === 0 && <Empty>{t('mine.nodevices')}</Empty>}
                {page.devices.map((device) => (
                  <MyDevice key={device.id} device={device} />
                ))}
                {me.roles.some((role) => role !== 'auditor') && (
                  <details className="row">
                    <summary>{t('mine.enrol')}</summary>
                    <Enrol />
                  </details>
                )}
              </Card>
              {page.reports.length > 0 && (
                <Card title={t('mine.reports')} flush>
                  {page.reports.map((one) => (
                    <Link key={one.id} href={`/incidents/${one.id}`} className="row">
                      <Tag kind={one.state}>{t(`state.${one.state}`)}</Tag>{' '}
                      {tx(guideline.responses.find((entry) => entry.id === one.kind)?.title)}{' '}
                      <span className="soft">{time(one.at)}</span>
                    </Link>
                  ))}
                </Card>
              )}
            </Stack>
            <Card title={t('mine.rules')}>
              <ul style={{ margin: 0, paddingLeft: '1.2rem' }}>
                {page.rules.map((id) => (
                  <li key={id} style={{ marginBottom: 6 }}>
                    <Plain>{tx(guideline.measures.find((one) => one.ascii_id === id)?.text)}</Plain>
                  </li>
                ))}
              </ul>
            </Card>
            <MyData />
          </SimpleGrid>
        )}
      </Ask>
      <Modal
        opened={kind !== null}
        onClose={() => setKind(null)}
        title={t('incidents.report')}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        {kind && <ReportForm kind={kind} done={(id) => go(`/incidents/${id}`)} />}
      </Modal>
    </Page>
  );
}
