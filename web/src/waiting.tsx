// SPDX-License-Identifier: Apache-2.0
// Notices that could not be sent yet: on the settings' page, and on Home when it lasts.
import { useApi, type Schemas } from './api';
import { useWords } from './i18n';

type Waiting = Schemas['Waiting'];
const kLong = 10 * 60 * 1000;

export function WaitingNotices({ waiting }: { waiting: Waiting }) {
  const { t, time } = useWords();
  if (waiting.count === 0) return null;
  return (
    <p role="status" className="tag fail" style={{ margin: 0, whiteSpace: 'normal' }}>
      {t('settings.waiting', { n: waiting.count, since: time(waiting.since), why: waiting.error })}
    </p>
  );
}

/** For administrators. */
export function StuckNotices() {
  const { data } = useApi('/notices');
  const since = data?.waiting.since;
  if (!data || !since || Date.now() - new Date(since).getTime() < kLong) return null;
  return <WaitingNotices waiting={data.waiting} />;
}
