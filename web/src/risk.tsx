// SPDX-License-Identifier: Apache-2.0
// The risk of impersonation: one's own sign-ins with "that was not me", an administrator's look at a person's, and the
// signs with what each weighs.
import { Button, Checkbox, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import { call, useChange, type Schemas } from './api';
import { Failed } from './basics';
import { Dialog } from './dialog';
import { learn, useWords } from './i18n';
import { Ask, Card, Empty, Result, Tag } from './parts';
import { risk } from './words/risk';

learn(risk);

type SignIn = Schemas['SignIn'];
type Signal = Schemas['RiskSignal'];

const kinds = { signed_in: 'pass', vouched: 'pass', password_refused: 'unknown', factor_refused: 'unknown', foreign_key: 'fail' }; // prettier-ignore

/** What happened, when, from where and with what. */
function What({ one }: { one: SignIn }) {
  const { t, time } = useWords();
  const where = [
    one.from || t('risk.nowhere'),
    [one.browser, one.system].filter(Boolean).join(' / '),
    one.device?.name,
    one.place === 'console' ? t('risk.console') : one.place,
    t(`risk.by.${one.factor}`),
  ];
  return (
    <span style={{ minWidth: 0 }}>
      {time(one.at)} <Tag kind={kinds[one.outcome]}>{t(`risk.out.${one.outcome}`)}</Tag>{' '}
      {one.disowned_at && <Tag kind="fail">{t('risk.disowned')}</Tag>}
      <div className="soft" style={{ fontSize: '0.8125rem', overflowWrap: 'anywhere' }}>
        {where.filter(Boolean).join(' · ')}
      </div>
    </span>
  );
}

type Emergency = Schemas['MyEmergency'];

/** Somebody opened a sealed code, and acted as this person. */
function Opened({ one }: { one: Emergency }) {
  const { t, time } = useWords();
  return (
    <div className="row" data-testid="my-emergency">
      {time(one.at)} <Tag kind="fail">{t('risk.emergency')}</Tag>
      <div className="soft" style={{ fontSize: '0.8125rem', overflowWrap: 'anywhere' }}>
        {t('risk.emergency.text', {
          from: one.from || '―',
          until: time(one.until),
          reason: one.reason || '―',
        })}
      </div>
    </div>
  );
}

function NotMe({ one, close, done }: { one: SignIn; close: () => void; done: () => void }) {
  const { t, time } = useWords();
  const disown = useChange(() => call('POST', `/me/sign-ins/${one.id}/disowned`), done);
  return (
    <Dialog title={t('risk.notme')} close={close}>
      <Stack>
        <span>{t('risk.notme.sure', { at: time(one.at) })}</span>
        {disown.error && <Failed error={disown.error} />}
        <Group>
          <Button color="red.9" loading={disown.isPending} onClick={() => disown.mutate(undefined)}>
            {t('risk.notme.yes')}
          </Button>
          <Button variant="default" onClick={close}>
            {t('app.cancel')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

export function MySignIns() {
  const { t, time } = useWords();
  const [limit, setLimit] = useState(10);
  const [asked, setAsked] = useState<SignIn | null>(null);
  const [reported, setReported] = useState(false);
  return (
    <Card title={t('risk.mine')} flush>
      <div className="row">{t('risk.mine.text')}</div>
      {reported && <Result title={t('risk.notme.done')} />}
      <Ask path={`/me/sign-ins?limit=${limit}`} keep>
        {({ items, next, emergencies }) => (
          <>
            {emergencies.map((one) => (
              <Opened key={one.id} one={one} />
            ))}
            {items.length === 0 && <Empty>{t('app.none')}</Empty>}
            {items.map((one) => (
              <Group key={one.id} className="row" justify="space-between" wrap="nowrap">
                <What one={one} />
                {!one.disowned_at && (
                  <Button
                    size="xs"
                    variant="default"
                    style={{ flexShrink: 0 }}
                    onClick={() => setAsked(one)}
                    aria-label={t('risk.notme.of', { at: time(one.at) })}
                  >
                    {t('risk.notme')}
                  </Button>
                )}
              </Group>
            ))}
            {next !== null && limit < 100 && (
              <div className="row">
                <Button variant="default" onClick={() => setLimit(limit + 30)}>
                  {t('app.more')}
                </Button>
              </div>
            )}
          </>
        )}
      </Ask>
      {asked && (
        <NotMe
          one={asked}
          close={() => setAsked(null)}
          done={() => {
            setAsked(null);
            setReported(true);
          }}
        />
      )}
    </Card>
  );
}

const levels = { low: 'pass', raised: 'partly_met', high: 'fail', confirmed: 'fail' };

/** For administrators and auditors: a person's risk now, and their latest sign-ins. */
export function PersonRisk({ id }: { id: number }) {
  const { t, tx } = useWords();
  return (
    <Stack gap="xs" mt="md">
      <strong>{t('risk.title')}</strong>
      <Ask path={`/people/${id}/risk`}>
        {(one) => (
          <>
            <span>
              <Tag kind={levels[one.risk]}>{t(`risk.level.${one.risk}`)}</Tag>{' '}
              {t('risk.points', { n: one.points })}
            </span>
            {one.signs.map((sign) => (
              <span key={sign.signal}>
                {tx(sign.text)}{' '}
                <span className="soft">
                  {sign.silenced
                    ? t('risk.silenced')
                    : sign.answered
                      ? t('risk.answered')
                      : t('risk.points', { n: sign.weight })}
                </span>
              </span>
            ))}
            {one.signs.length === 0 && <span className="soft">{t('risk.none')}</span>}
            {!one.known && <span className="soft">{t('risk.few')}</span>}
            {one.sign_ins.length > 0 && <strong>{t('risk.mine')}</strong>}
            {one.sign_ins.slice(0, 10).map((each) => (
              <What key={each.id} one={each} />
            ))}
          </>
        )}
      </Ask>
    </Stack>
  );
}

function OneSignal({ one }: { one: Signal }) {
  const { t, tx } = useWords();
  const set = useChange((counts: boolean) =>
    call('PUT', `/access/risk/signals/${one.signal}`, { silenced: !counts }),
  );
  return (
    <>
      <Group className="row" justify="space-between" wrap="nowrap">
        <span style={{ minWidth: 0 }}>
          {tx(one.text)}
          <div className="soft" style={{ fontSize: '0.8125rem' }}>
            {t(`risk.kind.${one.kind}`)} · {t('risk.points', { n: one.weight })}
          </div>
        </span>
        <Checkbox
          checked={!one.silenced}
          disabled={set.isPending}
          onChange={(e) => set.mutate(e.currentTarget.checked)}
          aria-label={`${t('risk.counted')}: ${tx(one.text)}`}
          style={{ flexShrink: 0 }}
        />
      </Group>
      {set.error && <Failed error={set.error} />}
    </>
  );
}

export function RiskSigns() {
  const { t } = useWords();
  return (
    <Card title={t('risk.signs')}>
      <p style={{ marginTop: 0 }}>{t('risk.signs.text')}</p>
      <Ask path="/access/risk/signals">
        {({ items }) => (
          <>
            {items.map((one) => (
              <OneSignal key={one.signal} one={one} />
            ))}
          </>
        )}
      </Ask>
    </Card>
  );
}
