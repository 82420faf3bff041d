// SPDX-License-Identifier: Apache-2.0
// Carries whoever is signed in to the application that they came from.
import { useEffect, useRef, useState } from 'react';
import { call } from '../api';
import { Failed, Loading } from '../basics';
import { learn, useWords } from '../i18n';
import { Page } from '../parts';
import { applications } from '../words/applications';

learn(applications);

export default function Passage() {
  const { t } = useWords();
  const [error, setError] = useState<Error | null>(null);
  const begun = useRef(false);
  const go = async () => {
    setError(null);
    const asked = new URLSearchParams(location.search);
    try {
      const { url } = await call('POST', '/applications/ticket', {
        application: asked.get('app') ?? '',
        browser: asked.get('browser') ?? '',
        back: asked.get('back') ?? '',
        show: asked.get('show') ?? '',
      });
      // What is behind is no place to come back to.
      location.replace(url);
    } catch (caught) {
      setError(caught as Error);
    }
  };
  useEffect(() => {
    // Once, however often the page is drawn.
    if (begun.current) return;
    begun.current = true;
    void go();
  });
  return (
    <Page title={t('apps.going')}>
      {error ? <Failed error={error} again={() => void go()} /> : <Loading />}
    </Page>
  );
}
