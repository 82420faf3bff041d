// SPDX-License-Identifier: Apache-2.0
// The web applications of the organisation: what is open to oneself, what isn't, and why.
import { Anchor, Button, Group, Stack } from '@mantine/core';
import type { Schemas } from '../api';
import { call, useApi, useChange } from '../api';
import { Failed, Loading } from '../basics';
import { learn, useWords } from '../i18n';
import { Card, Empty, Page, Tag } from '../parts';
import { applications } from '../words/applications';

learn(applications);

type Application = Schemas['WebApplication'];
type On = Application['on'][number];

function OnDevice({ on }: { on: On }) {
  const { t, tx } = useWords();
  const kind = { allow: 'pass', step_up: 'partly_met', deny: 'fail' }[on.answer];
  return (
    <div className="row">
      <span>{on.device === null ? t('apps.nodevice') : on.device_name}</span>{' '}
      <Tag kind={kind}>{t(`apps.${on.answer}`)}</Tag>
      {on.answer !== 'allow' && <p style={{ margin: '0.2rem 0', whiteSpace: 'pre-line' }}>{tx(on.why)}</p>}
    </div>
  );
}

function One({ one }: { one: Application }) {
  const { t } = useWords();
  const open = one.on.some((on) => on.answer !== 'deny');
  return (
    <Card title={one.name}>
      {open && (
        <Anchor href={one.url} underline="always" lh="1.75rem">
          {t('apps.open', { name: one.name })}
        </Anchor>
      )}
      {one.on.map((on) => (
        <OnDevice key={on.device ?? 0} on={on} />
      ))}
    </Card>
  );
}

/** A second factor for where none can be shown: on which device it is to count. */
function Confirmations() {
  const { t, time } = useWords();
  const answer = useApi('/access/confirmations');
  const confirm = useChange((device: number) => call('POST', '/access/confirmations', { device }));
  if (!answer.data?.items.length) return null;
  return (
    <Card title={t('apps.confirm.title')}>
      <p className="soft">{t('apps.confirm.text')}</p>
      {answer.data.items.map((one) => (
        <Group key={one.id} justify="space-between" py="0.3rem">
          <span>
            {one.name}{' '}
            <span className="soft">
              {one.confirmed_at
                ? t('apps.confirmed', { when: time(one.confirmed_at) })
                : t('apps.confirm.never')}
            </span>
          </span>
          <Button
            variant="default"
            aria-label={t('apps.confirm.on', { name: one.name })}
            loading={confirm.isPending}
            onClick={() => confirm.mutate(one.id)}
          >
            {t('apps.confirm')}
          </Button>
        </Group>
      ))}
      {confirm.error && <Failed error={confirm.error} />}
    </Card>
  );
}

export default function Applications() {
  const { t } = useWords();
  const answer = useApi('/applications');
  return (
    <Page title={t('apps.title')} text={t('apps.text')}>
      {answer.isLoading && <Loading />}
      {answer.error && <Failed error={answer.error} again={() => void answer.refetch()} />}
      {answer.data && answer.data.items.length === 0 && <Empty>{t('apps.none')}</Empty>}
      <Stack>
        {answer.data?.items.map((one) => (
          <One key={one.id} one={one} />
        ))}
        <Confirmations />
      </Stack>
    </Page>
  );
}
