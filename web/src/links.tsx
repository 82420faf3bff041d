// SPDX-License-Identifier: Apache-2.0
// The links that were made for devices: how often each was used, and those that still work once more.
import { Button, Group, Stack, Table, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { call, useApi, useChange, type Schemas, type Answer } from './api';
import { Failed, Loading, ToCopy } from './basics';
import { useWords } from './i18n';
import { Card, Empty, Result, Tag } from './parts';

type Link = Schemas['EnrolmentLink'];
type Shown = Answer<'/enrolments/{id}/link', 'POST'>;
type Act = { isPending: boolean; mutate: (what: undefined) => void };
const kinds = { open: 'pass', used: 'met', expired: 'unknown', withdrawn: 'unknown' } as const;

/** To see a link once more, and to take it back, which is asked about: it can't be undone. */
export function LinkButtons({ word, show, withdraw }: { word: string; show: Act; withdraw: Act }) {
  const { t } = useWords();
  const [asks, setAsks] = useState(false);
  const button = (name: string, act: () => void, waits = false, color?: string) => (
    <Button size="compact-sm" variant="default" c={color} loading={waits} onClick={act}>
      {name}
    </Button>
  );
  return (
    <Group gap="xs" wrap="nowrap">
      {asks ? (
        <>
          {button(t('links.sure'), () => withdraw.mutate(undefined), withdraw.isPending, 'var(--bad)')}
          {button(t('links.keep'), () => setAsks(false))}
        </>
      ) : (
        <>
          {button(word, () => show.mutate(undefined), show.isPending)}
          {button(t('people.withdraw'), () => setAsks(true))}
        </>
      )}
    </Group>
  );
}

/** Who took a link back, and when. */
export function WithdrawnBy({ one }: { one: Pick<Link, 'withdrawn_at' | 'withdrawn_by'> }) {
  const { t, time } = useWords();
  if (!one.withdrawn_at) return null;
  return (
    <div className="soft">
      {t('links.withdrawn.by', { name: one.withdrawn_by?.name ?? '―', at: time(one.withdrawn_at) })}
    </div>
  );
}

function Row({ link, show }: { link: Link; show: (link: Shown) => void }) {
  const { t, time } = useWords();
  const again = useChange(() => call('POST', `/enrolments/${link.id}/link`), show);
  const withdraw = useChange(() => call('DELETE', `/enrolments/${link.id}`));
  const failed = again.error ?? withdraw.error;
  return (
    <>
      <Table.Tr>
        <Table.Td>{link.team || link.person?.name || t('devices.nouser')}</Table.Td>
        <Table.Td>
          <Tag kind={kinds[link.state]}>{t(`links.${link.state}`)}</Tag>
          <WithdrawnBy one={link} />
        </Table.Td>
        <Table.Td>
          {t('links.count', { used: link.used, uses: link.uses })}
          {link.used_at && <div className="soft">{t('links.last', { at: time(link.used_at) })}</div>}
        </Table.Td>
        <Table.Td>{time(link.expires_at)}</Table.Td>
        <Table.Td>{link.by?.name}</Table.Td>
        <Table.Td>
          {link.state === 'open' && <LinkButtons word={t('links.show')} show={again} withdraw={withdraw} />}
        </Table.Td>
      </Table.Tr>
      {failed && (
        <Table.Tr>
          <Table.Td colSpan={6}>
            <Failed error={failed} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

export function LinkShown({ page }: { page: string }) {
  const { t } = useWords();
  return (
    <Stack gap="xs">
      <span>{t('links.page')}</span>
      <ToCopy text={page} id="join-link" />
    </Stack>
  );
}

export function Links() {
  const { t } = useWords();
  const [shown, setShown] = useState<Shown | null>(null);
  const [limit, setLimit] = useState(50);
  const answer = useApi(`/enrolments?limit=${limit}`, { keep: true });
  return (
    <Card title={t('links.title')} flush>
      {answer.error && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {answer.isLoading && <Loading />}
      {shown && (
        <Result title={t('links.again')}>
          <LinkShown page={shown.page} />
        </Result>
      )}
      {answer.data?.items.length === 0 && <Empty>{t('links.empty')}</Empty>}
      {(answer.data?.items.length ?? 0) > 0 && (
        <Table.ScrollContainer minWidth={640}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('links.for')}</Table.Th>
                <Table.Th>{t('devices.state')}</Table.Th>
                <Table.Th>{t('links.uses')}</Table.Th>
                <Table.Th>{t('links.until')}</Table.Th>
                <Table.Th>{t('links.by')}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{t('links.actions')}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {answer.data!.items.map((link) => (
                <Row key={link.id} link={link} show={setShown} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {answer.data?.next != null && limit < 500 && (
        <Button variant="default" m="md" onClick={() => setLimit(Math.min(500, limit + 200))}>
          {t('app.more')}
        </Button>
      )}
    </Card>
  );
}
