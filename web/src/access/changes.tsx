// SPDX-License-Identifier: Apache-2.0
// What a draft of a policy would change: for everybody now, and for whoever came in or was refused of late.
import { Stack } from '@mantine/core';
import type { Schemas } from '../api';
import { useWords } from '../i18n';
import { Reasons, useResourceName } from './parts';

type Comparison = Schemas['AccessComparison'];
type Past = Schemas['PastComparison'];

/** Of a long list the first; that there are more is said. */
const shown = 20;

function Change({
  one,
  resource,
  aside,
}: {
  one: Schemas['AccessChanges']['items'][number];
  resource: string;
  aside?: string;
}) {
  return (
    <li>
      <strong>{one.person.name}</strong> → {resource} {aside && <span className="soft">{aside}</span>}
      <Reasons reasons={one.reasons} />
    </li>
  );
}

function Changes({
  title,
  kind,
  changes,
  name,
}: {
  title: string;
  kind: 'bad' | 'good';
  changes: Schemas['AccessChanges'] | Schemas['PastChanges'];
  name: (id: string) => string;
}) {
  const { t, number, time } = useWords();
  if (changes.count === 0) return null;
  const past = (one: (typeof changes.items)[number]) =>
    'times' in one
      ? [one.device?.name, t('access.policy.times', { n: number(one.times), at: time(one.last_at) })]
          .filter(Boolean)
          .join(' · ')
      : undefined;
  return (
    <div className={`say ${kind}`}>
      <strong>{title}</strong>
      <ul style={{ margin: '0.25rem 0', paddingLeft: '1.2rem' }}>
        {changes.items.slice(0, shown).map((one, at) => (
          <Change key={at} one={one} resource={name(one.resource)} aside={past(one)} />
        ))}
      </ul>
      {changes.count > shown && (
        <span className="soft">{t('access.policy.more', { n: number(changes.count - shown) })}</span>
      )}
    </div>
  );
}

function OfThePast({ past, name }: { past: Past; name: (id: string) => string }) {
  const { t, number } = useWords();
  const same = past.locked_out.count + past.let_in.count === 0;
  return (
    <>
      <strong>{t('access.policy.past', { n: past.days })}</strong>
      {past.decisions === 0 && (
        <p style={{ margin: 0 }}>{t('access.policy.past.nodecisions', { days: past.days })}</p>
      )}
      {past.decisions > 0 && same && (
        <p style={{ margin: 0 }}>
          {t('access.policy.past.none', { days: past.days, n: number(past.decisions) })}
        </p>
      )}
      <Changes title={t('access.policy.past.out')} kind="bad" changes={past.locked_out} name={name} />
      <Changes title={t('access.policy.past.in')} kind="good" changes={past.let_in} name={name} />
    </>
  );
}

/** Nobody could mend it afterwards. */
export const locksOutAll = (all: Comparison) =>
  all.administrators.before > 0 && all.administrators.after === 0;

export function WhatIf({ compared, before }: { compared: Comparison; before: Schemas['MaybePolicyWords'] }) {
  const { t, number } = useWords();
  const [now, then] = [useResourceName(compared.words), useResourceName(before)];
  const name = (id: string) => (now(id) === id ? then(id) : now(id));
  const same = compared.locked_out.count + compared.let_in.count === 0;
  return (
    <div role="status">
      <Stack gap="sm">
        {locksOutAll(compared) && (
          <div className="say bad">
            <strong>{t('access.policy.locks')}</strong>
          </div>
        )}
        <strong>{t('access.policy.today')}</strong>
        <p style={{ margin: 0 }}>
          {same
            ? t('access.policy.same', { n: number(compared.reached.after) })
            : t('access.policy.reached', {
                before: number(compared.reached.before),
                after: number(compared.reached.after),
                people: number(compared.people),
              })}
        </p>
        {!locksOutAll(compared) && compared.closed_to_administrators.length > 0 && (
          <div className="say warn">
            {t('access.policy.closed', { list: compared.closed_to_administrators.map(name).join(', ') })}
          </div>
        )}
        {!locksOutAll(compared) && !compared.you_now && compared.administrators.after > 0 && (
          <div className="say warn">{t('access.policy.younow')}</div>
        )}
        <Changes
          title={t('access.policy.out', { n: number(compared.locked_out.count) })}
          kind="bad"
          changes={compared.locked_out}
          name={name}
        />
        <Changes
          title={t('access.policy.in', { n: number(compared.let_in.count) })}
          kind="good"
          changes={compared.let_in}
          name={name}
        />
        {compared.past && <OfThePast past={compared.past} name={name} />}
      </Stack>
    </div>
  );
}

type Words = Schemas['PolicyWords'];

function Resource({ one }: { one: Words['resources'][number] }) {
  const { t, tx } = useWords();
  return (
    <div className="row">
      <strong>{tx(one.name)}</strong>{' '}
      <span className="soft">
        {tx(one.kind)} · {t('access.policy.sensitivity', { degree: tx(one.sensitivity) })} · {one.id}
      </span>
      {tx(one.because) && <div>{tx(one.because)}</div>}
      <ul className="plain">
        {one.lines.map((line, at) => (
          <li key={at}>{tx(line)}</li>
        ))}
      </ul>
    </div>
  );
}

/** A policy, as people read it. */
export function InWords({ words }: { words: Words }) {
  const { tx } = useWords();
  return (
    <>
      <p style={{ margin: 0 }}>{tx(words.about)}</p>
      {words.resources.map((one) => (
        <Resource key={one.id} one={one} />
      ))}
    </>
  );
}
