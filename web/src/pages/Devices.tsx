// SPDX-License-Identifier: Apache-2.0
import {
  Anchor,
  Button,
  CloseButton,
  FileInput,
  Group,
  SimpleGrid,
  Stack,
  Table,
  TextInput,
} from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { call, useApi, useChange, type Device, type Answer } from '../api';
import { Failed, Loading } from '../basics';
import { AddAppliance } from '../appliance';
import { DeviceState, deviceStates } from '../device';
import { Enrol, OsqueryNode } from '../enrol';
import { AddressWarning } from '../addresses';
import { useArrival } from '../arrival';
import { queryOf, useFilters } from '../filters';
import { Errors, everything, Field, Form } from '../form';
import { useWords } from '../i18n';
import { Links } from '../links';
import { ListBar, Totals } from '../lists';
import { administers, Card, Empty, manages, Page, Result, Tag, useMe, VerdictTag } from '../parts';
import DevicePage from './Device';

function Row({ device }: { device: Device }) {
  const { t, time } = useWords();
  const { fail, pass, unknown } = device.tally;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} href={`/devices/${device.id}`} fw={600}>
          {device.name}
        </Anchor>{' '}
        <DeviceState device={device} />
      </Table.Td>
      <Table.Td>{device.person?.name ?? <span className="soft">{t('devices.nouser')}</span>}</Table.Td>
      <Table.Td>{device.team}</Table.Td>
      <Table.Td>{device.system}</Table.Td>
      <Table.Td>{time(device.seen_at)}</Table.Td>
      <Table.Td>
        {fail > 0 ? (
          <Tag kind="fail">{`${t('verdict.fail')} ${fail}`}</Tag>
        ) : (
          <VerdictTag verdict={pass > 0 && unknown === 0 ? 'pass' : 'unknown'} />
        )}{' '}
        <span className="soft">{`${t('verdict.pass')} ${pass} · ${t('verdict.unknown')} ${unknown}`}</span>
      </Table.Td>
    </Table.Tr>
  );
}

const names = ['q', 'only', 'kind', 'team', 'state', 'sort'] as const;
type Filters = Partial<Record<(typeof names)[number], string>>;
const kinds = ['computer', 'own', 'appliance'] as const;
const onlys = ['failing', 'silent'] as const;
const sorts = ['worst', 'name', 'user', 'seen'] as const;
const none = Object.fromEntries(names.map((name) => [name, ''])) as Record<(typeof names)[number], string>;

/** One's own views of the list: chosen, kept under a name, removed. */
function Views({ query, choose }: { query: string; choose: (filters: Filters) => void }) {
  const { t } = useWords();
  const me = useMe();
  const [name, setName] = useState('');
  const views = useApi('/device-views');
  const keep = useChange(
    () => call('POST', '/device-views', { name, query }),
    () => setName(''),
  );
  const remove = useChange((id: number) => call('DELETE', `/device-views/${id}`));
  const items = views.data?.items ?? [];
  const error = keep.error ?? remove.error;
  return (
    <>
      {items.length > 0 && (
        <Group gap="xs" role="group" aria-label={t('views.title')}>
          <span className="soft">{t('views.title')}</span>
          {items.map((view) => (
            <span key={view.id} style={{ whiteSpace: 'nowrap' }}>
              <Button
                size="compact-sm"
                variant={view.query === query ? 'filled' : 'default'}
                aria-pressed={view.query === query}
                onClick={() => choose(Object.fromEntries(new URLSearchParams(view.query)))}
              >
                {view.name}
              </Button>
              {manages(me) && (
                <CloseButton
                  size="sm"
                  aria-label={`${t('app.remove')}: ${view.name}`}
                  onClick={() => remove.mutate(view.id)}
                />
              )}
            </span>
          ))}
        </Group>
      )}
      {manages(me) && query !== '' && !items.some((view) => view.query === query) && (
        <Form error={keep.error} submit={() => keep.mutate(undefined)}>
          <Group gap="xs" align="flex-end">
            <Field at="/name">
              <TextInput
                size="xs"
                label={t('views.name')}
                required
                value={name}
                onChange={(e) => setName(e.currentTarget.value)}
              />
            </Field>
            <Button size="xs" type="submit" variant="default" loading={keep.isPending}>
              {t('views.keep')}
            </Button>
          </Group>
        </Form>
      )}
      {error && <Failed error={error} />}
    </>
  );
}

function DeviceList() {
  const { t, number } = useWords();
  const me = useMe();
  useArrival();
  const { filters, narrow, query, any } = useFilters(names);
  const [adding] = useState(location.hash === '#add');
  const [limit, setLimit] = useState(50);
  const asked = queryOf({ ...filters, sort: filters.sort || sorts[0] });
  const answer = useApi(`/devices?${asked}&limit=${limit}`, { keep: true });
  const teams = answer.data?.teams ?? [];
  return (
    <Page
      title={t('nav.devices')}
      text={t('devices.text')}
      aside={
        <Anchor component={Link} href="/survey">
          {t('devices.survey')}
        </Anchor>
      }
    >
      {administers(me) && (
        <details id="add" className="fold" open={adding || (!any && answer.data?.items.length === 0)}>
          <summary>{t('devices.add')}</summary>
          <Stack mt="sm">
            <AddressWarning />
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Card title={t('devices.add')}>
                <Enrol choose />
                <details style={{ marginTop: '1rem' }}>
                  <summary>{t('osquery.title')}</summary>
                  <OsqueryNode />
                </details>
              </Card>
              <Stack>
                <Card title={t('gear.add')}>
                  <AddAppliance />
                </Card>
                <Card title={t('import.title')}>
                  <Import />
                </Card>
              </Stack>
            </SimpleGrid>
            <Links />
          </Stack>
        </details>
      )}
      <Views query={query} choose={(chosen) => narrow({ ...none, ...chosen })} />
      <ListBar
        filters={filters}
        narrow={narrow}
        any={any}
        choices={[
          {
            name: 'only',
            label: t('devices.show'),
            data: onlys.map((one) => ({ value: one, label: t(`devices.only.${one}`) })),
          },
          {
            name: 'kind',
            label: t('devices.kind'),
            data: kinds.map((one) => ({ value: one, label: t(`devices.kind.${one}`) })),
          },
          ...(teams.length > 0
            ? [
                {
                  name: 'team',
                  label: t('devices.team'),
                  data: teams.map((one) => ({ value: one, label: one })),
                },
              ]
            : []),
          {
            name: 'state',
            label: t('devices.state'),
            data: (['registered', ...deviceStates] as const).map((one) => ({
              value: one,
              label: t(`state.${one}`),
            })),
          },
        ]}
        sorts={sorts.map((one) => ({ value: one, label: t(`list.sort.${one}`) }))}
        csv={`/api/v1/devices?format=csv&${asked}`}
      />
      {answer.data && (
        <Totals>
          <strong>{t('devices.total', { n: number(answer.data.totals.all) })}</strong>
          <Tag kind="fail">{`${t('verdict.fail')} ${number(answer.data.totals.failing)}`}</Tag>
          <Tag kind="unknown">{`${t('verdict.unknown')} ${number(answer.data.totals.unknown)}`}</Tag>
          <Tag kind="pass">{`${t('verdict.pass')} ${number(answer.data.totals.good)}`}</Tag>
        </Totals>
      )}
      {answer.error && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {!answer.data && !answer.error && <Loading />}
      {answer.data && (
        <Card flush>
          {answer.data.items.length === 0 ? (
            <Empty>{any ? t('list.empty') : t('devices.empty')}</Empty>
          ) : (
            <Table.ScrollContainer minWidth={720}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('devices.name')}</Table.Th>
                    <Table.Th>{t('devices.user')}</Table.Th>
                    <Table.Th>{t('devices.team')}</Table.Th>
                    <Table.Th>{t('devices.system')}</Table.Th>
                    <Table.Th>{t('devices.seen')}</Table.Th>
                    <Table.Th>{t('devices.results')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {answer.data.items.map((device) => (
                    <Row key={device.id} device={device} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
          {answer.data.next !== null && limit < 500 && (
            <Button variant="default" m="md" onClick={() => setLimit(Math.min(500, limit + 100))}>
              {t('app.more')}
            </Button>
          )}
        </Card>
      )}
    </Page>
  );
}

type Imported = Answer<'/devices/import', 'POST'>;

/** A list is looked at first, and taken only when asked to. */
function Import() {
  const { t, tx, number } = useWords();
  const [file, setFile] = useState<File | null>(null);
  const look = useMutation<Imported, Error, File>({
    mutationFn: (one) => call('POST', '/devices/import?try=yes', one),
  });
  const take = useChange<File, Imported>((one) => call('POST', '/devices/import', one));
  const failed = take.error ?? look.error;
  const seen = look.data;
  return (
    <Errors error={failed}>
      <Stack gap="sm">
        <p className="soft" style={{ margin: 0 }}>
          {t('import.text')}
        </p>
        <Field at={everything}>
          <FileInput
            label={t('import.file')}
            accept=".csv,.txt,.tsv,text/csv"
            clearable
            clearButtonProps={{ 'aria-label': t('app.file.clear') }}
            value={file}
            onChange={(one) => {
              setFile(one);
              take.reset();
              look.reset();
              if (one) look.mutate(one);
            }}
          />
        </Field>
        {look.isPending && <Loading />}
        {failed && <Failed error={failed} />}
        {seen && !take.data && (
          <>
            <strong>
              {t('import.found', {
                added: number(seen.added),
                updated: number(seen.updated),
                speaking: number(seen.speaking),
              })}
            </strong>
            <div>
              <Tag kind="fail">{t('survey.ended', { n: number(seen.tally.fail) })}</Tag>{' '}
              <Tag kind="pass">{t('import.supported', { n: number(seen.tally.pass) })}</Tag>{' '}
              <Tag kind="unknown">{t('import.unknown', { n: number(seen.tally.unknown) })}</Tag>
            </div>
            {seen.strangers.length > 0 && (
              <p role="status" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
                {t('import.strangers', {
                  n: number(seen.strangers.length),
                  names: seen.strangers.slice(0, 10).join(t('list.and')),
                  more: seen.strangers.length > 10 ? t('import.strangers.more') : '',
                })}
              </p>
            )}
            <div
              style={{ maxHeight: '20rem', overflow: 'auto' }}
              tabIndex={0}
              role="region"
              aria-label={t('import.title')}
            >
              {seen.devices.map((one) => (
                <div key={one.line} className="row">
                  <VerdictTag verdict={one.verdict} /> <strong>{one.name}</strong>{' '}
                  <span className="soft">
                    {one.person?.name ??
                      (one.user ? t('import.stranger', { name: one.user }) : t('devices.nouser'))}
                  </span>
                  <div>{tx(one.detail)}</div>
                </div>
              ))}
            </div>
            <div>
              <Button onClick={() => file && take.mutate(file)} loading={take.isPending}>
                {t('import.take')}
              </Button>
            </div>
          </>
        )}
        {take.data && (
          <Result
            title={t('import.taken', { added: number(take.data.added), updated: number(take.data.updated) })}
          />
        )}
      </Stack>
    </Errors>
  );
}

export default function Devices({ id }: { id?: string }) {
  return id ? <DevicePage key={id} id={id} /> : <DeviceList />;
}
